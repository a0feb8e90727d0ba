// The reader's theme, set at once where script runs; without it the same form reloads the page.
// A newcomer's usual mistake is to draw a chart once: it must be drawn again when the theme changes, so the page says so.

(() => {
  "use strict";

  const root = document.documentElement;

  const say = () => document.dispatchEvent(new CustomEvent("kopes:theme"));

  const choose = (theme) => {
    root.dataset.theme = theme;
    for (const button of document.querySelectorAll('button[name="theme"]')) {
      button.setAttribute("aria-pressed", String(button.value === theme));
    }
    say();
  };

  document.addEventListener("submit", (event) => {
    const button = event.submitter;
    if (!button || button.name !== "theme") {
      return;
    }
    event.preventDefault();
    choose(button.value);
    const body = new URLSearchParams(new FormData(event.target));
    body.set("theme", button.value);
    fetch(event.target.action, { method: "POST", body, redirect: "manual", keepalive: true }).catch(() => {});
  });

  for (const wish of ["(prefers-color-scheme: dark)", "(prefers-contrast: more)"]) {
    matchMedia(wish).addEventListener("change", say);
  }
})();
