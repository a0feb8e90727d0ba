// What moves would do, while one chooses: the page is asked as it would be without script, and of the answer the part that says so is shown.
//
// A newcomer's usual mistake is to count grades here. What somebody has typed as a reason stays with the person whom it is about.

(() => {
  "use strict";

  const form = document.querySelector("[data-moves]");
  const place = document.querySelector("[data-tried]");
  if (!form || !place) {
    return;
  }

  const kept = new Map();
  const remember = () => {
    for (const field of place.querySelectorAll("textarea")) {
      kept.set(field.dataset.keep || field.name, field.value);
    }
  };
  const giveBack = () => {
    for (const field of place.querySelectorAll("textarea")) {
      field.value = kept.get(field.dataset.keep || field.name) || field.value;
    }
  };

  let asking = null;
  const ask = async () => {
    asking?.abort();
    asking = new AbortController();
    const asked = new URLSearchParams([...new FormData(form)].filter(([, value]) => value));
    const here = `${form.action.split("#")[0]}?${asked}`;
    asked.set("part", "1");
    try {
      const answer = await fetch(`${form.action.split("#")[0]}?${asked}`, {
        credentials: "same-origin",
        signal: asking.signal,
      });
      if (answer.ok) {
        remember();
        place.innerHTML = await answer.text();
        giveBack();
        history.replaceState(null, "", here);
      }
    } catch (error) {
      if (error.name !== "AbortError") {
        // Without a connection the button is there: what it brings says what is wrong.
        form.querySelector("[data-without-script]").hidden = false;
      }
    }
  };

  // On a phone what is tried stands far above whom one chooses.
  const way = form.querySelector("[data-way]");
  const lead = () => {
    way.hidden = ![...form.querySelectorAll("select")].some((field) => field.value);
  };
  form.addEventListener("change", () => {
    lead();
    ask();
  });
  lead();
  form.querySelector("[data-without-script]").hidden = true;
})();
