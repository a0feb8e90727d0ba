// What every page does with script: menus that close, forms that are sent once, the first error in view.

(() => {
  "use strict";

  // The faces of other letters than Latin ones, once the page stands: names of people and companies may be in them.
  const { faces } = document.body.dataset;
  if (faces) {
    addEventListener("load", () => document.head.append(Object.assign(document.createElement("link"), { rel: "stylesheet", href: faces })));
  }

  const menus = () => document.querySelectorAll("details[data-menu][open]");

  document.addEventListener("click", (event) => {
    for (const menu of menus()) {
      if (!menu.contains(event.target)) {
        menu.open = false;
      }
    }
  });

  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") {
      return;
    }
    for (const menu of menus()) {
      menu.open = false;
      menu.querySelector("summary").focus();
    }
  });

  // A second click on a slow line would send the form twice; the server would refuse it, but nobody should meet that.
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (form.method !== "post" || event.defaultPrevented) {
      return;
    }
    if (form.dataset.sent) {
      event.preventDefault();
      return;
    }
    form.dataset.sent = "yes";
    if ("download" in form.dataset) {
      awaitFile(form);
    } else {
      sayWaits(event.submitter);
      setTimeout(() => delete form.dataset.sent, 8000);
    }
  });

  // What is worked out before the next page comes takes seconds: the button says so until then, and is itself again when one comes back.
  const sayWaits = (button) => {
    if (!button?.dataset.waits) {
      return;
    }
    const words = button.textContent;
    const again = () => {
      button.textContent = words;
      button.removeAttribute("aria-busy");
    };
    button.textContent = button.dataset.waits;
    button.setAttribute("aria-busy", "true");
    addEventListener("pagehide", again, { once: true });
    setTimeout(again, 60_000);
  };

  // A page that a file was asked for on stays as it is, without an event when the file comes: the answer sets a cookie to the form's own mark.
  const awaitFile = (form) => {
    const button = form.querySelector("button[type=submit]");
    const words = button.textContent;
    const mark = form.querySelector('input[name="sent_mark"]') ?? document.createElement("input");
    mark.type = "hidden";
    mark.name = "sent_mark";
    mark.value = Math.random().toString(36).slice(2, 14);
    form.append(mark);
    button.textContent = button.dataset.waits;
    button.setAttribute("aria-busy", "true");
    const until = Date.now() + 180_000;
    const look = setInterval(() => {
      if (Date.now() < until && !document.cookie.split("; ").includes(`kopes_downloaded=${mark.value}`)) {
        return;
      }
      clearInterval(look);
      button.textContent = words;
      button.removeAttribute("aria-busy");
      delete form.dataset.sent;
    }, 150);
  };

  // The browser refuses a field in its own language; the page's reader may read another. Its words stand in the page.
  const refusals = document.getElementById("refusals")?.dataset;
  const isOneOf = (control) => control instanceof HTMLSelectElement || ["radio", "checkbox"].includes(control.type);
  const said = (control, bound) =>
    control.type === "date" ? new Intl.DateTimeFormat(document.body.dataset.dates, { dateStyle: "long", timeZone: "UTC" }).format(new Date(bound)) : bound;
  const refusal = (control) => {
    const is = control.validity;
    if (is.valueMissing) {
      return isOneOf(control) ? refusals.choose : refusals.missing;
    }
    if (is.badInput) {
      return control.type === "date" ? refusals.day : refusals.wrong;
    }
    if (is.typeMismatch && control.type === "email") {
      return refusals.email;
    }
    if (is.rangeUnderflow) {
      return refusals.from.replace("LEAST", said(control, control.min));
    }
    if (is.rangeOverflow) {
      return refusals.until.replace("MOST", said(control, control.max));
    }
    return is.tooLong ? refusals.long.replace("MOST", control.maxLength) : refusals.wrong;
  };

  document.addEventListener(
    "invalid",
    (event) => {
      event.target.setCustomValidity("");
      if (!event.target.validity.valid) {
        event.target.setCustomValidity(refusal(event.target));
      }
    },
    true,
  );
  // What was refused is looked at anew as soon as anything of its form changes or it is sent again: a field may have been filled by script.
  const lookAnew = (event) => {
    for (const control of event.target.form?.elements ?? []) {
      control.setCustomValidity?.("");
    }
  };
  for (const kind of ["input", "change", "click"]) {
    document.addEventListener(kind, lookAnew, true);
  }
  document.addEventListener("keydown", (event) => event.key === "Enter" && lookAnew(event), true);

  // Changing the language draws the page anew: what is typed goes along, and stands in the new page.
  document.addEventListener("submit", (event) => {
    const along = event.target.querySelector('input[name="typed"]');
    const form = [...document.querySelectorAll("main form[method=post]")].find((one) => [...one.elements].some(isTyped));
    if (!along || event.submitter?.name === "theme" || event.defaultPrevented || !form) {
      return;
    }
    const values = {};
    for (const [name, value] of new FormData(form)) {
      if (typeof value === "string" && form.elements[name]?.type !== "password") {
        (values[name] ??= []).push(value);
      }
    }
    along.value = JSON.stringify(values);
  });

  const isTyped = (element) => {
    if (element instanceof HTMLSelectElement) {
      return [...element.options].some((option) => option.selected !== option.defaultSelected);
    }
    if (element.type === "checkbox" || element.type === "radio") {
      return element.checked !== element.defaultChecked;
    }
    return element.type !== "hidden" && element.type !== "password" && "defaultValue" in element && element.value !== element.defaultValue;
  };

  addEventListener("pageshow", () => {
    for (const form of document.forms) {
      delete form.dataset.sent;
    }
  });

  const wrong = document.querySelector("[data-first-error], [data-focus]");
  if (wrong) {
    wrong.focus();
  }

  // With the frame in which the page is laid out anyway.
  requestAnimationFrame(() => {
    for (const current of document.querySelectorAll('.navigation [aria-current="page"]')) {
      current.scrollIntoView({ block: "nearest", inline: "center" });
    }
  });

  for (const select of document.querySelectorAll("select[data-sends]")) {
    select.addEventListener("change", () => select.form.requestSubmit());
  }

  const offerCopies = () => {
    for (const button of document.querySelectorAll("button[data-copies]")) {
      button.hidden = !navigator.clipboard;
    }
  };
  offerCopies();
  document.addEventListener("kopes:drawn", offerCopies);
  document.addEventListener("click", async (event) => {
    const button = event.target.closest?.("button[data-copies]");
    if (button) {
      await navigator.clipboard.writeText(document.getElementById(button.dataset.copies).textContent);
      button.textContent = button.dataset.copied;
    }
  });
})();
