// What the map and the tree map have in common: how a place is coloured, named and opened.

import { token } from "./drawing.js";

export const bandOf = ({ band }) => token(`--band-${band ?? "none"}`);

export const figureOf = ({ figure, band }) => `${figure ?? "–"}${band ? ` ${band}` : ""}`;

// A place says its name, its figure with its band, and its people.
export const named = (places, { words }) => ({
  title: ([item]) => places[item.dataIndex].name,
  label: (item) => [figureOf(places[item.dataIndex]), `${words.people}: ${places[item.dataIndex].people}`],
});

// A place leads to its scorecard.
export const follow = (places) => ({
  onClick(event, [at]) {
    if (at) {
      location.assign(places[at.index].link);
    }
  },
  onHover(event, elements) {
    event.native.target.style.cursor = elements.length ? "pointer" : "";
  },
});
