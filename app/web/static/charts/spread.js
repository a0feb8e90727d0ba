// How many offices lead to which score: a bar for some points each, with the letter of its band.

import { BarController, BarElement, CategoryScale, Chart, LinearScale } from "chart.js";
import { bandOf } from "./places.js";
import { frame, token } from "./drawing.js";

Chart.register(BarController, BarElement, CategoryScale, LinearScale);

const letters = {
  id: "letters",
  afterDatasetsDraw(chart) {
    const { ctx } = chart;
    ctx.save();
    ctx.textAlign = "center";
    ctx.textBaseline = "bottom";
    ctx.fillStyle = token("--ink");
    ctx.font = `700 12px ${Chart.defaults.font.family}`;
    const [{ data, bands }] = chart.data.datasets;
    chart.getDatasetMeta(0).data.forEach(({ x, y }, at) => {
      if (data[at]) {
        ctx.fillText(bands[at], x, y - 2);
      }
    });
    ctx.restore();
  },
};

export const spread = ({ bins, words }) => {
  const options = frame();
  const colours = bins.map(bandOf);
  return {
    type: "bar",
    data: {
      labels: bins.map(({ least, most }) => `${least}–${most}`),
      datasets: [
        {
          label: words.offices,
          data: bins.map(({ offices }) => offices),
          bands: bins.map(({ band }) => band),
          backgroundColor: colours,
          barPercentage: 1,
          categoryPercentage: 0.94,
        },
      ],
    },
    plugins: [letters],
    options: {
      ...options,
      layout: { padding: { top: 18 } },
      scales: {
        x: { grid: { display: false }, ticks: { maxRotation: 0, autoSkipPadding: 8 } },
        y: { beginAtZero: true, border: { display: false }, ticks: { precision: 0 } },
      },
    },
  };
};
