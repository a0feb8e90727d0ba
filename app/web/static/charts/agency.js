// The agency's charts: the offices as a map, as a tree map and by their scores, the switch between them, and the region that the first two show.

import { start } from "./drawing.js";
import { map } from "./map.js";
import { spread } from "./spread.js";
import { tree } from "./tree.js";

start({ map, spread, tree });

const places = document.querySelector("[data-places]");

const redraw = () => places.querySelectorAll("figure[data-chart]:not([hidden])").forEach(globalThis.kopesCharts.draw);

const showView = (chosen, views) => {
  for (const button of views) {
    button.setAttribute("aria-pressed", String(button === chosen));
  }
  for (const figure of places.querySelectorAll("[data-view]")) {
    figure.hidden = figure.dataset.view !== chosen.value;
  }
  places.querySelector("[data-places-regions]").hidden = ["spread", "table"].includes(chosen.value);
  redraw();
};

if (places) {
  const content = JSON.parse(places.querySelector("[data-places-content]").textContent);
  const views = [...places.querySelectorAll('button[name="places"]')];
  const said = places.querySelector("[data-places-said]");

  document.querySelector("[data-places-form]").addEventListener("submit", (event) => {
    const chosen = event.submitter;
    event.preventDefault();
    showView(chosen, views);
    const body = new URLSearchParams(new FormData(event.target));
    body.set("places", chosen.value);
    fetch(event.target.action, { method: "POST", body, redirect: "manual", keepalive: true }).catch(() => {});
  });

  const region = places.querySelector("[data-places-regions] select");
  const showRegion = () => {
    places.dataset.region = region.value;
    said.textContent = content.regions.find(({ code }) => code === region.value)?.told ?? "";
    redraw();
  };
  region.addEventListener("change", showRegion);
  // A browser that goes back keeps what was chosen.
  if (region.value) {
    showRegion();
  }
}
