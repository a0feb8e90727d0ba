import Annotation from "chartjs-plugin-annotation";
import { BarController, BarElement, CategoryScale, Chart, LinearScale } from "chart.js";
import { compact, frame, token, written } from "./drawing.js";

Chart.register(Annotation, BarController, BarElement, CategoryScale, LinearScale);

const TICKS = 4;

// The smallest step of 1, 2 or 5 times a power of ten that takes no more than a few of them.
const roundStep = (width) => {
  const power = 10 ** Math.floor(Math.log10(width / TICKS));
  return [1, 2, 5, 10].map((times) => times * power).find((step) => step * TICKS >= width);
};

// KPI against target: the shades go by low, base and high, the worst the darkest; the bar is the actual, the upright mark the target, the
// diamond the year's end. Where lower is better the scale runs from right to left: the good side is on the right everywhere.
export const bullet = (content) => {
  const options = frame();
  const marks = [0, content.target, content.low, content.high, content.actual, content.projected]
    .filter((value) => value != null)
    .map(Number);
  const [first, last] = [Math.min(...marks), Math.max(...marks)];
  const step = roundStep(last - first || 1);
  const least = Math.floor(first / step) * step;
  const most = Math.max(Math.ceil(last / step) * step, least + step);
  const ranges = [content.low, content.base, content.high]
    .filter((value) => value != null)
    .map(Number)
    .sort((one, other) => one - other);
  const annotations = {};
  let from = least;
  const edges = [...ranges, most];
  edges.forEach((to, index) => {
    const fromWorst = content.lower ? edges.length - 1 - index : index;
    annotations[`range${index}`] = {
      type: "box",
      drawTime: "beforeDatasetsDraw",
      xMin: from,
      xMax: Math.min(to, most),
      backgroundColor: token(`--chart-range-${Math.min(fromWorst + 1, 3)}`),
      borderWidth: 0,
    };
    from = to;
  });
  if (content.target != null) {
    annotations.target = {
      type: "line",
      xMin: Number(content.target),
      xMax: Number(content.target),
      borderColor: token("--chart-target"),
      borderWidth: 3,
    };
  }
  if (content.projected != null) {
    annotations.projected = {
      type: "point",
      xValue: Number(content.projected),
      yValue: content.label ?? "",
      radius: 5,
      pointStyle: "rectRot",
      backgroundColor: token("--chart-projection"),
      borderColor: token("--surface"),
      borderWidth: 1,
    };
  }
  const words = content.words ?? {};
  return {
    type: "bar",
    data: {
      labels: [content.label ?? ""],
      datasets: [
        {
          data: [content.actual == null ? null : Number(content.actual)],
          backgroundColor: token("--chart-measure"),
          barPercentage: 0.36,
          categoryPercentage: 1,
        },
      ],
    },
    options: {
      ...options,
      indexAxis: "y",
      scales: {
        x: {
          min: least,
          max: most,
          reverse: Boolean(content.lower),
          grid: { display: false },
          border: { display: false },
          ticks: { stepSize: step, maxRotation: 0, callback: compact },
        },
        y: { display: false },
      },
      plugins: {
        ...options.plugins,
        annotation: { annotations },
        tooltip: {
          ...options.plugins.tooltip,
          callbacks: {
            title: () => content.title ?? "",
            label: () =>
              [
                [words.actual ?? "Actual", content.actual],
                [words.target ?? "Target", content.target],
                [words.projected ?? "Projected", content.projected],
              ]
                .filter(([, value]) => value != null)
                .map(([word, value]) => `${word}: ${written(value, content.unit)}`),
          },
        },
      },
    },
  };
};
