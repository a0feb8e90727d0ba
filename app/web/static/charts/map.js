// Offices on a map of the world: a dot each, lettered with its band. Dots that would lie on each other are pushed apart, as little as it takes.
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
    pushApart(chart.getDatasetMeta(0).data, chart.data.datasets[0].pointRadius, chart.chartArea);
  },
};

const pushApart = (dots, radius, area) => {
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
      dot.x = Math.min(Math.max(dot.x, area.left + radius), area.right - radius);
      dot.y = Math.min(Math.max(dot.y, area.top + radius), area.bottom - radius);
    });
    if (!moved) {
      break;
    }
  }
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
    plugins: [zoomed, letters],
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
