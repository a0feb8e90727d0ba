// The sheet of a scorecard's lines: Enter and arrows move, Escape restores, a block is pasted from the cell on, and weights add up as one types.
//
// The server reads and judges; this only shows beforehand.

(() => {
  "use strict";

  const form = document.querySelector("[data-sheet]");
  const words = form.dataset;
  const body = form.querySelector("tbody");
  const { read } = window.kopesNumbers;
  const { placesOf, whole, written, shown, forgive, blame, atEdge, blockOf, guard } = window.kopesCells;
  let leftOut = 0;

  const cells = () => [...body.querySelectorAll("[data-cell]")];
  const rowOf = (input) => input.closest("tr");
  const cellsOf = (row) => [...row.children].map((box) => box.querySelector("[data-cell]"));
  const isGone = (row) => row.querySelector('[name^="gone-"]').checked;
  const firstOf = (input) => input.dataset.first ?? "";

  // --------------------------------------------------------------------------------------------------------------- sums

  const addUp = () => {
    const weights = [...body.querySelectorAll("[data-weight]")]
      .filter((input) => !isGone(rowOf(input)) && input.value.trim())
      .map((input) => read(input.value))
      .filter((digits) => digits !== null && !digits.startsWith("-"))
      .map((digits) => digits.replace("+", ""));
    const places = Math.max(0, ...weights.map(placesOf));
    const sum = weights.reduce((all, digits) => all + whole(digits, places), 0n);
    const missing = whole("100", places) - sum;
    form.querySelector("[data-sum]").value = weights.length ? shown(written(sum, places)) : "–";
    const said = !weights.length || missing === 0n ? "" : missing > 0n ? words.short : words.over;
    form.querySelector("[data-problem]").textContent = said.replace("FIGURE", shown(written(missing < 0n ? -missing : missing, places)));
  };

  // -------------------------------------------------------------------------------------------------------- what was typed

  const judge = (input) => {
    if (!input.matches("[data-number]") || !input.value.trim() || read(input.value) !== null) {
      return;
    }
    blame(input, words.unread);
  };

  const isChanged = (input) => input.value !== firstOf(input);

  const tell = () => {
    for (const row of body.rows) {
      row.classList.toggle("line-gone", isGone(row));
    }
    addUp();
    const changed = cells().filter(isChanged);
    for (const input of cells()) {
      input.closest("td, th").classList.toggle("cell-changed", isChanged(input));
    }
    const parts = changed.length ? [changed.length === 1 ? words.one : words.several.replace("COUNT", changed.length)] : [];
    if (leftOut) {
      parts.push(words.outside.replace("COUNT", leftOut));
    }
    form.querySelector("[data-changes]").value = parts.join(" · ");
  };

  form.addEventListener("input", (event) => {
    leftOut = 0;
    if (event.target.matches("[data-cell]")) {
      forgive(event.target);
    }
    tell();
  });

  form.addEventListener("focusout", (event) => {
    if (event.target.matches("[data-cell]")) {
      judge(event.target);
    }
  });

  // ---------------------------------------------------------------------------------------------------------------- rows

  // A row like the last one, which is always of a line that is new: its fields are numbered on.
  const addRow = () => {
    const number = body.rows.length;
    if (number >= Number(words.linesMost)) {
      return null;
    }
    const last = body.rows[number - 1];
    if (!last.matches("[data-new]")) {
      return null;
    }
    const row = last.cloneNode(true);
    for (const input of row.querySelectorAll("[name]")) {
      input.name = input.name.replace(/-\d+$/, `-${number}`);
      if (input.id) {
        input.id = input.name;
      }
      const label = input.getAttribute("aria-label");
      if (label) {
        input.setAttribute("aria-label", label.replace(String(number), String(number + 1)));
      }
      if (input.matches("[data-cell]")) {
        input.value = "";
        forgive(input);
      } else {
        input.checked = false;
      }
    }
    const label = row.querySelector(".check .unseen");
    label.textContent = label.textContent.replace(String(number), String(number + 1));
    body.append(row);
    return row;
  };

  form.querySelector("[data-more]").addEventListener("click", () => {
    const row = addRow();
    row?.querySelector("[data-cell]").focus();
    tell();
  });

  // -------------------------------------------------------------------------------------------------------------- moving

  const reach = (input, down, across) => {
    const rows = [...body.rows];
    const row = rows[rows.indexOf(rowOf(input)) + down];
    const next = row && cellsOf(row)[cellsOf(rowOf(input)).indexOf(input) + across];
    if (!next) {
      return false;
    }
    next.focus();
    next.select?.();
    next.scrollIntoView({ block: "nearest", inline: "nearest" });
    return true;
  };

  form.addEventListener("keydown", (event) => {
    const input = event.target;
    if (!input.matches("[data-cell]") || event.isComposing || event.altKey || event.ctrlKey || event.metaKey) {
      return;
    }
    // Where a list is offered, or chosen from, the arrows are its own; the first key of a list that is open is as well.
    const isOwn = input.matches("select, [list]");
    const moves = {
      Enter: () => reach(input, event.shiftKey ? -1 : 1, 0) || true,
      ArrowUp: () => !isOwn && reach(input, -1, 0),
      ArrowDown: () => !isOwn && reach(input, 1, 0),
      ArrowLeft: () => !input.matches("select") && atEdge(input, 0) && reach(input, 0, -1),
      ArrowRight: () => !input.matches("select") && atEdge(input, input.value.length) && reach(input, 0, 1),
      Escape: () => {
        input.value = firstOf(input);
        input.dispatchEvent(new Event("input", { bubbles: true }));
        return true;
      },
    };
    if (!(event.shiftKey && event.key.startsWith("Arrow")) && moves[event.key]?.()) {
      event.preventDefault();
    }
  });

  // ------------------------------------------------------------------------------------------------------------- pasting

  const write = (input, text) => {
    if (input.matches("select")) {
      const option = [...input.options].find((one) => one.value === text || one.text === text);
      if (!option) {
        return false;
      }
      input.value = option.value;
    } else {
      input.value = text;
    }
    forgive(input);
    judge(input);
    return true;
  };

  // The KPI of a line that is there is no cell; the same one pasted onto it is no mistake.
  const isItself = (row, across, text) => across === 0 && row?.querySelector('[name^="kpi-"]').value === text;

  form.addEventListener("paste", (event) => {
    const start = event.target;
    const block = start.matches("[data-cell]") ? blockOf(event) : null;
    if (!block) {
      return;
    }
    event.preventDefault();
    const top = [...body.rows].indexOf(rowOf(start));
    const left = cellsOf(rowOf(start)).indexOf(start);
    leftOut = 0;
    block.forEach((line, down) => {
      const row = body.rows[top + down] ?? addRow();
      line.forEach((figure, across) => {
        const input = row && cellsOf(row)[left + across];
        if (figure && !(input ? write(input, figure) : isItself(row, left + across, figure))) {
          leftOut += 1;
        }
      });
    });
    start.focus();
    tell();
  });

  guard(form, { isTyped: () => cells().some(isChanged) });
  tell();
})();
