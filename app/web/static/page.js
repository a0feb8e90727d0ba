// What every page does with script: menus that close, forms that are sent once, the first error in view.

(() => {
  "use strict";

  const menus = () => document.querySelectorAll("details.account[open]");

  document.addEventListener("click", (event) => {
    for (const menu of menus()) {
      if (!menu.contains(event.target)) {
        menu.open = false;
      }
    }
  });

  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") {
      return;
    }
    for (const menu of menus()) {
      menu.open = false;
      menu.querySelector("summary").focus();
    }
  });

  // A second click on a slow line would send the form twice; the server would refuse it, but nobody should meet that.
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (form.method !== "post" || event.defaultPrevented) {
      return;
    }
    if (form.dataset.sent) {
      event.preventDefault();
      return;
    }
    form.dataset.sent = "yes";
    setTimeout(() => delete form.dataset.sent, 8000);
  });

  addEventListener("pageshow", () => {
    for (const form of document.forms) {
      delete form.dataset.sent;
    }
  });

  const wrong = document.querySelector("[data-first-error]");
  if (wrong) {
    wrong.focus();
  }

  for (const current of document.querySelectorAll('.navigation [aria-current="page"]')) {
    current.scrollIntoView({ block: "nearest", inline: "center" });
  }

  for (const select of document.querySelectorAll("select[data-sends]")) {
    select.addEventListener("change", () => select.form.requestSubmit());
  }
})();
