// Charts, drawn from the JSON block inside each <figure class="chart">: bullet, year, heat, bars.
//
// The block's shape for each kind stands in templates/components/chart.html. Whoever changes a figure on an open page calls
// `kopesCharts.update(figure, content)`. A newcomer's usual mistake is a colour in here: all come from tokens.css, in either theme.

(() => {
  "use strict";

  const drawn = new Map();

  const token = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

  const language = () => document.documentElement.lang || "en";

  const still = () => matchMedia("(prefers-reduced-motion: reduce)").matches;

  const written = (value, unit) => {
    if (value === null || value === undefined) {
      return "–";
    }
    const text = new Intl.NumberFormat(language(), { maximumFractionDigits: 2 }).format(Number(value));
    return unit ? `${text} ${unit}` : text;
  };

  const compact = (value) =>
    new Intl.NumberFormat(language(), { notation: "compact", maximumFractionDigits: 1 }).format(value);

  const frame = () => {
    Chart.defaults.font.family = getComputedStyle(document.body).fontFamily;
    Chart.defaults.font.size = 12;
    Chart.defaults.color = token("--ink-soft");
    Chart.defaults.borderColor = token("--chart-grid");
    return {
      responsive: true,
      maintainAspectRatio: false,
      animation: still() ? false : { duration: 250 },
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

  // KPI against target: the grey ranges are low, base and high; the dark bar is the actual; the upright mark the target.
  const bullet = (content) => {
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

  const DAY_MS = 86_400_000;

  const dayNumber = (day) => Date.parse(`${day}T00:00:00Z`) / DAY_MS;

  const dayWritten = (number, how) => new Intl.DateTimeFormat(language(), { timeZone: "UTC", ...how }).format(number * DAY_MS);

  // The first days of the months between two days: where a line of time has its marks, however many points it has.
  const months = (from, to) => {
    const found = [];
    const at = new Date(from * DAY_MS);
    for (let month = 0; ; month += 1) {
      const first = Date.UTC(at.getUTCFullYear(), at.getUTCMonth() + month, 1) / DAY_MS;
      if (first > to) {
        return found;
      }
      if (first >= from) {
        found.push({ value: first });
      }
    }
  };

  // A line of the year: what is measured so far, where it leads, and the path to the target. Days stand as far apart as they are.
  const year = (content) => {
    const options = frame();
    const words = content.words ?? {};
    const days = content.labels.map(dayNumber);
    const line = (label, values, colour, more = {}) => ({
      label,
      data: (values ?? []).map((value, index) => ({ x: days[index], y: value == null ? null : Number(value) })),
      borderColor: colour,
      backgroundColor: colour,
      borderWidth: 2.5,
      pointRadius: 0,
      pointHitRadius: 12,
      tension: 0,
      spanGaps: false,
      ...more,
    });
    const sets = [line(words.actual ?? "Actual", content.actual, token("--chart-measure"))];
    if (content.projected) {
      sets.push(
        line(words.projected ?? "Projected", content.projected, token("--chart-projection"), { borderDash: [6, 4] }),
      );
    }
    if (content.path) {
      sets.push(line(words.path ?? "Path to target", content.path, token("--line-strong"), { borderWidth: 1.5, borderDash: [2, 3] }));
    }
    const annotations = {};
    if (content.target != null) {
      annotations.target = {
        type: "line",
        yMin: Number(content.target),
        yMax: Number(content.target),
        borderColor: token("--chart-target"),
        borderWidth: 1.5,
        label: {
          display: true,
          content: `${words.target ?? "Target"} ${compact(Number(content.target))}`,
          position: "start",
          backgroundColor: token("--surface"),
          color: token("--ink"),
          padding: { x: 6, y: 2 },
          font: { size: 11, weight: 600 },
        },
      };
    }
    return {
      type: "line",
      data: { datasets: sets },
      options: {
        ...options,
        interaction: { mode: "index", intersect: false },
        scales: {
          x: {
            type: "linear",
            min: content.from ? dayNumber(content.from) : days[0],
            max: days[days.length - 1],
            grid: { display: false },
            afterBuildTicks: (axis) => {
              axis.ticks = months(axis.min, axis.max);
            },
            ticks: { maxRotation: 0, autoSkipPadding: 12, callback: (value) => dayWritten(value, { month: "short" }) },
          },
          y: {
            beginAtZero: content.fromZero !== false,
            suggestedMax: content.target == null ? undefined : Number(content.target) * 1.05,
            min: content.min,
            max: content.max,
            border: { display: false },
            ticks: { maxTicksLimit: 6, callback: compact },
          },
        },
        plugins: {
          ...options.plugins,
          legend: { display: sets.length > 1, align: "start", labels: { boxWidth: 24, boxHeight: 0, color: token("--ink") } },
          annotation: { annotations },
          tooltip: {
            ...options.plugins.tooltip,
            filter: (item) => item.raw.y !== null,
            callbacks: {
              title: (items) => (items.length ? dayWritten(items[0].parsed.x, { dateStyle: "medium" }) : ""),
              label: (item) => `${item.dataset.label}: ${written(item.raw.y, content.unit)}`,
            },
          },
        },
      },
    };
  };

  // Offices as one map: a row a region, a cell an office, coloured by band and lettered, so that colour is never alone.
  const heat = (content) => {
    const options = frame();
    const across = Math.max(...content.cells.map((cell) => cell.x)) + 1;
    const down = content.rows.length;
    const colour = (cell) => token(cell.band ? `--band-${cell.band}` : "--band-none");
    return {
      type: "matrix",
      data: {
        datasets: [
          {
            data: content.cells.map((cell) => ({ ...cell, y: content.rows[cell.y] })),
            backgroundColor: (point) => colour(point.raw ?? {}),
            borderColor: token("--surface"),
            borderWidth: 1,
            borderRadius: 3,
            width: ({ chart }) => (chart.chartArea?.width ?? 0) / across - 2,
            height: ({ chart }) => (chart.chartArea?.height ?? 0) / down - 2,
          },
        ],
      },
      plugins: [
        {
          id: "letters",
          afterDatasetsDraw: (chart) => {
            const { ctx } = chart;
            ctx.save();
            ctx.textAlign = "center";
            ctx.textBaseline = "middle";
            ctx.fillStyle = token("--on-band");
            chart.getDatasetMeta(0).data.forEach((cell, index) => {
              const { code, band } = content.cells[index];
              const { x, y } = cell.getCenterPoint();
              const room = cell.width > 40 && cell.height > 24;
              ctx.font = `600 ${room ? 11 : 10}px ${Chart.defaults.font.family}`;
              const text = room ? `${code} ${band ?? "–"}` : (band ?? "–");
              ctx.fillText(text, x, y, cell.width - 2);
            });
            ctx.restore();
          },
        },
      ],
      options: {
        ...options,
        onClick: (event, found) => {
          const link = found.length ? content.cells[found[0].index].link : null;
          if (link) {
            location.assign(link);
          }
        },
        onHover: (event, found) => {
          event.native.target.style.cursor = found.length ? "pointer" : "";
        },
        scales: {
          x: { display: false, min: -0.5, max: across - 0.5, offset: false },
          y: {
            type: "category",
            labels: content.rows,
            reverse: false, // the matrix chart turns it round by itself
            offset: true,
            grid: { display: false },
            border: { display: false },
            ticks: {
              autoSkip: false,
              color: token("--ink"),
              callback(value) {
                const label = this.getLabelForValue(value);
                return this.chart.width < 520 && label.length > 10 ? `${label.slice(0, 9)}…` : label;
              },
            },
          },
        },
        plugins: {
          ...options.plugins,
          tooltip: {
            ...options.plugins.tooltip,
            callbacks: {
              title: (items) => items[0].raw.name ?? items[0].raw.code,
              label: (item) => `${written(item.raw.value)} (${item.raw.band ?? "–"})`,
            },
          },
        },
      },
    };
  };

  // Plain bars side by side: people of an office, shares of grades.
  const bars = (content) => {
    const options = frame();
    return {
      type: "bar",
      data: {
        labels: content.labels,
        datasets: [
          {
            label: content.title ?? "",
            data: content.values.map((value) => (value == null ? null : Number(value))),
            backgroundColor: content.bands
              ? content.bands.map((band) => token(band ? `--band-${band}` : "--band-none"))
              : token("--chart-measure"),
            borderRadius: 3,
            maxBarThickness: 28,
          },
        ],
      },
      options: {
        ...options,
        indexAxis: content.lying ? "y" : "x",
        scales: {
          x: { grid: { display: Boolean(content.lying) }, ticks: { maxRotation: 0, autoSkipPadding: 12 } },
          y: { beginAtZero: true, grid: { display: !content.lying }, border: { display: false } },
        },
        plugins: {
          ...options.plugins,
          tooltip: {
            ...options.plugins.tooltip,
            callbacks: {
              label: (item) => {
                const band = content.bands?.[item.dataIndex];
                return written(item.raw, content.unit) + (band ? ` (${band})` : "");
              },
            },
          },
        },
      },
    };
  };

  const KINDS = { bullet, year, heat, bars };

  const contentOf = (figure) => JSON.parse(figure.querySelector('script[type="application/json"]').textContent);

  const draw = (figure) => {
    drawn.get(figure)?.destroy();
    const make = KINDS[figure.dataset.chart];
    const canvas = figure.querySelector("canvas");
    if (make && canvas) {
      drawn.set(figure, new Chart(canvas, make(contentOf(figure))));
    }
  };

  const drawAll = () => document.querySelectorAll("figure[data-chart]").forEach(draw);

  // What is far down the page is drawn when it comes near: a scorecard has a bullet for each KPI.
  const drawWhenNear = () => {
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
    document.querySelectorAll("figure[data-chart]").forEach((figure) => near.observe(figure));
  };

  globalThis.kopesCharts = {
    draw,
    drawAll,
    // A part of the page was put in anew: charts that went with the old one are given up, the new ones are drawn as they stand.
    adopt(part) {
      for (const [figure, chart] of drawn) {
        if (!figure.isConnected) {
          chart.destroy();
          drawn.delete(figure);
        }
      }
      Chart.defaults.animation = false;
      part.querySelectorAll("figure[data-chart]").forEach(draw);
    },
    update(figure, content) {
      figure.querySelector('script[type="application/json"]').textContent = JSON.stringify(content);
      draw(figure);
    },
  };

  document.addEventListener("kopes:theme", () => [...drawn.keys()].forEach(draw));
  addEventListener("beforeprint", drawAll);
  drawWhenNear();
})();
