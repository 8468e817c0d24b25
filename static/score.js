// The page works without this file: it only saves the way there and back.

const byId = (id, within = document) => within.querySelector(`#${id}`);

function showMessage(field, message) {
  byId(`${field.id}-error`).textContent = message;
  field.setAttribute("aria-invalid", String(message !== ""));
  field.closest(".field").classList.toggle("wrong", message !== "");
}

function wrongFields(form) {
  const fields = [...form.querySelectorAll(".field input, .field select")];
  fields.forEach((field) => showMessage(field, field.validationMessage));
  return fields.filter((field) => !field.validity.valid);
}

function busy(form, isBusy) {
  form.querySelector("button[type=submit]").disabled = isBusy;
  form.setAttribute("aria-busy", String(isBusy));
}

function showResult(page) {
  const result = byId("result");
  const answered = byId("result", page);
  result.replaceChildren(...(answered ?? byId("main", page)).children);
  result.focus({ preventScroll: true });
  result.scrollIntoView({ block: "nearest", behavior: "smooth" });
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

async function send(form) {
  busy(form, true);
  try {
    const response = await fetch(form.action, { method: "POST", body: new FormData(form) });
    const page = new DOMParser().parseFromString(await response.text(), "text/html");
    showResult(page);
    showRefusals(page);
  } catch {
    form.submit();
  } finally {
    busy(form, false);
  }
}

document.addEventListener("submit", (event) => {
  if (event.target.id !== "application") return;
  event.preventDefault();
  const [firstWrong] = wrongFields(event.target);
  if (firstWrong) firstWrong.focus();
  else send(event.target);
});

document.addEventListener("input", (event) => {
  if (event.target.closest(".field.wrong")) showMessage(event.target, event.target.validationMessage);
});

byId("application").noValidate = true;
