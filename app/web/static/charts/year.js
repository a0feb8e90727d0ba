// The line of a year: scores of the days behind, where they lead by the plan with what lies between the two bases, and the path to the goals.
// Behind it stand the bands, each with its letter. Days stand as far apart as they are.

import Annotation from "chartjs-plugin-annotation";
import "chartjs-adapter-date-fns";
import { Chart, Filler, LinearScale, LineController, LineElement, PointElement, TimeScale } from "chart.js";
import { day, frame, pale, score, token } from "./drawing.js";

Chart.register(Annotation, Filler, LinearScale, LineController, LineElement, PointElement, TimeScale);

const line = (label, points, colour, more) => ({
  label,
  data: points.map(([x, y]) => ({ x, y })),
  borderColor: token(colour),
  backgroundColor: token(colour),
  borderWidth: 2.5,
  pointRadius: 0,
  pointHitRadius: 12,
  tension: 0,
  spanGaps: false,
  ...more,
});

// The two bases' ways to the year's end, filled between: the upper edge carries the name, the lower one none.
const range = ({ range: edges, words }) => {
  if (!edges) {
    return [];
  }
  const edge = { borderWidth: 1, borderColor: pale("--chart-projection", 0.5), backgroundColor: pale("--chart-projection", 0.18) };
  return [
    line("", edges[0], "--chart-projection", { ...edge, range: "lower" }),
    line(words.range, edges[1], "--chart-projection", { ...edge, range: "upper", fill: "-1" }),
  ];
};

const bandBoxes = ({ bands, max }) => {
  const boxes = {};
  bands.forEach(([letter, from], at) => {
    boxes[`band${letter}`] = {
      type: "box",
      drawTime: "beforeDatasetsDraw",
      yMin: from,
      yMax: at ? bands[at - 1][1] : max,
      backgroundColor: pale(`--band-${letter}`, 0.07),
      borderWidth: 0,
      label: {
        display: true,
        content: letter,
        position: { x: "start", y: "center" },
        color: token(`--band-${letter}`),
        font: { size: 12, weight: 700 },
        padding: 4,
      },
    };
  });
  return boxes;
};

export const year = (content) => {
  const options = frame();
  const { words, bands, from, to, today, min, max } = content;
  const sets = [
    ...range(content),
    line(words.planned, content.planned, "--ink-soft", { borderWidth: 1.5, borderDash: [2, 3] }),
    line(words.actual, content.actual, "--chart-measure"),
  ];
  if (content.projected) {
    const last = content.projected.length - 1;
    sets.push(
      line(words.projected, content.projected, "--chart-projection", {
        borderDash: [6, 4],
        clip: false,
        pointRadius: ({ dataIndex }) => (dataIndex === last ? 4 : 0),
      }),
    );
  }
  const now = today && {
    type: "line",
    xMin: today,
    xMax: today,
    borderColor: token("--line-strong"),
    borderWidth: 1,
  };
  return {
    type: "line",
    data: { datasets: sets },
    options: {
      ...options,
      interaction: { mode: "x", intersect: false },
      scales: {
        x: {
          type: "time",
          min: from,
          max: to,
          time: { unit: "month" },
          grid: { display: false },
          ticks: { maxRotation: 0, autoSkipPadding: 12, callback: (instant) => day(instant, { month: "short" }) },
        },
        y: {
          min,
          max,
          border: { display: false },
          afterBuildTicks: (axis) => {
            axis.ticks = [min, ...bands.map(([, edge]) => edge).filter((edge) => edge > min), max]
              .sort((one, other) => one - other)
              .map((value) => ({ value }));
          },
        },
      },
      plugins: {
        ...options.plugins,
        legend: {
          display: true,
          align: "start",
          labels: { boxWidth: 24, boxHeight: 0, color: token("--ink"), filter: ({ text }) => text !== "" },
        },
        annotation: { annotations: { ...bandBoxes(content), ...(now ? { now } : {}) } },
        tooltip: {
          ...options.plugins.tooltip,
          filter: (item, at, items) =>
            item.dataset.label !== "" &&
            item.dataset.range === undefined &&
            items.findIndex((other) => other.datasetIndex === item.datasetIndex) === at,
          callbacks: {
            title: (items) => (items.length ? day(items[0].parsed.x, { dateStyle: "medium" }) : ""),
            label: (item) => `${item.dataset.label}: ${score(item.parsed.y)}`,
          },
        },
      },
    },
  };
};
