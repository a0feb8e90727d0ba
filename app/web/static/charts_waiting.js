// A page whose charts stand far down waits with their script, which is longer than all others together: it is fetched once a chart comes near, or at
// the first sign that somebody uses the page (so that it is there for who goes on to print, switch or jump).

(() => {
  "use strict";

  const SIGNS = ["pointermove", "pointerdown", "wheel", "keydown", "scroll"];
  const waiting = document.querySelector("script[data-charts-waiting]");
  if (!waiting) {
    return;
  }

  const fetchThem = () => {
    near.disconnect();
    for (const sign of SIGNS) {
      removeEventListener(sign, fetchThem);
    }
    const { src, integrity } = waiting.dataset;
    // Paper has the tables in their stead as long as it is not there.
    const script = Object.assign(document.createElement("script"), { src, integrity, onload: () => waiting.remove() });
    document.body.append(script);
  };

  const near = new IntersectionObserver((entries) => entries.some(({ isIntersecting }) => isIntersecting) && fetchThem(), { rootMargin: "600px" });
  document.querySelectorAll("figure[data-chart]").forEach((figure) => near.observe(figure));
  for (const sign of SIGNS) {
    addEventListener(sign, fetchThem, { passive: true });
  }
})();
