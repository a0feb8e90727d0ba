// The links of the strategy map as lines: what each KPI contributes to. The words beside each KPI say the same; these lines only show it.

(() => {
  "use strict";

  const SVG = "http://www.w3.org/2000/svg";

  // Goals are joined on their left, KPIs on their right: the two kinds of line do not cross.
  const path = (frame, from, to, { kind, side, code, above }) => {
    const way = side === "left" ? -1 : 1;
    const x1 = from[side] - frame.left;
    const x2 = to[side] - frame.left;
    const y1 = from.top + Math.min(from.height / 2, 60) - frame.top;
    const y2 = to.top + Math.min(to.height / 2, 60) - frame.top;
    const out = way > 0 ? Math.max(x1, x2) + 18 : Math.min(x1, x2) - 18;
    const line = document.createElementNS(SVG, "path");
    line.setAttribute("d", `M${x1} ${y1}C${out} ${y1} ${out} ${y2} ${x2} ${y2}`);
    line.setAttribute("class", kind === "goal" ? "strategy-of-goals" : "");
    line.dataset.from = `${kind}:${code}`;
    line.dataset.to = `${kind}:${above}`;
    return line;
  };

  const draw = () => {
    const map = document.querySelector("[data-strategy-map]");
    if (!map) {
      return;
    }
    map.querySelector(".strategy-lines")?.remove();
    const lines = document.createElementNS(SVG, "svg");
    lines.setAttribute("class", "strategy-lines");
    lines.setAttribute("aria-hidden", "true");
    const frame = map.getBoundingClientRect();
    for (const [kind, side] of [["goal", "left"], ["kpi", "right"]]) {
      const boxes = new Map([...map.querySelectorAll(`[data-${kind}]`)].map((box) => [box.dataset[kind], box]));
      for (const [code, box] of boxes) {
        for (const above of box.dataset.above.split(" ").filter(Boolean)) {
          const other = boxes.get(above);
          if (other) {
            lines.append(path(frame, box.getBoundingClientRect(), other.getBoundingClientRect(), { kind, side, code, above }));
          }
        }
      }
    }
    map.append(lines);
  };

  const BOXES = "[data-kpi], [data-goal]";
  const keyOf = (box) => (box ? (box.dataset.kpi ? `kpi:${box.dataset.kpi}` : `goal:${box.dataset.goal}`) : "");

  // What is pointed at, or has the focus, stands out with all that it is joined to.
  const mean = (key) => {
    const near = new Set([key]);
    for (const line of document.querySelectorAll(".strategy-lines path")) {
      const isMeant = line.dataset.from === key || line.dataset.to === key;
      line.classList.toggle("strategy-meant", isMeant);
      if (isMeant) {
        near.add(line.dataset.from);
        near.add(line.dataset.to);
      }
    }
    for (const box of document.querySelectorAll(BOXES)) {
      box.classList.toggle("strategy-meant", Boolean(key) && near.has(keyOf(box)));
    }
  };

  for (const kind of ["focusin", "pointerover"]) {
    document.addEventListener(kind, (event) => mean(keyOf(event.target.closest?.(BOXES))));
  }
  addEventListener("resize", draw);
  document.addEventListener("kopes:drawn", draw);
  addEventListener("load", draw);
})();
