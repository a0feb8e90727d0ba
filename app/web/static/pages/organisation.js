// The tree of units: all of it folded and unfolded at once, and a unit dragged onto another, which leads to the form that moves it, filled in.
//
// Without a pointer the same form is reached by "Move…": nothing here is the only way.

(() => {
  "use strict";

  const begin = (tree) => {
    if (!tree) {
      return;
    }

    const folds = tree.querySelector("[data-folds]");
    folds.hidden = false;
    const all = (open) => {
      for (const one of tree.querySelectorAll("details")) {
        one.open = open;
      }
    };
    folds.querySelector("[data-unfold]").addEventListener("click", () => all(true));
    folds.querySelector("[data-fold]").addEventListener("click", () => all(false));

    const hint = tree.querySelector("[data-drags]");
    if (!hint) {
      return;
    }
    hint.hidden = !matchMedia("(pointer: fine)").matches;

    let dragged = null;
    const rowOf = (event) => event.target.closest(".org-row[data-name]");
    // A unit goes neither below itself nor below one of its own.
    const mayTake = (row) => dragged && row && !dragged.parentElement.contains(row);

    tree.addEventListener("dragstart", (event) => {
      const row = event.target.closest?.(".org-row[data-moves]");
      if (!row) {
        return;
      }
      dragged = row;
      event.dataTransfer.effectAllowed = "move";
      event.dataTransfer.setData("text/plain", row.dataset.name);
    });
    tree.addEventListener("dragend", () => {
      dragged = null;
      tree.querySelectorAll(".org-over").forEach((row) => row.classList.remove("org-over"));
    });
    tree.addEventListener("dragover", (event) => {
      const row = rowOf(event);
      tree.querySelectorAll(".org-over").forEach((one) => one !== row && one.classList.remove("org-over"));
      if (mayTake(row)) {
        event.preventDefault();
        row.classList.add("org-over");
      }
    });
    tree.addEventListener("drop", (event) => {
      const row = rowOf(event);
      if (!mayTake(row)) {
        return;
      }
      event.preventDefault();
      const address = new URL(dragged.dataset.moves, location.href);
      address.searchParams.set("parent", row.parentElement.dataset.unit);
      tree.querySelector("[data-said]").textContent = tree.dataset.asks.replace("NAME", dragged.dataset.name).replace("ABOVE", row.dataset.name);
      location.assign(address);
    });
  };

  // Another day's tree is put in place of this one while the form above it is filled in (narrow.js).
  let begun = null;
  const beginAnew = () => {
    const tree = document.querySelector("[data-tree]");
    if (tree !== begun) {
      begun = tree;
      begin(tree);
    }
  };
  document.addEventListener("kopes:drawn", beginAnew);
  beginAnew();
})();
