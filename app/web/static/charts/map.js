// Offices on a map of the world: a dot each, lettered with its band, its name beside it where there is room. Dots that would lie on each other are
// pushed apart, as little as it takes, along the land; one that had to go far says by a line where it belongs.
// Where the map is too narrow for all of them the world shows the regional headquarters instead; a region shows its offices.

import { BubbleMapController, GeoFeature, ProjectionScale, SizeScale, topojson } from "chartjs-chart-geo";
import { Chart, PointElement } from "chart.js";
import { bandOf, follow, named } from "./places.js";
import { frame, token } from "./drawing.js";

Chart.register(BubbleMapController, GeoFeature, PointElement, ProjectionScale, SizeScale);

const NARROW = 640;
const ROUNDS = 120;
const ZOOM_MAX = 7;
// So much of the picture a region's places take.
const ROOM = 0.72;
// So far from a place at the coast land is looked for.
const REACH = 60;
// The last rounds push apart alone: dots that lie on each other would be worse than one at sea.
const ROUNDS_APART = 12;
const NAME_WIDTH = 104;
const NAME_SIZE = 11;

let land = null;
let coming = null;

// Without the Antarctic, where nobody has an office.
const inhabited = (topology) => {
  const [{ geometry }] = topojson.feature(topology, topology.objects.land).features;
  const north = (polygon) => Math.max(...polygon[0].map(([, latitude]) => latitude));
  return { type: "MultiPolygon", coordinates: geometry.coordinates.filter((polygon) => north(polygon) > -60) };
};

const fetchLand = async (figure) => {
  const answer = await fetch(figure.dataset.land);
  land = inhabited(await answer.json());
  globalThis.kopesCharts.draw(figure);
};

// Where the shown places lie in the picture of the whole world says how far that is drawn out and moved to show them.
const zoomed = {
  id: "zoomed",
  afterUpdate(chart, _, { zooms }) {
    const scale = chart.scales.projection;
    if (zooms) {
      const spots = chart.data.datasets[0].data.map(({ longitude, latitude }) => scale.projection([longitude, latitude]));
      const [xs, ys] = [spots.map(([x]) => x), spots.map(([, y]) => y)];
      const [left, right, top, bottom] = [Math.min(...xs), Math.max(...xs), Math.min(...ys), Math.max(...ys)];
      const { chartArea: area } = chart;
      const zoom = Math.max(
        1,
        Math.min((ROOM * area.width) / (right - left || 1), (ROOM * area.height) / (bottom - top || 1), ZOOM_MAX),
      );
      const [atX, atY] = scale.projection.translate();
      scale.projection
        .scale(scale.projection.scale() * zoom)
        .translate([
          area.left + area.width / 2 - zoom * ((left + right) / 2 - atX),
          area.top + area.height / 2 - zoom * ((top + bottom) / 2 - atY),
        ]);
      const meta = chart.getDatasetMeta(0);
      delete meta.dataset.cache;
      meta.data.forEach((dot, at) => {
        const { longitude, latitude } = chart.data.datasets[0].data[at];
        [dot.x, dot.y] = scale.projection([longitude, latitude]);
      });
    }
    pushApart(chart.getDatasetMeta(0).data, chart.data.datasets[0].pointRadius, chart.chartArea, landIn(chart));
  },
};

// Which points of the picture are land: it is drawn once where nobody sees it. The nearest land of a point is a point; the point itself where there is none.
const landIn = (chart) => {
  const [width, height] = [Math.ceil(chart.width), Math.ceil(chart.height)];
  const canvas = document.createElement("canvas");
  Object.assign(canvas, { width, height });
  const pen = canvas.getContext("2d", { willReadFrequently: true });
  const path = chart.scales.projection.geoPath;
  pen.beginPath();
  path.context(pen)(land);
  pen.fill();
  path.context(null);
  const { data } = pen.getImageData(0, 0, width, height);
  const isLand = (x, y) => x >= 0 && y >= 0 && x < width && y < height && data[4 * (Math.floor(y) * width + Math.floor(x)) + 3] > 127;
  const nearest = (x, y) => {
    for (let away = 0; away <= REACH; away += 2) {
      for (let turn = 0; turn < 24; turn += 1) {
        const [atX, atY] = [x + away * Math.cos((turn * Math.PI) / 12), y + away * Math.sin((turn * Math.PI) / 12)];
        if (isLand(atX, atY)) {
          return [atX, atY];
        }
      }
    }
    return [x, y];
  };
  return { isLand, nearest };
};

