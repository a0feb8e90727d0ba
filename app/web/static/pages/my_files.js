// While something is being made the list is asked for again, so that progress moves by itself; what somebody is about to press stays as it is.

(() => {
  "use strict";

  const LOOK_MS = 1500;
  const box = document.querySelector("[data-files]");
  const said = document.querySelector("[data-files-said]");
  const waiting = () => Number(box.querySelector("[data-waiting]")?.dataset.waiting ?? 0);
  if (!box || !waiting()) {
    return;
  }

  const look = async () => {
    if (document.hidden) {
      setTimeout(look, LOOK_MS);
      return;
    }
    const before = waiting();
    try {
      const answer = await fetch(box.dataset.files, { headers: { Accept: "text/html" }, redirect: "manual" });
      if (!answer.ok) {
        return;
      }
      const text = await answer.text();
      if (!box.contains(document.activeElement) || !box.querySelector("form[data-sent]")) {
        const focused = box.contains(document.activeElement) ? [...box.querySelectorAll("button, summary")].indexOf(document.activeElement) : -1;
        box.innerHTML = text;
        box.querySelectorAll("button, summary")[focused]?.focus();
      }
    } catch {
      // The server is away for a moment: it is asked again.
    }
    if (waiting() < before) {
      said.textContent = said.dataset.words;
    }
    if (waiting()) {
      setTimeout(look, LOOK_MS);
    }
  };
  setTimeout(look, LOOK_MS);
})();
