// Whole numbers in words, in English and French, so that a slip in an amount is heard as well as seen.

const ENGLISH = (
  "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen " +
  "sixteen seventeen eighteen nineteen"
).split(" ");
const ENGLISH_TENS = "- - twenty thirty forty fifty sixty seventy eighty ninety".split(" ");
const FRENCH = (
  "zéro un deux trois quatre cinq six sept huit neuf dix onze douze treize quatorze quinze seize " +
  "dix-sept dix-huit dix-neuf"
).split(" ");
const FRENCH_TENS = "- - vingt trente quarante cinquante soixante soixante quatre-vingt quatre-vingt".split(
  " ",
);

const joined = (...parts) => parts.filter(Boolean).join(" ");

function englishBelowThousand(number) {
  const hundreds = Math.floor(number / 100);
  const rest = number % 100;
  const ones = rest % 10 ? `-${ENGLISH[rest % 10]}` : "";
  const below = rest < 20 ? ENGLISH[rest] : `${ENGLISH_TENS[Math.floor(rest / 10)]}${ones}`;
  return joined(hundreds && `${ENGLISH[hundreds]} hundred`, rest && below);
}

function english(number) {
  const scales = [
    [1e9, "billion"],
    [1e6, "million"],
    [1e3, "thousand"],
  ];
  const parts = scales.map(([size, name]) => {
    const count = Math.floor(number / size) % 1000;
    return count && `${englishBelowThousand(count)} ${name}`;
  });
  return joined(...parts, number % 1000 && englishBelowThousand(number % 1000));
}

function frenchBelowHundred(number, isLast) {
  if (number < 20) return FRENCH[number];
  if (number === 80) return isLast ? "quatre-vingts" : "quatre-vingt";
  const tens = Math.floor(number / 10);
  const rest = number - 10 * ([7, 9].includes(tens) ? tens - 1 : tens);
  if (rest === 0) return FRENCH_TENS[tens];
  const isWithAnd = [1, 11].includes(rest) && tens < 8;
  return `${FRENCH_TENS[tens]}${isWithAnd ? " et " : "-"}${FRENCH[rest]}`;
}

// "cents" and "quatre-vingts" lose their s before another number, and "mille" is one.
function frenchBelowThousand(number, isLast) {
  const hundreds = Math.floor(number / 100);
  const rest = number % 100;
  const plural = hundreds > 1 && !rest && isLast ? "s" : "";
  const before = hundreds > 1 ? `${FRENCH[hundreds]} ` : "";
  return joined(hundreds && `${before}cent${plural}`, rest && frenchBelowHundred(rest, isLast));
}

function french(number) {
  const billions = Math.floor(number / 1e9);
  const millions = Math.floor(number / 1e6) % 1000;
  const thousands = Math.floor(number / 1000) % 1000;
  const plural = (count) => (count > 1 ? "s" : "");
  return joined(
    billions && `${frenchBelowThousand(billions, true)} milliard${plural(billions)}`,
    millions && `${frenchBelowThousand(millions, true)} million${plural(millions)}`,
    thousands && joined(thousands > 1 && frenchBelowThousand(thousands, false), "mille"),
    number % 1000 && frenchBelowThousand(number % 1000, true),
  );
}

// The number in words, with hundredths as a fraction; empty in other languages, and where it has no words.
export function inWords(number, language) {
  const write = { en: english, fr: french }[language.slice(0, 2)];
  const hundredths = Math.round(number * 100);
  if (!write || number < 0 || number >= 1e12 || Math.abs(number * 100 - hundredths) > 1e-4) return "";
  const whole = Math.floor(hundredths / 100);
  const zero = language.startsWith("fr") ? FRENCH[0] : ENGLISH[0];
  const fraction = hundredths % 100;
  const and = language.startsWith("fr") ? "et" : "and";
  return joined(write(whole) || zero, fraction && `${and} ${String(fraction).padStart(2, "0")}/100`);
}
