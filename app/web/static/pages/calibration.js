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
        sayNear();
        history.replaceState(null, "", here);
      }
    } catch (error) {
      if (error.name !== "AbortError") {
        // Without a connection the button is there: what it brings says what is wrong.
        form.querySelector("[data-without-script]").hidden = false;
      }
    }
  };

  // What is tried stands far above whom one chooses: how many have each grade, whether the rules hold, what all are paid, and whether it can be proposed go along.
  const way = form.querySelector("[data-way]");
  const sayNear = () => {
    const near = [...place.querySelectorAll(".tried-counts, [data-rules] > .state, [data-rules] > [data-pay], [data-refused] > .state")].map((one) => one.cloneNode(true));
    way.querySelector("[data-way-says]").replaceChildren(...near);
  };
  const isNarrow = matchMedia("(max-width: 43.99rem)").matches;
  let inSight = true;
  const lead = () => {
    // On a wide screen it would only lie upon the columns while what it leads to is seen.
    way.hidden = (inSight && !isNarrow) || ![...form.querySelectorAll("select")].some((field) => field.value);
  };
  new IntersectionObserver(([one]) => {
    inSight = one.isIntersecting;
    lead();
  }).observe(place);
  form.addEventListener("change", () => {
    // What was refused was said of other moves.
    for (const refused of document.querySelectorAll(".main > [data-narrowed=notices] .notice-bad")) {
      refused.remove();
    }
    lead();
    ask();
  });
  lead();
  sayNear();

  // On a phone one grade is open at a time: the one that somebody is moved from, else the first that has too many or too few.
  if (isNarrow) {
    const columns = [...form.querySelectorAll("details.grade-column")];
    const shown =
      columns.find((one) => [...one.querySelectorAll("select")].some((field) => field.value)) ??
      columns.find((one) => "off" in one.dataset) ??
      columns[0];
    for (const one of columns) {
      one.open = one === shown;
    }
    form.addEventListener(
      "toggle",
      ({ target }) => {
        if (target.open && columns.includes(target)) {
          for (const one of columns) {
            one.open = one === target;
          }
          target.scrollIntoView({ block: "start" });
        }
      },
      true,
    );
  }
  form.querySelector("[data-without-script]").hidden = true;
})();
