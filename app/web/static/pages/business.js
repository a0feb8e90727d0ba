// The table of business figures and its map: pointing at an office marks its row, and a row its offices; a press keeps it so.
//
// An office whose region is folded marks the region's row; pressed, it leads to where it is unfolded. A newcomer's usual mistake is to draw here:
// the map is a drawing of the server's, which is there without script, on paper too.

(() => {
  "use strict";

  const place = document.querySelector("[data-business-map]");
  if (!place) {
    return;
  }
  const rows = new Map([...place.querySelectorAll("tr[data-row]")].map((row) => [row.dataset.row, row]));
  const circles = [...place.querySelectorAll("[data-units]")];
  const said = place.querySelector("[data-said]");
  const resting = said.textContent;
  let chosen = null;

  const unitsOf = (circle) => circle.dataset.units.split(" ");
  const rowOf = (circle) => rows.get(unitsOf(circle).find((unit) => rows.has(unit)));
  const circlesOf = (row) => circles.filter((circle) => unitsOf(circle).includes(row.dataset.row));

  const mark = (row, circle) => {
    for (const one of place.querySelectorAll(".is-marked")) {
      one.classList.remove("is-marked");
    }
    const marked = circle ? [circle] : row ? circlesOf(row) : [];
    row?.classList.add("is-marked");
    for (const one of marked) {
      one.classList.add("is-marked");
    }
    place.classList.toggle("has-marked", marked.length > 0);
    said.textContent = marked.length === 1 ? marked[0].querySelector("title").textContent : resting;
  };
  const rest = () => (chosen ? mark(...chosen) : mark(null));

  const at = (target) => {
    const circle = target.closest("[data-units]");
    const row = circle ? rowOf(circle) : target.closest("tr[data-row]");
    return row ? [row, circle] : null;
  };

  const follow = ({ target }) => {
    const one = at(target);
    one ? mark(...one) : rest();
  };
  place.addEventListener("pointerover", follow);
  place.addEventListener("focusin", follow);
  place.addEventListener("pointerleave", rest);
  place.addEventListener("focusout", rest);

  place.addEventListener("click", ({ target }) => {
    const one = at(target);
    if (!one || target.closest("a")) {
      return;
    }
    const [row, circle] = one;
    const address = circle && new URL(circle.dataset.unfold, location.href);
    if (circle && !rows.has(address.hash.slice("#row-".length))) {
      location.assign(address);
      return;
    }
    chosen = one;
    rest();
    if (circle) {
      row.scrollIntoView({ block: "nearest" });
    }
  });

  const led = rows.get(decodeURIComponent(location.hash).slice("#row-".length));
  if (led) {
    chosen = [led, null];
    rest();
  }
})();
