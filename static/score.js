// The page works without this script: the script only saves loading the whole page again.

import { forget, keep, restore } from "./drafts.js";
import { echo, isAccepted } from "./numbers.js";
import { showLocalTimes } from "./times.js";

const byId = (id, within = document) => within.querySelector(`#${id}`);
const copyOf = (id) => byId(id).content.cloneNode(true);
const heading = () => byId("result-heading");

function showMessage(field, message) {
  byId(`${field.id}-error`).textContent = message;
  field.setAttribute("aria-invalid", String(message !== ""));
  field.closest(".field").classList.toggle("wrong", message !== "");
}

function check(field) {
  const valid = isAccepted(field);
  showMessage(field, valid ? "" : (field.dataset.message ?? field.validationMessage));
  return valid;
}

function wrongFields(form) {
  return [...form.querySelectorAll(".field input, .field select")].filter((field) => !check(field));
}

function busy(form, isBusy) {
  form.querySelector("button[type=submit]").disabled = isBusy;
  form.setAttribute("aria-busy", String(isBusy));
}

function showInResult(...nodes) {
  const result = byId("result");
  result.classList.remove("stale");
  result.replaceChildren(heading(), ...nodes);
  showLocalTimes(result);
  result.scrollTop = 0;
  result.scrollIntoView({ block: "nearest" });
}

// The verdict is in view, whatever the height of the screen, and a screen reader goes on there.
function showVerdict() {
  const result = byId("result");
  if (!result.querySelector(".verdict")) return;
  result.focus({ preventScroll: true });
  result.scrollIntoView({ block: "start" });
}

function showAnswer(page) {
  const answered = byId("result", page);
  if (answered) {
    showInResult(...[...answered.children].slice(1));
    showVerdict();
    return;
  }
  const notice = document.createElement("p");
  notice.className = "notice";
  notice.textContent = byId("detail", page)?.textContent ?? page.title;
  showInResult(notice);
}

function showRefusals(page) {
  const answered = byId("application", page);
  const firstWrong = answered?.querySelector(".wrong input, .wrong select");
  if (!firstWrong) return;
  answered.querySelectorAll(".field .error").forEach((error) => {
    showMessage(byId(error.id.replace(/-error$/, "")), error.textContent);
  });
  byId(firstWrong.id).focus();
}

function showEarlier(page, isFocused = false) {
  const found = byId("earlier", page);
  if (!found) return;
  byId("earlier").replaceChildren(...found.childNodes);
  showLocalTimes(byId("earlier"));
  if (isFocused) byId("repeat")?.focus();
}

// The reference is asked for before it is sent with the application: it may have been decided before.
let asked = 0;
async function lookForEarlier(form) {
  const number = (asked += 1);
  const reference = form.elements.namedItem("reference").value;
  if (!reference.trim() || reference === form.dataset.correctedReference) {
    byId("earlier").replaceChildren();
    return;
  }
  const body = new FormData();
  body.set("csrf_token", form.elements.namedItem("csrf_token").value);
  body.set("reference", reference);
  try {
    const response = await fetch(form.dataset.earlier, { method: "POST", body });
    // A later answer, or one to the whole form, is not replaced by this one.
    if (response.ok && number === asked) showEarlier(pageOf(await response.text()));
  } catch {
    // The server looks again when the form is sent.
  }
}

const pageOf = (text) => new DOMParser().parseFromString(text, "text/html");

// A page with another token comes where the session had ended.
function takeToken(page) {
  const token = page.querySelector("#application input[name=csrf_token]");
  if (token) byId("application").elements.namedItem("csrf_token").value = token.value;
}

// Until an answer arrives the name stays, so that the same application sent again is scored once.
function nameNextRequest(page) {
  const next = byId("once", page);
  if (next) byId("once").value = next.value;
}

async function send(form) {
  busy(form, true);
  try {
    const response = await fetch(form.action, { method: "POST", body: new FormData(form) });
    if (response.redirected) {
      window.location.assign(response.url);
      return;
    }
    const page = pageOf(await response.text());
    asked += 1;
    const decision = page.querySelector("#result .verdict") ? "scored" : "";
    keep(form, decision);
    showEarlier(page, !decision);
    showAnswer(page);
    showRefusals(page);
    takeToken(page);
    nameNextRequest(page);
  } catch {
    showInResult(copyOf("no-answer"));
  } finally {
    busy(form, false);
  }
}

function markAsEarlier() {
  const result = byId("result");
  if (!result.querySelector(".verdict") || result.classList.contains("stale")) return;
  result.classList.add("stale");
  heading().after(copyOf("earlier-answers"));
}

document.addEventListener("submit", (event) => {
  if (event.target.id !== "application") return;
  event.preventDefault();
  const [firstWrong] = wrongFields(event.target);
  if (firstWrong) {
    showInResult(copyOf("nothing-scored"));
    firstWrong.focus();
  } else {
    send(event.target);
  }
});

document.addEventListener("input", (event) => {
  if (event.target.closest(".field.wrong")) check(event.target);
  if (event.target.dataset.number) echo(event.target);
  const form = event.target.closest("#application");
  if (!form) return;
  markAsEarlier();
  keep(form);
});

document.addEventListener("change", (event) => {
  if (event.target.name === "reference") lookForEarlier(event.target.form);
});

byId("clear").addEventListener("click", () => forget(byId("application")));

byId("example")?.addEventListener("click", (event) => {
  event.preventDefault();
  document.querySelectorAll("[data-example]").forEach((field) => {
    field.value = field.dataset.example;
    showMessage(field, "");
    if (field.dataset.number) echo(field);
  });
  markAsEarlier();
  keep(byId("application"));
});

byId("application").noValidate = true;
const restored = restore(byId("application"));
if (restored) showInResult(copyOf(restored === "scored" ? "scored-before" : "ended"));
if (restored === "draft") lookForEarlier(byId("application"));
showVerdict();
document.querySelectorAll("[data-number]").forEach(echo);
