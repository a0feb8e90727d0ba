import Annotation from "chartjs-plugin-annotation";
import { BarController, BarElement, CategoryScale, Chart, LinearScale } from "chart.js";
import { compact, frame, token, written } from "./drawing.js";

Chart.register(Annotation, BarController, BarElement, CategoryScale, LinearScale);

// KPI against target: the grey ranges are low, base and high; the dark bar is the actual; the upright mark the target.
export const bullet = (content) => {
  const options = frame();
  const marks = [content.target, content.high, content.actual, content.projected].filter((value) => value != null);
  const most = content.max ?? (Math.max(...marks.map(Number), 0) * 1.08 || 1);
  const least = content.min ?? Math.min(0, ...marks.map(Number));
  const ranges = (content.ranges ?? [content.low, content.base, content.high])
    .filter((value) => value != null)
    .map(Number)
    .sort((one, other) => one - other);
  const annotations = {};
  let from = least;
  [...ranges, most].forEach((to, index) => {
    annotations[`range${index}`] = {
      type: "box",
      drawTime: "beforeDatasetsDraw",
      xMin: from,
      xMax: Math.min(to, most),
      backgroundColor: token(`--chart-range-${Math.min(index + 1, 3)}`),
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
          grid: { display: false },
          border: { display: false },
          ticks: { maxTicksLimit: 6, maxRotation: 0, callback: compact },
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
