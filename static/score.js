// The page works without this script: the script only saves loading the whole page again.

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
  result.scrollIntoView({ block: "nearest", behavior: "smooth" });
}

function showAnswer(page) {
  const answered = byId("result", page);
  if (answered) {
    showInResult(...[...answered.children].slice(1));
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
    const page = new DOMParser().parseFromString(await response.text(), "text/html");
    showAnswer(page);
    showRefusals(page);
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
  if (event.target.closest("#application")) markAsEarlier();
});

byId("example").addEventListener("click", (event) => {
  event.preventDefault();
  document.querySelectorAll("[data-example]").forEach((field) => {
    field.value = field.dataset.example;
    showMessage(field, "");
    if (field.dataset.number) echo(field);
  });
  markAsEarlier();
});

byId("application").noValidate = true;
document.querySelectorAll("[data-number]").forEach(echo);
