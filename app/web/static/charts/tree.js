// Offices as a tree map: a rectangle each within its region, as large as its people are many, lettered with its band.

import { TreemapController, TreemapElement } from "chartjs-chart-treemap";
import { Chart, LinearScale } from "chart.js";
import { bandOf, figureOf } from "./places.js";
import { frame, token } from "./drawing.js";

Chart.register(LinearScale, TreemapController, TreemapElement);

// As much of a text as there is room for.
const fitted = (ctx, text, room) => {
  let shown = text;
  while (shown.length > 1 && ctx.measureText(shown).width > room) {
    shown = `${shown.slice(0, -2)}…`;
  }
  return shown;
};

// Name and figure where there is room for both; the letter always.
const words = (places) => ({
  id: "words",
  afterDatasetsDraw(chart) {
    const { ctx } = chart;
    ctx.save();
    ctx.textAlign = "start";
    ctx.textBaseline = "top";
    ctx.fillStyle = token("--on-band");
    chart.getDatasetMeta(0).data.forEach((box, at) => {
      const place = places.get(chart.data.datasets[0].data[at]?._data.code);
      const { x, y, width, height } = box.getProps(["x", "y", "width", "height"], true);
      if (!place || !width) {
        return;
      }
      if (width > 56 && height > 34) {
        ctx.font = `600 12px ${Chart.defaults.font.family}`;
        ctx.fillText(fitted(ctx, place.name, width - 10), x + 5, y + 5);
        ctx.fillText(fitted(ctx, figureOf(place), width - 10), x + 5, y + 19);
      } else {
        ctx.font = `700 11px ${Chart.defaults.font.family}`;
        ctx.textAlign = "center";
        ctx.fillText(place.band ?? "–", x + width / 2, y + height / 2 - 5);
        ctx.textAlign = "start";
      }
    });
    ctx.restore();
  },
});

export const tree = (content, figure) => {
  const options = frame();
  const { region } = figure.parentElement.dataset;
  const named = new Map(content.regions.map(({ code, name }) => [code, name]));
  const shown = content.offices.filter((one) => one.people && (!region || one.region === region));
  const places = new Map(shown.map((one) => [one.code, one]));
  const at = (item) => places.get(item?._data?.code);
  return {
    type: "treemap",
    data: {
      datasets: [
        {
          tree: shown.map((one) => ({ ...one, region: named.get(one.region) ?? content.words.other })),
          key: "people",
          groups: region ? ["code"] : ["region", "code"],
          spacing: 0.5,
          borderWidth: 1,
          borderColor: token("--surface"),
          backgroundColor: ({ raw }) => (at(raw) ? bandOf(at(raw)) : "transparent"),
          captions: { display: true, color: token("--ink"), font: { size: 12, weight: 600 }, padding: 3 },
          labels: { display: false },
        },
      ],
    },
    plugins: [words(places)],
    options: {
      ...options,
      animation: false,
      onClick(event, elements, chart) {
        const place = elements.map(({ index }) => at(chart.data.datasets[0].data[index])).find(Boolean);
        if (place) {
          location.assign(place.link);
        }
      },
      onHover(event, elements) {
        event.native.target.style.cursor = elements.length ? "pointer" : "";
      },
      plugins: {
        ...options.plugins,
        tooltip: {
          ...options.plugins.tooltip,
          filter: ({ raw }) => Boolean(at(raw)),
          callbacks: {
            title: ([item]) => at(item?.raw)?.name ?? "",
            label: ({ raw }) => [figureOf(at(raw)), `${content.words.people}: ${at(raw).people}`],
          },
        },
      },
    },
  };
};
