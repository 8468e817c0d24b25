// Without this script times are in UTC: it shows them in the reader's time zone, and UTC as the title.

const language = document.documentElement.lang;
const two = (number) => String(number).padStart(2, "0");

function zoneName(time) {
  const parts = new Intl.DateTimeFormat(language, { timeZoneName: "short" });
  return parts.formatToParts(time).find((part) => part.type === "timeZoneName").value;
}


function localText(time, withSeconds) {
  if (language !== "en") {
    const day = time.toLocaleDateString(language, { dateStyle: "medium" });
    const clock = time.toLocaleTimeString(language, { timeStyle: withSeconds ? "medium" : "short" });
    return `${day} ${clock} ${zoneName(time)}`;
  }
  const day = [time.getFullYear(), two(time.getMonth() + 1), two(time.getDate())].join("-");
  const clock = [time.getHours(), time.getMinutes(), ...(withSeconds ? [time.getSeconds()] : [])];
  return `${day} ${clock.map(two).join(":")} ${zoneName(time)}`;
}

export function showLocalTimes(within) {
  within.querySelectorAll("time[datetime]:not([title])").forEach((element) => {
    const time = new Date(element.dateTime);
    if (Number.isNaN(time.getTime())) return;
    element.title = element.textContent;
    element.textContent = localText(time, /:\d\d:/.test(element.title));
  });
}

showLocalTimes(document);
