// Without this script the page of a file reloads itself, and a file that is too large is refused after it was sent.

import { showLocalTimes } from "./times.js";

const SECONDS = 2;

function watchProgress(progress) {
  if (!progress || progress.dataset.atWork !== "1") return;
  setTimeout(async () => watchProgress(await renew(progress)), SECONDS * 1000);
}

async function renew(progress) {
  let text;
  try {
    const answer = await fetch(window.location.href, { headers: { Accept: "text/html" } });
    if (answer.redirected || answer.status === 404) {
      window.location.reload();
      return null;
    }
    text = answer.ok ? await answer.text() : "";
  } catch {
    return progress; // the next time may succeed
  }
  const page = new DOMParser().parseFromString(text, "text/html");
  announce(page.getElementById("state"));
  const found = page.getElementById("progress");
  if (!found || found.innerHTML === progress.dataset.shown) return progress;
  const shown = found.innerHTML;
  progress.replaceWith(found);
  found.dataset.shown = shown;
  showLocalTimes(found);
  return found;
}

// The element stays where it is, so that screen readers say what changes in it.
function announce(state) {
  const shown = document.getElementById("state");
  if (state && state.innerHTML !== shown.innerHTML) shown.innerHTML = state.innerHTML;
}

function refuseLargeFiles(form) {
  if (!form) return;
  const field = form.querySelector("input[type=file]");
  const error = document.getElementById("file-error");
  const check = () => {
    const isTooLarge = field.files.length > 0 && field.files[0].size > Number(form.dataset.most);
    error.textContent = isTooLarge ? error.dataset.text : "";
    field.setAttribute("aria-invalid", String(isTooLarge));
    return !isTooLarge;
  };
  field.addEventListener("change", check);
  form.addEventListener("submit", (event) => {
    if (!check()) {
      event.preventDefault();
      field.focus();
      return;
    }
    form.querySelector("button").disabled = true;
  });
  // A page that Back shows again has its button back.
  window.addEventListener("pageshow", () => { form.querySelector("button").disabled = false; });
}

watchProgress(document.getElementById("progress"));
refuseLargeFiles(document.getElementById("upload"));
