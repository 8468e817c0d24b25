// Swagger UI and ReDoc leave some parts of a page without a name or a level; this adds them as the parts appear.

/** Call each change on the elements that its selector finds, now and whenever the page grows. */
export function mend(place, changes) {
  const mendAll = () => {
    for (const [selector, change] of changes) place.querySelectorAll(selector).forEach(change);
  };
  new MutationObserver(mendAll).observe(place, { childList: true, subtree: true });
  mendAll();
}

export const level = (number) => (element) => element.setAttribute("aria-level", number);

export const named = (name) => (element) => element.setAttribute("aria-label", name);

export const region = (name) => (element) => {
  element.setAttribute("role", "region");
  named(name)(element);
};
