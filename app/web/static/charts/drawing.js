// What all charts have in common: they are drawn from the JSON block inside each <figure class="chart">, when they come near, and anew where
// the theme changes or a part of the page is put in anew (live.js).
//
// Each page loads a bundle of its own, which names the kinds that it shows (`start`). A newcomer's usual mistake is a colour in here: all come
// from tokens.css, in every theme.

import { Chart, Legend, Tooltip } from "chart.js";

Chart.register(Legend, Tooltip);

export const token = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

// A token's colour, so much of it: tokens are of six hexadecimal digits.
export const pale = (name, share) => token(name) + Math.round(share * 255).toString(16).padStart(2, "0");

const language = () => document.documentElement.lang || "en";

// A chart grows once, when its page is opened: not on paper, nor where a figure moves.
let grows = !matchMedia("(prefers-reduced-motion: reduce)").matches;

export const written = (value, unit) => {
  if (value === null || value === undefined) {
    return "–";
  }
  const text = new Intl.NumberFormat(language(), { maximumFractionDigits: 2 }).format(Number(value));
  return unit ? `${text} ${unit}` : text;
};

// A score has two decimals wherever it is written.
export const score = (value) =>
  value === null || value === undefined ? "–" : new Intl.NumberFormat(language(), { minimumFractionDigits: 2 }).format(value);

export const compact = (value) => new Intl.NumberFormat(language(), { notation: "compact", maximumSignificantDigits: 3 }).format(value);

// In the order that the server writes dates in; it says which (layout.html).
export const day = (instant, how) => new Intl.DateTimeFormat(document.body.dataset.dates, how).format(instant);

export const frame = () => {
  Chart.defaults.font.family = getComputedStyle(document.body).fontFamily;
  Chart.defaults.font.size = 12;
  Chart.defaults.color = token("--ink-soft");
  Chart.defaults.borderColor = token("--chart-grid");
  return {
    responsive: true,
    maintainAspectRatio: false,
    animation: grows ? { duration: 250 } : false,
    plugins: {
      legend: { display: false },
      tooltip: {
        backgroundColor: token("--ink"),
        titleColor: token("--surface"),
        bodyColor: token("--surface"),
        padding: 8,
        cornerRadius: 4,
        displayColors: false,
      },
    },
  };
};

// A figure's own block, or the one that it has together with those beside it.
const contentOf = (figure) => {
  const block = 'script[type="application/json"]';
  return JSON.parse((figure.querySelector(block) ?? figure.parentElement.querySelector(block)).textContent);
};

export const start = (kinds) => {
  const charts = new Map();

  const draw = (figure) => {
    charts.get(figure)?.destroy();
    charts.delete(figure);
    const make = kinds[figure.dataset.chart];
    const canvas = figure.querySelector("canvas");
    const config = canvas && make?.(contentOf(figure), figure);
    // What still waits for something to be fetched asks to be drawn once it is there.
    if (config) {
      charts.set(figure, new Chart(canvas, config));
    }
  };

  const figures = (part) => [...part.querySelectorAll("figure[data-chart]")].filter((one) => !one.hidden);

  // What is far down the page is drawn when it comes near: a scorecard has a bullet for each KPI.
  const near = new IntersectionObserver(
    (entries) => {
      for (const { isIntersecting, target } of entries) {
        if (isIntersecting) {
          near.unobserve(target);
          draw(target);
        }
      }
    },
    { rootMargin: "300px" },
  );

  globalThis.kopesCharts = {
    // The chart of a figure, once it is drawn.
    of: (figure) => charts.get(figure),
    draw,
    // Parts of the page were put in anew: charts that went with the old ones are given up, the new ones are drawn when they are near.
    adopt(parts) {
      for (const [figure, chart] of charts) {
        if (!figure.isConnected) {
          chart.destroy();
          charts.delete(figure);
        }
      }
      grows = false;
      for (const part of parts) {
        (part.matches("figure[data-chart]") ? [part] : figures(part)).forEach((figure) => near.observe(figure));
      }
    },
  };

  document.addEventListener("kopes:theme", () => [...charts.keys()].forEach(draw));

  // Paper is light, whatever the screen is: scripts see the print's own colours too late.
  let onScreen;
  const root = document.documentElement;
  addEventListener("beforeprint", () => {
    onScreen = root.dataset.theme;
    root.dataset.theme = "light";
    grows = false;
    figures(document).forEach(draw);
  });
  addEventListener("afterprint", () => {
    root.dataset.theme = onScreen;
    [...charts.keys()].forEach(draw);
  });

  document.querySelectorAll("figure[data-chart]").forEach((figure) => near.observe(figure));
};