const pushApart = (dots, radius, area, { isLand, nearest }) => {
  for (const dot of dots) {
    dot.place = [dot.x, dot.y];
    [dot.x, dot.y] = nearest(dot.x, dot.y);
  }
  const home = dots.map(({ x, y }) => [x, y]);
  const least = 2 * radius + 2;
  for (let round = 0; round < ROUNDS; round += 1) {
    let moved = false;
    dots.forEach((one, at) => {
      dots.slice(at + 1).forEach((other, after) => {
        // Those on one spot go apart by their places in the list, each time alike.
        const dx = other.x - one.x || Math.cos(at + after);
        const dy = other.y - one.y || Math.sin(at + after);
        const away = Math.hypot(dx, dy);
        if (away < least) {
          const push = (least - away) / 2 / away;
          one.x -= dx * push;
          one.y -= dy * push;
          other.x += dx * push;
          other.y += dy * push;
          moved = true;
        }
      });
    });
    dots.forEach((dot, at) => {
      if (round < ROUNDS / 2) {
        dot.x += (home[at][0] - dot.x) * 0.05;
        dot.y += (home[at][1] - dot.y) * 0.05;
      }
      if (round < ROUNDS - ROUNDS_APART && !isLand(dot.x, dot.y)) {
        // Back to its own coast, and by that the others inland; the nearest land may be another country's.
        dot.x += (home[at][0] - dot.x) * 0.3;
        dot.y += (home[at][1] - dot.y) * 0.3;
        moved = true;
      }
      dot.x = Math.min(Math.max(dot.x, area.left + radius), area.right - radius);
      dot.y = Math.min(Math.max(dot.y, area.top + radius), area.bottom - radius);
    });
    if (!moved) {
      break;
    }
  }
  for (const dot of dots) {
    dot.isAdrift = Math.hypot(dot.x - dot.place[0], dot.y - dot.place[1]) > 1.5 * radius;
  }
};

// A dot that had to go far says by a line where it belongs.
const lines = {
  id: "lines",
  beforeDatasetDraw(chart) {
    const { ctx } = chart;
    ctx.save();
    ctx.strokeStyle = token("--ink-soft");
    ctx.fillStyle = token("--ink-soft");
    for (const { x, y, place, isAdrift } of chart.getDatasetMeta(0).data) {
      if (isAdrift) {
        ctx.beginPath();
        ctx.moveTo(...place);
        ctx.lineTo(x, y);
        ctx.stroke();
        ctx.beginPath();
        ctx.arc(...place, 2, 0, 2 * Math.PI);
        ctx.fill();
      }
    }
    ctx.restore();
  },
};

const meets = (one, other) =>
  one.x < other.x + other.width && other.x < one.x + one.width && one.y < other.y + other.height && other.y < one.y + one.height;

// A long name takes several lines.
const linesOf = (ctx, name) => {
  const wrapped = [];
  for (const word of name.split(" ")) {
    const longer = wrapped.length ? `${wrapped.at(-1)} ${word}` : word;
    if (wrapped.length && ctx.measureText(longer).width <= NAME_WIDTH) {
      wrapped[wrapped.length - 1] = longer;
    } else {
      wrapped.push(word);
    }
  }
  return wrapped;
};

