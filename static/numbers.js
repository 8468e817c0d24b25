import { inWords } from "./words.js";

const language = document.documentElement.lang;
const escaped = (mark) => mark.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");

// The marks of a language, as the server reads them: see `creditapp/web/typed_numbers.py`.
function marksOf(language) {
  const parts = new Intl.NumberFormat(language).formatToParts(1234567.8);
  const markOf = (type) => parts.find((part) => part.type === type).value;
  return { decimal: markOf("decimal"), group: markOf("group").trim() || " " };
}

function numberFrom(text, language) {
  const { decimal, group } = marksOf(language);
  const grouped = new RegExp(
    `^[+-]?(\\d{1,3}(${escaped(group)}\\d{3})+|\\d+)(${escaped(decimal)}\\d+)?$`,
  );
  const typed = text.trim().replace(/(?<=\d)[ '’\u00a0\u2009\u202f](?=\d{3}(?!\d))/g, "");
  if (grouped.test(typed)) return Number(typed.replaceAll(group, "").replace(decimal, "."));
  if (decimal !== "." && /^[+-]?[1-9]\d{0,2}(\.\d{3})+$/.test(typed)) return NaN;
  return Number(typed);
}

const numberIn = (field) => numberFrom(field.value, language);

// A number that was typed in another language, as this page's language writes it; what is no number as it is.
export function inThisLanguage(text, other) {
  const number = numberFrom(text, other);
  if (other === language || !text.trim() || !Number.isFinite(number)) return text;
  return String(number).replace(".", marksOf(language).decimal);
}

export function isAccepted(field) {
  if (!field.dataset.number || !field.value.trim()) return field.validity.valid;
  const number = numberIn(field);
  const { min, max } = field.dataset;
  const isInside = number >= Number(min) && number <= Number(max);
  return isInside && (field.dataset.number === "decimal" || Number.isInteger(number));
}

// An amount is shown again with its currency and in words, and another large number with marks between its
// thousands, so that a slip is seen before it is sent.
export function echo(field) {
  const number = numberIn(field);
  const { currency } = field.dataset;
  const isNumber = field.value.trim() !== "" && Number.isFinite(number);
  const isShown = isNumber && (currency || Math.abs(number) >= 1000);
  document.getElementById(`${field.id}-echo`).textContent = isShown ? echoed(number, currency) : "";
}

function echoed(number, currency) {
  const decimals = currency && !Number.isInteger(number) ? 2 : 0;
  const text = new Intl.NumberFormat(language, { minimumFractionDigits: decimals }).format(number);
  if (!currency) return `= ${text}`;
  const words = inWords(number, language);
  return `= ${text} ${currency}${words ? `, ${words}` : ""}`;
}
