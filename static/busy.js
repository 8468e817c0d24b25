// A form that takes seconds says so, and is sent once.
for (const form of document.querySelectorAll("form[data-busy]")) {
  const buttons = form.querySelectorAll("button");
  const told = form.querySelector(".busy");
  const show = (isBusy) => {
    for (const button of buttons) button.disabled = isBusy;
    told.textContent = isBusy ? form.dataset.busy : "";
  };
  form.addEventListener("submit", () => show(true));
  // The browser may show the page as it was left when somebody goes back.
  addEventListener("pageshow", (event) => {
    if (event.persisted) show(false);
  });
}