// Names at rest: those of the largest places first, each on that side of its dot where it hides no dot and no other name; where there is none, none.
const names = {
  id: "names",
  afterDatasetsDraw(chart) {
    const { ctx, chartArea: area } = chart;
    const [{ data, pointRadius: radius }] = chart.data.datasets;
    const dots = chart.getDatasetMeta(0).data;
    const taken = dots.map(({ x, y }) => ({ x: x - radius, y: y - radius, width: 2 * radius, height: 2 * radius }));
    const order = [...data.keys()].sort((one, other) => (data[other].people ?? 0) - (data[one].people ?? 0));
    chart.kopesNames = [];
    ctx.save();
    ctx.font = `${NAME_SIZE}px ${Chart.defaults.font.family}`;
    ctx.textBaseline = "top";
    ctx.lineJoin = "round";
    ctx.lineWidth = 3;
    for (const at of order) {
      const wrapped = linesOf(ctx, data[at].name);
      const [width, height] = [Math.max(...wrapped.map((line) => ctx.measureText(line).width)), wrapped.length * (NAME_SIZE + 2)];
      const { x, y } = dots[at];
      const box = [
        { x: x + radius + 3, y: y - height / 2 },
        { x: x - radius - 3 - width, y: y - height / 2 },
        { x: x - width / 2, y: y + radius + 2 },
        { x: x - width / 2, y: y - radius - 2 - height },
      ]
        .map((corner) => ({ ...corner, width, height }))
        .find(
          (one) =>
            one.x >= area.left && one.y >= area.top && one.x + width <= area.right && one.y + height <= area.bottom && !taken.some((other) => meets(one, other)),
        );
      if (box) {
        taken.push(box);
        chart.kopesNames.push({ code: data[at].code, ...box });
        wrapped.forEach((line, down) => {
          ctx.strokeStyle = token("--surface");
          ctx.strokeText(line, box.x, box.y + down * (NAME_SIZE + 2));
          ctx.fillStyle = token("--ink");
          ctx.fillText(line, box.x, box.y + down * (NAME_SIZE + 2));
        });
      }
    }
    ctx.restore();
  },
};

const letters = {
  id: "letters",
  afterDatasetsDraw(chart) {
    const { ctx } = chart;
    const [{ data, pointRadius }] = chart.data.datasets;
    ctx.save();
    ctx.textAlign = "center";
    ctx.textBaseline = "middle";
    ctx.fillStyle = token("--on-band");
    ctx.font = `700 ${Math.round(pointRadius * 1.3)}px ${Chart.defaults.font.family}`;
    chart.getDatasetMeta(0).data.forEach(({ x, y }, at) => ctx.fillText(data[at].band ?? "–", x, y + 0.5));
    ctx.restore();
  },
};

export const map = (content, figure) => {
  if (!land) {
    coming ??= fetchLand(figure);
    return null;
  }
  const options = frame();
  const { region } = figure.parentElement.dataset;
  const narrow = figure.clientWidth < NARROW;
  const all = narrow && !region ? content.regions : content.offices.filter((one) => !region || one.region === region);
  const shown = all.filter(({ longitude }) => longitude !== null);
  return {
    type: "bubbleMap",
    data: {
      labels: shown.map(({ name }) => name),
      datasets: [
        {
          outline: land,
          showOutline: true,
          outlineBackgroundColor: token("--chart-grid"),
          outlineBorderColor: token("--line-strong"),
          outlineBorderWidth: 0.5,
          data: shown.map((one) => ({ ...one, value: 1 })),
          pointRadius: narrow && region ? 9 : region || narrow ? 11 : 8,
          backgroundColor: shown.map(bandOf),
          borderColor: token("--surface"),
          borderWidth: 1,
          hoverBackgroundColor: shown.map(bandOf),
        },
      ],
    },
    plugins: [zoomed, lines, letters, names],
    options: {
      ...options,
      ...follow(shown),
      animation: false,
      scales: {
        projection: { axis: "x", projection: "equalEarth" },
        size: { axis: "x", display: false, range: [1, 1] },
      },
      plugins: {
        ...options.plugins,
        zoomed: { zooms: Boolean(region) },
        tooltip: { ...options.plugins.tooltip, callbacks: named(shown, content) },
      },
    },
  };
};
