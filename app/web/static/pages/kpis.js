// The links of the strategy map as lines: what each KPI contributes to. The words beside each KPI say the same; these lines only show it.

(() => {
  "use strict";

  const SVG = "http://www.w3.org/2000/svg";

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
    const boxes = new Map([...map.querySelectorAll("[data-kpi]")].map((box) => [box.dataset.kpi, box]));
    for (const [code, box] of boxes) {
      for (const above of box.dataset.above.split(" ").filter(Boolean)) {
        const other = boxes.get(above);
        if (!other) {
          continue;
        }
        const from = box.getBoundingClientRect();
        const to = other.getBoundingClientRect();
        const x1 = from.left + from.width - frame.left;
        const y1 = from.top + from.height / 2 - frame.top;
        const x2 = to.left + to.width - frame.left;
        const y2 = to.top + to.height / 2 - frame.top;
        const out = Math.max(x1, x2) + 18;
        const path = document.createElementNS(SVG, "path");
        path.setAttribute("d", `M${x1} ${y1}C${out} ${y1} ${out} ${y2} ${x2} ${y2}`);
        path.dataset.from = code;
        path.dataset.to = above;
        lines.append(path);
      }
    }
    map.append(lines);
  };

  const mean = (code) => {
    for (const path of document.querySelectorAll(".strategy-lines path")) {
      path.classList.toggle("strategy-meant", path.dataset.from === code || path.dataset.to === code);
    }
    const near = new Set([code]);
    for (const path of document.querySelectorAll(".strategy-lines path.strategy-meant")) {
      near.add(path.dataset.from);
      near.add(path.dataset.to);
    }
    for (const box of document.querySelectorAll("[data-kpi]")) {
      box.classList.toggle("strategy-meant", Boolean(code) && near.has(box.dataset.kpi));
    }
  };

  for (const kind of ["focusin", "pointerover"]) {
    document.addEventListener(kind, (event) => mean(event.target.closest?.("[data-kpi]")?.dataset.kpi ?? ""));
  }
  addEventListener("resize", draw);
  document.addEventListener("kopes:drawn", draw);
  addEventListener("load", draw);
})();
