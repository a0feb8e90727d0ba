// What every grid that behaves as a spreadsheet does alike: exact figures, what a spreadsheet copies, and what is said at a field.
//
// A newcomer's usual mistake is to add figures up as numbers: 0.1 and 0.2 would not come to 0.3. They are added as whole numbers of their
// smallest part.

(() => {
  "use strict";

  // --------------------------------------------------------------------------------------------------------- exact figures

  const placesOf = (digits) => (digits.split(".")[1] ?? "").length;
  const whole = (digits, places) => {
    const [before, after = ""] = digits.replace(/^[+-]/, "").split(".");
    return BigInt(`${digits.startsWith("-") ? "-" : ""}${before || "0"}${after.padEnd(places, "0")}`);
  };
  const written = (sum, places) => {
    const text = String(sum < 0n ? -sum : sum).padStart(places + 1, "0");
    const parts = places ? `${text.slice(0, -places)}.${text.slice(-places)}`.replace(/\.?0+$/, "") : text;
    return (sum < 0n ? "-" : "") + parts;
  };
  const shown = (digits) =>
    new Intl.NumberFormat(document.documentElement.lang, { maximumFractionDigits: 20, useGrouping: "always" }).format(digits);

  // ------------------------------------------------------------------------------------------------- what is said at a field

  const forgive = (input) => {
    const field = input.parentElement;
    field.classList.remove("field-wrong");
    input.removeAttribute("aria-invalid");
    input.removeAttribute("aria-describedby");
    for (const error of field.querySelectorAll(".error")) {
      error.remove();
    }
  };

  const blame = (input, reason) => {
    forgive(input);
    const error = document.createElement("p");
    error.className = "error";
    error.id = `${input.id}-error`;
    error.textContent = reason;
    input.before(error);
    input.parentElement.classList.add("field-wrong");
    input.setAttribute("aria-invalid", "true");
    input.setAttribute("aria-describedby", error.id);
  };

  // ------------------------------------------------------------------------------------------------------ moving and pasting

  const isWhole = (input) => input.selectionStart === 0 && input.selectionEnd === input.value.length;
  const atEdge = (input, place) => isWhole(input) || (input.selectionStart === place && input.selectionEnd === place);

  // What a spreadsheet copies: a cell with a break or a tab in it stands in quotation marks, its own marks doubled.
  const CELL = /"((?:[^"]|"")*)"(?=[\t\n]|$)|[^\t\n]*/y;
  const linesOf = (text) => {
    const lines = [[]];
    for (let at = 0; ; at += 1) {
      CELL.lastIndex = at;
      const [all, quoted] = CELL.exec(text);
      lines.at(-1).push((quoted?.replaceAll('""', '"') ?? all).trim());
      at += all.length;
      if (at >= text.length) {
        return lines;
      }
      if (text[at] === "\n") {
        lines.push([]);
      }
    }
  };

  // A block of cells that was copied, line by line; null for what is one cell's text, which the browser pastes by itself.
  const blockOf = (event) => {
    const text = event.clipboardData.getData("text/plain").replace(/\r\n?/g, "\n").replace(/\n$/, "");
    return /[\t\n]/.test(text) ? linesOf(text) : null;
  };

  // --------------------------------------------------------------------------------------------------------- coming and going

  // Hints that only hold with a script are shown; another change set, which says something else already, begins the grid anew where nothing
  // would be lost; and nobody leaves what they have typed without being asked.
  const guard = (form, { isTyped, mayBegin = () => !isTyped() }) => {
    let leaves = false;
    for (const hint of form.querySelectorAll("[data-with-script]")) {
      hint.hidden = false;
    }
    form.querySelector("#into")?.addEventListener("change", (event) => {
      const address = new URL(form.dataset.begins, location.href);
      address.searchParams.set("into", event.target.value);
      if (mayBegin()) {
        location.assign(address);
      }
    });
    document.addEventListener("submit", () => {
      leaves = true;
    });
    addEventListener("pageshow", () => {
      leaves = false;
    });
    addEventListener("beforeunload", (event) => {
      if (!leaves && isTyped()) {
        event.preventDefault();
      }
    });
  };

  window.kopesCells = { placesOf, whole, written, shown, forgive, blame, atEdge, blockOf, guard };
})();
