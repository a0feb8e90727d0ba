// Numbers as people type them, by the separators of the page's language, and how they are read, beside the field while one types.
//
// The server reads by the same rule (app/web/wording/typed_numbers.py) and decides; this only shows it before. A newcomer's usual mistake is
// Number(text): it takes a Spanish 125.000 for 125.

(() => {
  "use strict";

  const language = document.documentElement.lang || "en";
  const escaped = (text) => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
  const spaced = /^[+-]?\d{1,3}(?: \d{3})+(?:[.,]\d+)?$/;

  // How the language writes numbers: asked for when the first one is read, since the browser takes long to say it and most pages have none.
  let known = null;
  const customs = () => {
    if (!known) {
      const parts = new Intl.NumberFormat(language, { useGrouping: "always" }).formatToParts(1234567.5);
      const mark = (type) => parts.find((part) => part.type === type).value;
      const group = mark("group").replace(/\s/, " ");
      const point = mark("decimal");
      known = {
        group,
        point,
        grouped: new RegExp(`^[+-]?\\d{1,3}(?:${escaped(group)}\\d{3})+(?:${escaped(point)}\\d+)?$`),
        plain: new RegExp(`^[+-]?(?:\\d+|\\d*${escaped(point)}\\d+)$`),
      };
    }
    return known;
  };

  // The digits of a number as a program writes them, or null where the text is none, or could be two.
  const read = (text) => {
    const { group, point, grouped, plain } = customs();
    let typed = text.trim().replace(/\s/g, " ").replace("−", "-");
    if (spaced.test(typed)) {
      typed = typed.replaceAll(" ", "");
    }
    if (!grouped.test(typed) && !plain.test(typed)) {
      return null;
    }
    return typed.replaceAll(group, "").replace(point, ".");
  };

  const shown = (digits) =>
    new Intl.NumberFormat(language, { minimumFractionDigits: 2, maximumFractionDigits: 20, useGrouping: true }).format(digits);

  const echo = (input) => {
    const output = document.getElementById(`${input.id}-read`);
    const confirmed = input.parentElement.querySelector("[data-confirms]");
    const text = input.value.replace(input.dataset.number || "", "").trim();
    const digits = text ? read(text) : null;
    if (confirmed) {
      confirmed.value = digits ?? "";
    }
    if (output) {
      output.value = !text || /^\d{1,3}$/.test(text) ? "" : digits === null ? output.dataset.unread : output.dataset.read.replace("NUMBER", shown(digits));
    }
  };

  document.addEventListener("input", (event) => {
    if (event.target.matches("[data-number]")) {
      echo(event.target);
    }
  });

  for (const input of document.querySelectorAll("[data-number]")) {
    echo(input);
  }

  window.kopesNumbers = { read };
})();
