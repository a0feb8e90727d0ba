// Trying actuals: a slider beside each field, and the scores that they come to while one moves it, computed by the server and never recorded.
//
// A newcomer's usual mistake is to compute a score here. The form is asked as it would be without script, and of the answer only the places
// that change are put into the page: a field that somebody is typing in is left alone.

(() => {
  "use strict";

  const form = document.querySelector("[data-try]");
  if (!form) {
    return;
  }
  const WAIT_MS = 180;
  const language = document.documentElement.lang || "en";
  const lines = [...form.querySelectorAll("[data-line]")].map((line) => ({
    field: line.querySelector("input[type=text]"),
    slide: line.querySelector("input[type=range]"),
  }));

  const write = (number, places) =>
    new Intl.NumberFormat(language, { maximumFractionDigits: places }).format(number).replace("−", "-");

  const show = (html) => {
    const answer = document.createElement("template");
    answer.innerHTML = html;
    for (const part of answer.content.querySelectorAll("[data-tried]")) {
      const place = form.querySelector(`[data-tried="${CSS.escape(part.dataset.tried)}"]`);
      if (place && place.innerHTML !== part.innerHTML) {
        place.innerHTML = part.innerHTML;
      }
    }
    for (const { field } of lines) {
      const wrong = answer.content.querySelector(`#${CSS.escape(field.id)}`)?.hasAttribute("aria-invalid");
      field.toggleAttribute("aria-invalid", Boolean(wrong));
    }
  };

  let asking = null;
  const ask = async () => {
    asking?.abort();
    asking = new AbortController();
    const asked = new URLSearchParams(new FormData(form));
    asked.set("part", "1");
    try {
      const answer = await fetch(`${form.dataset.try}?${asked}`, { credentials: "same-origin", signal: asking.signal });
      if (answer.ok) {
        show(await answer.text());
      }
    } catch (error) {
      if (error.name !== "AbortError") {
        // Without a connection the button is there: what it brings says what is wrong.
        form.querySelector("[data-without-script]").hidden = false;
      }
    }
  };

  let waiting = 0;
  const askSoon = () => {
    clearTimeout(waiting);
    waiting = setTimeout(ask, WAIT_MS);
  };

  for (const { field, slide } of lines) {
    slide.parentElement.hidden = false;
    slide.addEventListener("input", () => {
      field.value = write(Number(slide.value), Number(slide.dataset.places));
      askSoon();
    });
    field.addEventListener("input", () => {
      const digits = globalThis.kopesNumbers?.read(field.value);
      if (digits) {
        slide.value = digits;
      }
      askSoon();
    });
  }

  form.querySelector("[data-reset]").addEventListener("click", (event) => {
    event.preventDefault();
    for (const { field, slide } of lines) {
      slide.value = slide.dataset.leads;
      field.value = field.dataset.leads;
    }
    ask();
  });

  form.querySelector("[data-without-script]").hidden = true;
})();
