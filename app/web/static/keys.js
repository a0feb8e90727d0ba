// Keys: Ctrl K and / search, ? lists them all, j and k walk the rows of lists, Enter and o open one, t opens the tables of charts, g with a
// letter leads to a page.
//
// Keys of a single letter never act while somebody types, and can be switched off (WCAG 2.1.4): speech input says letters.

(() => {
  "use strict";

  const COOKIE = "kopes_keys";
  const A_YEAR_S = 365 * 24 * 3600;
  const TOGETHER_MS = 1500;
  const dialog = document.querySelector("[data-keys-dialog]");
  if (!dialog) {
    return;
  }
  const singles = dialog.querySelector("[data-single-keys]");
  let lastG = 0;

  singles.checked = !document.cookie.split("; ").includes(`${COOKIE}=off`);
  singles.addEventListener("change", () => {
    const secure = location.protocol === "https:" ? "; secure" : "";
    document.cookie = `${COOKIE}=${singles.checked ? "on" : "off"}; path=/; max-age=${A_YEAR_S}; samesite=lax${secure}`;
  });

  const show = () => {
    if (!dialog.open) {
      dialog.showModal();
    }
  };

  for (const opener of document.querySelectorAll("[data-opens-keys]")) {
    opener.hidden = false;
    opener.addEventListener("click", show);
  }

  const isTypedIn = (element) =>
    element.isContentEditable ||
    element instanceof HTMLTextAreaElement ||
    element instanceof HTMLSelectElement ||
    (element instanceof HTMLInputElement && !["checkbox", "radio", "button", "submit"].includes(element.type));

  // ------------------------------------------------------------------------------------------------------------- rows

  const rows = () =>
    [...document.querySelectorAll("main tbody > tr, main [data-rows] > li, main [data-walk] > li")].filter(
      (row) => row.querySelector("a[href]") && row.checkVisibility(),
    );
  // In a queue the box stands for its row, so that space, V and R work there.
  const placeIn = (row) => row.querySelector("input[type=checkbox]") ?? row.querySelector("a[href]");
  const rowAt = () => document.activeElement?.closest("main tbody > tr, main [data-rows] > li, main [data-walk] > li");

  document.addEventListener("focusin", () => {
    for (const row of document.querySelectorAll(".row-at")) {
      row.classList.remove("row-at");
    }
  });

  const walk = (step) => {
    const all = rows();
    if (!all.length) {
      return false;
    }
    const at = all.indexOf(rowAt());
    const row = all[at < 0 ? (step > 0 ? 0 : all.length - 1) : Math.min(Math.max(at + step, 0), all.length - 1)];
    placeIn(row).focus();
    row.classList.add("row-at");
    row.scrollIntoView({ block: "nearest" });
    return true;
  };

  const openRow = () => {
    const link = rowAt()?.querySelector("a[href]");
    link?.click();
    return Boolean(link);
  };

  // The tables of all charts: those that open are opened, and with the same key closed; to one that is always there it leads.
  const tables = () => {
    const all = [...document.querySelectorAll("[data-chart-table]")].filter((one) => one.checkVisibility());
    const folded = all.filter((one) => one instanceof HTMLDetailsElement);
    const opens = folded.some((one) => !one.open);
    for (const one of folded) {
      one.open = opens;
    }
    (all[0]?.querySelector("summary") ?? all[0])?.focus();
    return all.length > 0;
  };

  const go = (letter) => {
    const link = dialog.querySelector(`[data-go="${CSS.escape(letter)}"]`);
    link?.click();
    return Boolean(link);
  };

  const ACTS = {
    "/": () => document.dispatchEvent(new Event("kopes:search")),
    "?": show,
    j: () => walk(1),
    k: () => walk(-1),
    o: openRow,
    t: tables,
    g: () => {
      lastG = Date.now();
    },
  };

  document.addEventListener("keydown", (event) => {
    if (event.isComposing || event.defaultPrevented || event.altKey) {
      return;
    }
    const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
    if ((event.ctrlKey || event.metaKey) && key === "k" && !event.shiftKey) {
      event.preventDefault();
      dialog.close();
      document.dispatchEvent(new Event("kopes:search"));
      return;
    }
    if (event.ctrlKey || event.metaKey || dialog.open || isTypedIn(event.target)) {
      return;
    }
    // On a queue's box Enter would send the form; it opens the entry.
    if (key === "Enter" && event.target.type === "checkbox" && rowAt()) {
      event.preventDefault();
      openRow();
      return;
    }
    if (!singles.checked) {
      return;
    }
    const afterG = Date.now() - lastG < TOGETHER_MS;
    lastG = 0;
    const done = afterG ? go(key) : ACTS[key]?.();
    if (done !== undefined && done !== false || key in ACTS) {
      event.preventDefault();
    }
  });
})();
