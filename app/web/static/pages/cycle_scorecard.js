// What the weights of a draft come to while one types: the sum, and by how much it is not 100. Lines that are to be taken off do not count.
//
// Nothing is judged here: the server reads the same fields, and says what is wrong with a weight at its field.

(() => {
  "use strict";

  const form = document.querySelector("form[data-weighs]");
  const output = form?.querySelector("[data-weight-sum]");
  if (!output) {
    return;
  }
  // In millionths, so that sums of tenths are whole.
  const WHOLE = 100_000_000;
  const weightOf = (input) => {
    const digits = window.kopesNumbers.read(input.value);
    const kpi = input.name.replace(/^weight-/, "");
    return digits === null || form.elements[`off-${kpi}`]?.checked ? 0 : Math.round(Number(digits) * 1_000_000);
  };
  const shown = (millionths) =>
    new Intl.NumberFormat(document.documentElement.lang, { maximumFractionDigits: 6 }).format(millionths / 1_000_000);
  const add = () => {
    const inputs = [...form.querySelectorAll('input[name^="weight-"], input[name="new_weight"]')].filter((one) => !one.name.endsWith("_read"));
    const sum = inputs.reduce((total, one) => total + weightOf(one), 0);
    const missing = WHOLE - sum;
    const said = missing > 0 ? output.dataset.short : output.dataset.over;
    output.value = missing ? `${shown(sum)} (${said.replace("FIGURE", shown(Math.abs(missing)))})` : shown(sum);
  };

  form.addEventListener("input", add);
  add();
})();
