// A search form that narrows its list while one types or chooses: the same address is fetched that the button would lead to, and what is
// marked `data-narrowed` is put in place of what stands. The form itself stays, with the focus and the caret in it.
//
// A form that is posted says by `data-address` where it is looked at; of so much that an address does not hold it, it is posted here too.
//
// Never sends what an input method is still composing; an answer that a later one has passed is dropped. Without script the button stands.

(() => {
  "use strict";

  const PAUSE_MS = 350;
  const ADDRESS_MOST = 6000;
  const OF_FORM_ALONE = new Set(["csrf_token", "typed_by"]);
  const SELECTOR = "form[data-narrows]";
  const names = new Set();
  const pauses = new WeakMap();
  const composing = new WeakSet();
  let latest = null;

  for (const one of document.querySelectorAll("[data-narrowed]")) {
    names.add(one.dataset.narrowed);
  }
  for (const form of document.querySelectorAll(SELECTOR)) {
    for (const button of form.querySelectorAll("[data-without-script]")) {
      button.hidden = true;
    }
  }

  const addressOf = (form) => {
    const address = new URL(form.dataset.address ?? form.action, location.href);
    // What is left empty narrows nothing, and an address to share is the shorter for it.
    address.search = new URLSearchParams([...new FormData(form)].filter(([name, value]) => value !== "" && !OF_FORM_ALONE.has(name)));
    return address;
  };

  const isLong = (form, address) => form.method === "post" && address.href.length > ADDRESS_MOST;

  const said = (form) => form.querySelector("[data-narrows-said]");
  const regions = (root, name) => root.querySelector(`[data-narrowed="${CSS.escape(name)}"]`);

  const busy = (is) => {
    for (const region of document.querySelectorAll("[data-narrowed]")) {
      is ? region.setAttribute("aria-busy", "true") : region.removeAttribute("aria-busy");
    }
  };

  // The errors of fields, which stand in the form and not in what is put in place.
  const showErrors = (form, drawn) => {
    for (const field of form.querySelectorAll(".field")) {
      const control = field.querySelector("[name]");
      const other = control && drawn?.querySelector(`[name="${CSS.escape(control.name)}"]`);
      if (!other) {
        continue;
      }
      for (const error of field.querySelectorAll(".error")) {
        error.remove();
      }
      control.before(...other.closest(".field").querySelectorAll(".error"));
      field.classList.toggle("field-wrong", other.getAttribute("aria-invalid") === "true");
      for (const name of ["aria-invalid", "aria-describedby"]) {
        other.hasAttribute(name) ? control.setAttribute(name, other.getAttribute(name)) : control.removeAttribute(name);
      }
    }
  };

  // What there is to choose from hangs on what was chosen: another cycle has other groups. A field that the form has no more goes, one that it has now comes.
  const takeChoices = (form, drawn) => {
    const listed = (of) => [...of.querySelectorAll("select[name]")];
    const named = (of, name) => listed(of).find((one) => one.name === name);
    for (const mine of listed(form)) {
      const theirs = named(drawn, mine.name);
      if (!theirs) {
        mine.closest(".field").remove();
      } else if (mine !== document.activeElement && mine.innerHTML !== theirs.innerHTML) {
        mine.replaceChildren(...[...theirs.childNodes].map((one) => document.importNode(one, true)));
        mine.value = theirs.value;
      }
    }
    for (const [at, theirs] of listed(drawn).entries()) {
      if (!named(form, theirs.name)) {
        const before = listed(form)[at];
        const field = document.importNode(theirs.closest(".field"), true);
        before ? before.closest(".field").before(field) : listed(form).at(-1)?.closest(".field").after(field);
      }
    }
  };

  const put = (form, drawn, address) => {
    const at = document.activeElement;
    for (const name of names) {
      const [here, there] = [regions(document, name), regions(drawn, name)];
      if (!here || !there || here.contains(form)) {
        continue;
      }
      const hadFocus = here.contains(at);
      here.replaceWith(there);
      if (hadFocus) {
        const again = [...there.querySelectorAll("a[href]")].find((one) => one.getAttribute("href") === at.getAttribute("href"));
        (at.id && document.getElementById(at.id) || again || there.querySelector("a[href], button, [tabindex]"))?.focus({ preventScroll: true });
      }
    }
    const formDrawn = drawn.querySelector(`${SELECTOR}[data-narrows="${CSS.escape(form.dataset.narrows)}"]`);
    showErrors(form, formDrawn);
    if (formDrawn && form.method === "get") {
      takeChoices(form, formDrawn);
    }
    for (const back of document.querySelectorAll('.header input[name="next"]')) {
      back.value = address.pathname + address.search;
    }
    document.title = drawn.title;
    document.dispatchEvent(new Event("kopes:drawn"));
    history.replaceState(history.state, "", address.pathname + address.search + location.hash);
    const count = regions(document, form.dataset.narrows)?.querySelector("[data-rows-said], .pagination > span, .empty h2");
    said(form).textContent = document.querySelector(".notice-bad") ? "" : (count?.textContent.replace(/\s+/g, " ").trim() ?? "");
  };

  const narrow = async (form) => {
    clearTimeout(pauses.get(form));
    latest?.abort();
    const mine = new AbortController();
    latest = mine;
    const address = addressOf(form);
    busy(true);
    const long = isLong(form, address);
    const answer = await (long
      ? answerTo(form.action, mine.signal, { method: "POST", body: new URLSearchParams([...new FormData(form)]) })
      : answerTo(address, mine.signal));
    if (latest !== mine || mine.signal.aborted) {
      return;
    }
    latest = null;
    busy(false);
    if (answer === null) {
      said(form).classList.remove("unseen");
      said(form).textContent = said(form).dataset.lost;
      return;
    }
    const drawn = new DOMParser().parseFromString(answer.text, "text/html");
    if (answer.redirected || !regions(drawn, form.dataset.narrows)) {
      long ? form.submit() : location.assign(address);
      return;
    }
    put(form, drawn, long ? new URL(location.href) : address);
    said(form).classList.add("unseen");
  };

  // What the server says; null where none comes, or the server has no time: whatever else goes wrong is a fault of ours, and stands in the console.
  const answerTo = async (address, signal, how = {}) => {
    try {
      const answer = await fetch(address, { ...how, signal, headers: { Accept: "text/html" }, credentials: "same-origin" });
      const text = await answer.text();
      return answer.status >= 500 || answer.status === 429 ? null : { text, redirected: answer.redirected };
    } catch {
      return null;
    }
  };

  const formOf = (event) => (event.target.form?.matches(SELECTOR) ? event.target.form : null);

  const soon = (form) => {
    clearTimeout(pauses.get(form));
    const pause = setTimeout(() => {
      // A year of which only the first digits stand is a day of long ago; it is not meant.
      const begun = [...form.querySelectorAll("input[type=date]")].some((one) => one.validity.badInput || one.value.startsWith("0"));
      if (!composing.has(form) && !begun && !form.matches(":invalid")) {
        narrow(form);
      }
    }, PAUSE_MS);
    pauses.set(form, pause);
  };

  document.addEventListener("input", (event) => {
    const form = formOf(event);
    if (form && !event.isComposing) {
      event.target instanceof HTMLSelectElement ? narrow(form) : soon(form);
    }
  });

  document.addEventListener("compositionstart", (event) => {
    const form = formOf(event);
    if (form) {
      composing.add(form);
      clearTimeout(pauses.get(form));
    }
  });

  document.addEventListener("compositionend", (event) => {
    const form = formOf(event);
    if (form) {
      composing.delete(form);
      soon(form);
    }
  });

  document.addEventListener("submit", (event) => {
    if (event.target.matches(SELECTOR) && !event.defaultPrevented) {
      event.preventDefault();
      if (!composing.has(event.target)) {
        narrow(event.target);
      }
    }
  });
})();
