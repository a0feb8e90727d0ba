// The grid of targets behaves as a spreadsheet does: arrows, Enter and Tab move, typing replaces, Escape restores, a block is pasted whole.
//
// The server reads, judges and saves; this only shows beforehand what it will say.

(() => {
  "use strict";

  const form = document.querySelector("[data-target-grid]");
  const words = form.dataset;
  const body = form.querySelector("tbody");
  const count = form.querySelector("[data-changes]");
  const inputs = [...body.querySelectorAll("input[data-number]")];
  const { read } = window.kopesNumbers;
  const { placesOf, whole, written, shown, forgive, blame, atEdge, blockOf, guard } = window.kopesCells;
  let leftOut = 0;

  const boxOf = (input) => input.closest("td");
  const inputIn = (box) => box?.querySelector("input[data-number]");
  const backIn = (box) => box.querySelector('input[name="back"]');
  const isBack = (box) => Boolean(backIn(box)?.checked);

  // --------------------------------------------------------------------------------------------------------- exact figures

  const plain = (digits) => {
    const places = placesOf(digits);
    return whole(digits, places) === 0n ? "0" : written(whole(digits, places), places);
  };

  // ----------------------------------------------------------------------------------------------------- what a cell holds

  const digitsOf = (text) => {
    const digits = text.trim() ? read(text) : null;
    return digits === null ? null : plain(digits);
  };

  const valueOf = (box) => {
    const input = inputIn(box);
    if (!input) {
      return box.dataset.value === undefined ? null : plain(box.dataset.value);
    }
    return isBack(box) ? plain(backIn(box).dataset.folder) : digitsOf(input.value);
  };

  const isChanged = (input) => {
    if (isBack(boxOf(input))) {
      return true;
    }
    const text = input.value.trim();
    const first = input.dataset.first;
    return text !== first && (digitsOf(text) === null || digitsOf(text) !== digitsOf(first));
  };

  const reasonAgainst = (input) => {
    const text = input.value.trim();
    if (!isChanged(input) || isBack(boxOf(input))) {
      return "";
    }
    if (!text) {
      return words.empty;
    }
    const digits = digitsOf(text);
    return digits === null ? words.unread : digits === "0" || digits.startsWith("-") ? words.low : "";
  };

  const judge = (input) => {
    const reason = reasonAgainst(input);
    if (!reason) {
      return true;
    }
    blame(input, reason);
    return false;
  };

  const mark = (input) => {
    const box = boxOf(input);
    const changed = isChanged(input);
    box.classList.toggle("cell-changed", changed);
    const was = box.querySelector(".was");
    if (changed && !was) {
      const old = document.createElement("span");
      old.className = "was";
      old.textContent = words.was.replace("FIGURE", input.dataset.first || words.none);
      input.after(old);
    } else if (!changed) {
      was?.remove();
    }
  };

  // ------------------------------------------------------------------------------------------------------ sums and the bar

  const foot = (column, box) => {
    const boxes = [...body.rows].map((row) => row.cells[column]);
    const above = boxes.filter((one) => one.dataset.part === "own").map(valueOf)[0];
    const below = boxes.filter((one) => one.dataset.part === "slice").map(valueOf);
    const missing = below.some((digits) => digits === null);
    const parts = [...below.filter((digits) => digits !== null), plain(box.dataset.elsewhere)];
    const places = Math.max(...[...parts, above ?? "0"].map(placesOf));
    const sum = parts.reduce((all, digits) => all + whole(digits, places), 0n);
    const difference = above == null ? null : sum - whole(above, places);
    const share = box.querySelector("[data-share]");
    share.textContent = share.dataset.share.replace("BELOW", shown(written(sum, places))).replace("ABOVE", above == null ? "–" : shown(above));
    const fits = difference === 0n && !missing;
    box.querySelector("[data-fits]").hidden = !fits;
    box.querySelector("[data-misses]").hidden = fits;
    const said = box.querySelector("[data-difference]");
    said.textContent = difference ? said.dataset.difference.replace("FIGURE", shown(written(difference, places))) : "";
  };

  // What is written in the first row of weights holds for the rows below as well (app/rules/weighting.py): by column, what it does to a weight.
  const forAll = [...form.querySelectorAll("[data-template]")];
  const stepOf = (input) => {
    const text = input.value.trim().replace("\u2212", "-");
    const first = digitsOf(input.dataset.first);
    const digits = digitsOf(text);
    if (text === input.dataset.first || (text && digits === null)) {
      return { column: boxOf(input).cellIndex, first };
    }
    const kind = !text ? "remove" : /^[+-]/.test(text) ? "shift" : "set";
    return { column: boxOf(input).cellIndex, first, kind, digits };
  };
  const positive = (digits) => (digits === null || digits === "0" || digits.startsWith("-") ? null : digits);
  const added = (one, other) => {
    const places = Math.max(placesOf(one), placesOf(other));
    return written(whole(one, places) + whole(other, places), places);
  };
  const stepped = (digits, { kind, digits: by }) => {
    const held = { remove: () => null, set: () => by, shift: () => (digits === null ? null : added(digits, by)) }[kind];
    return positive(held ? held() : digits);
  };

  // What a weight becomes: as it is typed, else as the first row has it.
  const becomes = (input, steps, mode) => {
    const present = digitsOf(input.dataset.first);
    if (isChanged(input)) {
      return digitsOf(input.value);
    }
    const step = mode && steps.find((one) => one.column === boxOf(input).cellIndex);
    return step ? stepped(mode === "whole" ? step.first : present, step) : present;
  };

  const hold = (input, digits) => {
    const box = boxOf(input);
    const isHeld = !isChanged(input) && digits !== digitsOf(input.dataset.first);
    box.classList.toggle("cell-held", isHeld);
    box.querySelector(".held")?.remove();
    if (isHeld) {
      const said = document.createElement("ins");
      const unseen = document.createElement("span");
      said.className = "held";
      unseen.className = "unseen";
      unseen.textContent = `${words.becomes} `;
      said.append(unseen, digits === null ? words.noLine : shown(digits));
      input.after(said);
    }
  };

  // The weights of a scorecard add up to 100.
  const addUp = (box, weights) => {
    const digits = weights.filter((one) => one !== null);
    const sum = digits.reduce(added, "0");
    const short = added("100", sum.startsWith("-") ? sum.slice(1) : `-${sum}`);
    box.querySelector("[data-sum]").textContent = digits.length ? shown(sum) : "–";
    const said = !digits.length || short === "0" ? "" : short.startsWith("-") ? words.over : words.short;
    box.querySelector("[data-problem]").textContent = said.replace("FIGURE", shown(short.replace("-", "")));
  };

  const addUpAll = () => {
    const mode = form.querySelector('[name="apply"]:checked')?.value;
    const steps = forAll.map(stepOf);
    for (const box of form.querySelectorAll("[data-template-sum]")) {
      addUp(box, steps.map((step) => stepped(step.first, step)));
    }
    for (const box of form.querySelectorAll("[data-row-sum]")) {
      const some = [...box.closest("tr").querySelectorAll("input[data-number]")];
      addUp(
        box,
        some.map((input) => {
          const digits = becomes(input, steps, mode);
          hold(input, digits);
          return digits;
        }),
      );
    }
  };

  const footAll = () => {
    addUpAll();
    for (const box of form.querySelectorAll("[data-foot]")) {
      if (box.querySelector("[data-share]")) {
        foot(box.cellIndex, box);
      }
    }
  };

  const tell = () => {
    const changed = inputs.filter(isChanged);
    const wrong = inputs.filter((input) => input.getAttribute("aria-invalid")).length;
    const parts = [];
    if (changed.length) {
      parts.push(changed.length === 1 ? words.one : words.several.replace("COUNT", changed.length));
    }
    if (wrong) {
      parts.push(words.wrong.replace("COUNT", wrong));
    }
    if (leftOut) {
      parts.push(words.outside.replace("COUNT", leftOut));
    }
    const text = parts.join(" · ");
    if (count.value !== text) {
      count.value = text;
    }
  };

  const look = (changed) => {
    changed.forEach(mark);
    footAll();
    tell();
  };

  // The reading beside a number, and what confirms it, are made for the cells that somebody writes into.
  const makeReading = (input) => {
    const field = input.parentElement;
    if (!field.querySelector("[data-confirms]")) {
      const confirms = document.createElement("input");
      confirms.type = "hidden";
      confirms.name = `${input.name}_read`;
      confirms.dataset.confirms = "";
      field.append(confirms);
    }
    if (!field.querySelector("output")) {
      const output = document.createElement("output");
      output.className = "hint";
      output.id = `${input.id}-read`;
      output.htmlFor = input.id;
      output.dataset.read = words.read;
      output.dataset.unread = "";
      field.append(output);
    }
  };

  const write = (input, text) => {
    input.value = text;
    input.dispatchEvent(new Event("input", { bubbles: true }));
  };

  form.addEventListener("input", (event) => {
    if (event.target.matches("[data-number]")) {
      leftOut = 0;
      makeReading(event.target);
      forgive(event.target);
      look([event.target]);
    } else if (event.target.matches('[data-template], [name="apply"]')) {
      footAll();
    } else if (event.target.name === "back") {
      look([inputIn(boxOf(event.target))]);
    }
  });

  form.addEventListener("focusout", (event) => {
    if (event.target.matches("[data-number]") && !event.target.getAttribute("aria-invalid")) {
      judge(event.target);
      tell();
    }
  });

  const CELLS = "[data-number], [data-template]";

  form.addEventListener("focusin", (event) => {
    if (event.target.matches(CELLS)) {
      event.target.select();
    }
  });

  // The first click takes the cell, as in a spreadsheet: the browser would put its caret into the figure, and what is typed would stand before it.
  form.addEventListener("mousedown", (event) => {
    if (event.target.matches(CELLS) && document.activeElement !== event.target) {
      event.preventDefault();
      event.target.focus();
    }
  });

  form.addEventListener("reset", () => {
    setTimeout(() => {
      leftOut = 0;
      for (const input of inputs) {
        input.value = input.dataset.first;
        const back = backIn(boxOf(input));
        if (back) {
          back.checked = false;
        }
        forgive(input);
        input.parentElement.querySelector("output")?.replaceChildren();
      }
      look(inputs);
    });
  });

  // ------------------------------------------------------------------------------------------------------------- moving

  const reach = (input, down, across) => {
    const rows = [...body.rows];
    let row = rows.indexOf(input.closest("tr"));
    let column = boxOf(input).cellIndex;
    for (;;) {
      row += down;
      column += across;
      const box = rows[row]?.cells[column];
      if (!box || column < 1) {
        return;
      }
      const next = inputIn(box);
      if (next?.checkVisibility()) {
        next.focus();
        next.scrollIntoView({ block: "nearest", inline: "nearest" });
        return;
      }
    }
  };

  const takeOver = (input, what) => {
    const said = boxOf(input).querySelector(`[data-${what}]`);
    if (said) {
      write(input, said.dataset[what]);
      input.select();
    }
    return said ? true : undefined;
  };

  const MOVES = {
    ArrowUp: (input) => reach(input, -1, 0),
    ArrowDown: (input) => reach(input, 1, 0),
    ArrowLeft: (input) => (atEdge(input, 0) ? reach(input, 0, -1) : false),
    ArrowRight: (input) => (atEdge(input, input.value.length) ? reach(input, 0, 1) : false),
    F2: (input) => input.setSelectionRange(input.value.length, input.value.length),
    Escape: (input) => {
      write(input, input.dataset.first);
      input.select();
    },
    "=": (input) => takeOver(input, "last"),
    // In a weight it begins how much more.
    "+": (input) => takeOver(input, "proposal") ?? false,
  };

  form.addEventListener("keydown", (event) => {
    const input = event.target;
    if (input.matches("[data-template]") && event.key === "Enter" && !event.isComposing) {
      // Down from the first row are those that it is meant for; only the button sends.
      event.preventDefault();
      inputIn(body.rows[0]?.cells[boxOf(input).cellIndex])?.focus();
    }
    if (!input.matches("[data-number]") || event.isComposing || event.altKey || event.ctrlKey || event.metaKey) {
      return;
    }
    const act = event.key === "Enter" ? () => reach(input, event.shiftKey ? -1 : 1, 0) : MOVES[event.key];
    if (act && !(event.shiftKey && event.key.startsWith("Arrow")) && act(input) !== false) {
      event.preventDefault();
    }
  });

  // ------------------------------------------------------------------------------------------------------------ pasting

  form.addEventListener("paste", (event) => {
    const start = event.target;
    const block = start.matches("[data-number]") ? blockOf(event) : null;
    if (!block) {
      return;
    }
    event.preventDefault();
    const rows = [...body.rows];
    const top = rows.indexOf(start.closest("tr"));
    const left = boxOf(start).cellIndex;
    let outside = 0;
    const written = [];
    block.forEach((line, down) => {
      line.forEach((figure, across) => {
        const input = inputIn(rows[top + down]?.cells[left + across]);
        if (input && figure) {
          write(input, figure);
          written.push(input);
        } else if (figure) {
          outside += 1;
        }
      });
    });
    const wrong = written.filter((input) => !judge(input));
    (wrong[0] ?? start).focus();
    leftOut = outside;
    tell();
  });

  // ---------------------------------------------------------------------------------------------- last year and the proposal

  for (const [what, title] of [["last", words.takes], ["proposal", words.proposes]]) {
    for (const said of body.querySelectorAll(`[data-${what}]`)) {
      const button = document.createElement("button");
      button.type = "button";
      button.className = "takes";
      button.tabIndex = -1;
      button.title = title.replace("FIGURE", said.dataset[what]);
      button.dataset[what] = said.dataset[what];
      button.textContent = said.textContent;
      button.addEventListener("click", () => {
        const input = inputIn(boxOf(button));
        write(input, button.dataset[what]);
        input.focus();
      });
      said.replaceWith(button);
    }
  }

  // Where the box has more than it shows, its edge says so.
  const box = form.querySelector(".grid-box");
  const edges = () => {
    box.classList.toggle("more-before", box.scrollLeft > 1);
    box.classList.toggle("more-after", box.scrollLeft + box.clientWidth < box.scrollWidth - 1);
    box.classList.toggle("more-below", box.scrollTop + box.clientHeight < box.scrollHeight - 1);
  };
  box.addEventListener("scroll", edges, { passive: true });
  new ResizeObserver(edges).observe(box);

  const isTyped = () => inputs.some(isChanged);
  guard(form, { isTyped, mayBegin: () => !isTyped() && !forAll.some((one) => one.value !== one.dataset.first) });

  look(inputs);
})();
