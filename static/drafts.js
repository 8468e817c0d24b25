// Keeps what is typed into a form in this tab alone, for the person who typed it, until it was scored.
// The server keeps what was sent without a session: see `creditapp/web/drafts.py`.

import { inThisLanguage } from "./numbers.js";

const PREFIX = "creditapp-draft:";
const LONGEST_HOURS = 12;
const NOT_KEPT = ["csrf_token", "owner", "corrects", "repeat"];

// A browser may refuse to keep anything; the page works all the same.
function quietly(action) {
  try {
    return action();
  } catch {
    return null;
  }
}

const keys = () =>
  Array.from({ length: sessionStorage.length }, (_, place) => sessionStorage.key(place)).filter(
    (key) => key.startsWith(PREFIX),
  );

const ownerOf = (form) => form.elements.namedItem("owner").value;
const keyOf = (form) => `${PREFIX}${ownerOf(form)}:${form.dataset.here}`;

export function forgetAll() {
  quietly(() => keys().forEach((key) => sessionStorage.removeItem(key)));
}

export function forget(form) {
  quietly(() => sessionStorage.removeItem(keyOf(form)));
}

export function keep(form, decision = "") {
  const texts = Object.fromEntries(
    [...new FormData(form)].filter(([name]) => !NOT_KEPT.includes(name)),
  );
  const { lang } = document.documentElement;
  const draft = { texts, decision, language: lang, at: Date.now() };
  quietly(() => sessionStorage.setItem(keyOf(form), JSON.stringify(draft)));
}

function forgetOthers(form) {
  const own = `${PREFIX}${ownerOf(form)}:`;
  quietly(() =>
    keys()
      .filter((key) => !key.startsWith(own))
      .forEach((key) => sessionStorage.removeItem(key)),
  );
}

function isBack() {
  const [navigation] = performance.getEntriesByType("navigation");
  return ["back_forward", "reload"].includes(navigation?.type);
}

// Fills the form, and tells what with: "draft", "scored" for answers that were scored, or "" for nothing.
export function restore(form) {
  forgetOthers(form);
  if (form.dataset.keepsDraft === undefined) return "";
  const draft = quietly(() => JSON.parse(sessionStorage.getItem(keyOf(form))));
  if (!draft) return "";
  const isOld = Date.now() - draft.at > LONGEST_HOURS * 3600 * 1000;
  if (isOld || (draft.decision && !isBack())) {
    forget(form);
    return "";
  }
  Object.entries(draft.texts).forEach(([name, text]) => {
    const field = form.elements.namedItem(name);
    if (field) field.value = field.dataset?.number ? inThisLanguage(text, draft.language) : text;
  });
  return draft.decision ? "scored" : "draft";
}
