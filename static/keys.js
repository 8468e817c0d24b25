// Single keys for people who work on many cases. Each page works without them, and they can be switched off.

const SWITCH = "creditapp-keys";
const dialog = document.getElementById("keys");
const help = document.querySelector("[data-keys-help]");
const rows = [...document.querySelectorAll("a[data-row]")];

function areOn() {
  try {
    return localStorage.getItem(SWITCH) !== "off";
  } catch {
    return true;
  }
}

function switchTo(on) {
  try {
    localStorage.setItem(SWITCH, on ? "on" : "off");
  } catch {
    // A browser that keeps nothing keeps the keys on.
  }
}

function isTyping(element) {
  if (element.isContentEditable || element.matches("textarea, select")) return true;
  return element.matches("input:not([type=radio], [type=checkbox], [type=submit])");
}

function move(step) {
  const now = rows.indexOf(document.activeElement);
  const next = now < 0 ? (step > 0 ? 0 : rows.length - 1) : now + step;
  rows[Math.min(Math.max(next, 0), rows.length - 1)]?.focus();
}

function choose(outcome) {
  const radio = document.querySelector(`#review input[name=outcome][value=${outcome}]`);
  if (!radio) return false;
  radio.checked = true;
  radio.focus();
  return true;
}

function focusOn(id) {
  const field = document.querySelector(`#review #${id}`);
  field?.focus();
  return Boolean(field);
}

function onRow(step) {
  if (rows.length) move(step);
  return rows.length > 0;
}

const KEYS = {
  j: () => onRow(1),
  k: () => onRow(-1),
  ArrowDown: () => rows.includes(document.activeElement) && onRow(1),
  ArrowUp: () => rows.includes(document.activeElement) && onRow(-1),
  a: () => choose("approve"),
  d: () => choose("decline"),
  r: () => focusOn("reason"),
  n: () => focusOn("note"),
  "?": () => { dialog.showModal(); return true; },
};

function onKey(event) {
  if (event.ctrlKey || event.metaKey || event.altKey || dialog.open) return;
  if (!areOn() || isTyping(event.target)) return;
  if (Object.hasOwn(KEYS, event.key) && KEYS[event.key]()) event.preventDefault();
}

if (dialog && help) {
  const box = dialog.querySelector("[data-keys-on]");
  box.checked = areOn();
  box.addEventListener("change", () => switchTo(box.checked));
  help.parentElement.hidden = false;
  help.addEventListener("click", () => dialog.showModal());
  document.addEventListener("keydown", onKey);
}
