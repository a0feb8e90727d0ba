// The queue by keyboard: arrows move between entries, space chooses, V verifies what is chosen, R goes to the reason.
//
// The letters work only while the focus is on an entry's box, so that they never surprise anybody who types or dictates (WCAG 2.1.4).

(() => {
  "use strict";

  const form = document.querySelector("[data-queue]");
  if (!form) {
    return;
  }
  const boxes = [...form.querySelectorAll('input[name="activity"]')];
  const all = form.querySelector("[data-all]");
  const everything = all.querySelector("input");
  const counted = form.querySelector("[data-chosen]");

  const show = () => {
    const chosen = boxes.filter((box) => box.checked).length;
    counted.textContent = chosen ? `(${chosen})` : "";
    everything.checked = chosen === boxes.length;
    everything.indeterminate = chosen > 0 && chosen < boxes.length;
  };

  all.hidden = false;
  form.querySelector("[data-keys]").hidden = false;
  everything.addEventListener("change", () => {
    for (const box of boxes) {
      box.checked = everything.checked;
    }
    show();
  });
  form.addEventListener("change", show);

  form.addEventListener("keydown", (event) => {
    const at = boxes.indexOf(event.target);
    if (at < 0 || event.ctrlKey || event.metaKey || event.altKey) {
      return;
    }
    const key = event.key.toLowerCase();
    if (key === "arrowdown" || key === "arrowup") {
      event.preventDefault();
      const next = boxes[at + (key === "arrowdown" ? 1 : -1)];
      next?.focus();
      next?.closest("li").scrollIntoView({ block: "nearest" });
    } else if (key === "v") {
      event.preventDefault();
      if (!boxes.some((box) => box.checked)) {
        event.target.checked = true;
        show();
      }
      form.requestSubmit(form.querySelector('button[value="verified"]'));
    } else if (key === "r") {
      event.preventDefault();
      if (!boxes.some((box) => box.checked)) {
        event.target.checked = true;
        show();
      }
      form.elements.reason.focus();
    }
  });
  show();
})();
