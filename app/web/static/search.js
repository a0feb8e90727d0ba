// The field in the header: results are offered below it while one types.
//
// The caret stays in the field: it points to the option that the arrows have reached (the combobox pattern of ARIA), and options are links.

(() => {
  "use strict";

  const WAIT_MS = 120;
  const form = document.querySelector("[data-search]");
  if (!form) {
    return;
  }
  const input = form.querySelector("input");
  const list = form.querySelector("[role=listbox]");
  const said = form.querySelector("[data-said]");
  let timer;
  let asking;
  let shown = "";
  let chosen = null;

  const options = () => [...list.querySelectorAll("[role=option]")];

  const choose = (option) => {
    chosen?.setAttribute("aria-selected", "false");
    chosen = option;
    if (!option) {
      input.removeAttribute("aria-activedescendant");
      return;
    }
    option.setAttribute("aria-selected", "true");
    option.scrollIntoView({ block: "nearest" });
    input.setAttribute("aria-activedescendant", option.id);
  };

  const close = () => {
    clearTimeout(timer);
    asking?.abort();
    choose(null);
    list.hidden = true;
    input.setAttribute("aria-expanded", "false");
  };

  const show = (html, typed) => {
    choose(null);
    list.innerHTML = html;
    shown = typed;
    const number = options().length;
    list.hidden = number === 0;
    input.setAttribute("aria-expanded", String(number > 0));
    said.textContent = number ? said.dataset.some.replace("NUMBER", number) : said.dataset.none;
  };

  const ask = async () => {
    const typed = input.value.trim();
    asking?.abort();
    if (!typed) {
      said.textContent = "";
      close();
      return;
    }
    asking = new AbortController();
    const address = new URL(form.dataset.search, location.href);
    address.searchParams.set("q", typed);
    try {
      const answer = await fetch(address, { redirect: "manual", signal: asking.signal });
      if (answer.ok) {
        const html = await answer.text();
        if (input.value.trim() === typed && document.activeElement === input) {
          show(html, typed);
        }
      }
    } catch {
      // What was typed meanwhile asks for itself; without a connection Enter leads to the page, which says so.
    }
  };

  const soon = () => {
    clearTimeout(timer);
    timer = setTimeout(ask, WAIT_MS);
  };

  const move = (step) => {
    const all = options();
    const at = all.indexOf(chosen);
    choose(all[at < 0 ? (step > 0 ? 0 : all.length - 1) : (at + step + all.length) % all.length]);
  };

  input.addEventListener("input", soon);
  input.addEventListener("focus", () => input.value.trim() && soon());
  input.addEventListener("keydown", (event) => {
    // While a syllable is put together, its keys belong to the input method.
    if (event.isComposing) {
      return;
    }
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      if (list.hidden) {
        soon();
      } else {
        move(event.key === "ArrowDown" ? 1 : -1);
      }
    } else if (event.key === "Enter") {
      // The only one that is called so is meant without being chosen; else Enter leads to the page of all results.
      const first = options().filter((option) => !("more" in option.dataset));
      const meant = chosen ?? (!list.hidden && shown === input.value.trim() && first.length === 1 ? first[0] : null);
      if (meant) {
        event.preventDefault();
        meant.click();
      }
    } else if (event.key === "Escape") {
      if (list.hidden) {
        input.blur();
      } else {
        event.preventDefault();
        close();
      }
    }
  });
  // A press on an option does not take the focus, so that the list is still there when it is let go.
  list.addEventListener("mousedown", (event) => event.preventDefault());
  form.addEventListener("focusout", () =>
    setTimeout(() => {
      if (!form.contains(document.activeElement)) {
        close();
        form.classList.remove("is-open");
      }
    }),
  );

  const open = () => {
    form.classList.add("is-open");
    input.focus();
    input.select();
  };

  document.querySelector("[data-search-open]")?.addEventListener("click", (event) => {
    event.preventDefault();
    open();
  });
  document.addEventListener("kopes:search", open);
})();
