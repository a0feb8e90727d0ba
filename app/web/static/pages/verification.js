// The queue beside the entry that is open. A verdict is held for ten seconds, in which it can be taken back: until then nothing is sent.
//
// Do not send when a toast is shown. It is sent when its time is up, when it is closed, and when the page is left.
//
// The letters work only while the focus is in the queue or on a toast, so that they never surprise anybody who types or dictates (WCAG 2.1.4).

(() => {
  "use strict";

  const HELD_MS = 10_000;
  const TYPING_MS = 300;
  const drawn = document.querySelector("[data-drawn]");
  const toasts = document.querySelector("[data-toasts]");
  const filter = document.querySelector("[data-filter]");
  const said = toasts.dataset;
  const wide = matchMedia("(min-width: 69rem)");
  // A finger presses no letters.
  const hasKeys = matchMedia("(hover: hover)").matches;
  const language = document.documentElement.lang || "en";
  // What was judged on this page, whether it is recorded by now or not: key -> verdict.
  const judged = new Map();
  let pending = [];
  let opening = Promise.resolve();
  let rejecting = null;
  let lastBox = null;
  let judgedHere = 0;

  const form = () => drawn.querySelector("[data-verify]");
  const rows = () => [...drawn.querySelectorAll("[data-key]")].filter((row) => !row.hidden);
  const rowOf = (key) => drawn.querySelector(`[data-key="${CSS.escape(key)}"]`);
  const entry = () => drawn.querySelector("[data-entry]");
  const chosen = () => rows().filter((row) => row.querySelector("input").checked);
  const number = (value) => new Intl.NumberFormat(language).format(value);
  const announce = (text) => {
    document.querySelector("[data-announce]").textContent = text;
  };

  // ---------------------------------------------------------------------------------------------------------------- the list

  const dollars = (cents) => {
    const digits = String(cents).padStart(3, "0");
    const exact = `${digits.slice(0, -2)}.${digits.slice(-2)}`;
    return `US$${new Intl.NumberFormat(language, { minimumFractionDigits: 2, maximumFractionDigits: 2 }).format(exact)}`;
  };

  const summed = (some) => {
    const bulk = drawn.querySelector("[data-bulk]").dataset;
    const people = new Set(some.map((row) => row.dataset.employee)).size;
    const valued = some.filter((row) => row.dataset.cents);
    const entries = some.length === 1 ? bulk.one : (people === 1 ? bulk.onePerson : bulk.entries).replace("ENTRIES", number(some.length)).replace("PEOPLE", number(people));
    const total = valued.reduce((sum, row) => sum + BigInt(row.dataset.cents), 0n);
    const parts = [entries];
    if (valued.length) {
      parts.push(dollars(total));
    }
    if (valued.length && valued.length < some.length) {
      parts.push(bulk.ofThem.replace("VALUED", number(valued.length)));
    }
    return parts.join(", ");
  };

  const show = () => {
    if (!form()) {
      return;
    }
    const some = chosen();
    const all = drawn.querySelector("[data-all] input");
    const left = rows().length;
    drawn.querySelector("[data-bulk]").hidden = !some.length;
    drawn.querySelector("[data-bar]")?.toggleAttribute("hidden", some.length > 0 || !entry());
    drawn.querySelector("[data-sum]").textContent = some.length ? summed(some) : "";
    all.checked = some.length > 0 && some.length === left;
    all.indeterminate = some.length > 0 && some.length < left;
    const total = Number(form().dataset.total) - judgedHere - pending.reduce((sum, one) => sum + one.keys.length, 0);
    for (const counted of document.querySelectorAll('main [data-count="to_verify"]')) {
      counted.textContent = number(Math.max(total, 0));
    }
    for (const counted of drawn.querySelectorAll('[data-count="to_verify:shown"]')) {
      counted.textContent = number(left);
    }
  };

  const prepare = () => {
    for (const element of document.querySelectorAll("[data-without-script]")) {
      element.hidden = true;
    }
    if (!form()) {
      return;
    }
    for (const element of drawn.querySelectorAll("[data-all], [data-keys], [data-with-script]")) {
      element.hidden = false;
    }
    const dialog = drawn.querySelector("[data-reject]");
    if (!dialog.querySelector("[aria-invalid]")) {
      dialog.close();
    }
    dialog.addEventListener("close", () => {
      rejecting = null;
    });
    for (const key of pending.flatMap((one) => one.keys)) {
      rowOf(key)?.setAttribute("hidden", "");
    }
    show();
  };

  // The list anew, as the server has it now.
  const draw = async (address) => {
    const answer = await fetch(address);
    if (!answer.ok) {
      return;
    }
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    drawn.innerHTML = page.querySelector("[data-drawn]").innerHTML;
    document.querySelector(".page-head p").innerHTML = page.querySelector(".page-head p").innerHTML;
    judgedHere = 0;
    history.replaceState(null, "", address);
    prepare();
    const open = entry()?.dataset.entry;
    const first = rows()[0]?.dataset.key;
    if (open && first && rowOf(open)?.hidden) {
      await look(first, { by: "nobody" });
    }
  };

  const asked = () => {
    const values = [...new FormData(filter)].filter(([name, value]) => value && !(name === "whose" && value === "mine"));
    const query = new URLSearchParams(values).toString();
    return query ? `${filter.getAttribute("action")}?${query}` : filter.getAttribute("action");
  };

  // ------------------------------------------------------------------------------------------------------------- the entry

  // Show an entry in the pane. `by` says who wanted it: what a person opened can be gone back from.
  const look = (key, { by, focus = false }) => {
    opening = opening.then(() => looked(key, by, focus)).catch(() => announce(said.wordsLost));
    return opening;
  };

  const looked = async (key, by, focus) => {
    const address = `${form().dataset.address}${encodeURIComponent(key)}`;
    if (entry()?.dataset.entry !== key) {
      const pane = drawn.querySelector("[data-pane]");
      pane.setAttribute("aria-busy", "true");
      const answer = await fetch(`${address}&part=entry`).finally(() => pane.removeAttribute("aria-busy"));
      if (answer.status === 404 || answer.redirected) {
        location.assign(form().dataset.address.replace(/[?&]entry=$/, ""));
        return;
      }
      if (!answer.ok) {
        throw new Error(String(answer.status));
      }
      drawn.querySelector("[data-pane]").innerHTML = await answer.text();
      drawn.querySelector(".verify-pane").scrollTop = 0;
    }
    for (const row of drawn.querySelectorAll("[data-key]")) {
      const isOpen = row.dataset.key === key;
      row.classList.toggle("row-open", isOpen);
      row.querySelector("[data-open]").toggleAttribute("aria-current", isOpen);
    }
    sayJudged();
    show();
    if (by === "person") {
      form().classList.add("verify-entry");
      history[wide.matches ? "replaceState" : "pushState"](null, "", address);
    } else if (by === "verdict" && form().classList.contains("verify-entry")) {
      history.replaceState(null, "", address);
    }
    if (!wide.matches && by !== "nobody") {
      scrollTo(0, 0);
    }
    if (focus) {
      const heading = entry().querySelector("[data-heading]");
      (heading.checkVisibility() ? heading : rowOf(key)?.querySelector("[data-open]"))?.focus({ preventScroll: wide.matches });
    }
  };

  // Of two that are alike the other may have been judged a moment ago: who rejects one of them rejects no second.
  const sayJudged = () => {
    for (const alike of drawn.querySelectorAll("[data-alike]")) {
      const verdict = judged.get(alike.dataset.alike);
      const just = alike.querySelector("[data-just]");
      just.hidden = !verdict;
      just.textContent = verdict === "verified" ? said.wordsJustVerified : verdict ? said.wordsJustRejected : "";
    }
  };

  const backToList = () => {
    form().classList.remove("verify-entry");
    drawn.querySelector(".row-open [data-open]")?.focus();
  };

  addEventListener("popstate", () => {
    const key = new URLSearchParams(location.search).get("entry");
    if (key && form()) {
      form().classList.add("verify-entry");
      look(key, { by: "history" });
    } else if (form()) {
      backToList();
    }
  });

  // The next one that still waits, or what is said when there is none.
  const next = (after) => {
    const all = [...drawn.querySelectorAll("[data-key]")];
    const at = Math.max(all.indexOf(rowOf(after)), 0);
    const following = all.slice(at).find((row) => !row.hidden) ?? rows().at(-1);
    if (following) {
      return look(following.dataset.key, { by: "verdict", focus: true });
    }
    const done = document.createElement("p");
    done.className = "card";
    done.tabIndex = -1;
    done.textContent = said.wordsDone;
    drawn.querySelector("[data-pane]").replaceChildren(done);
    form().classList.add("verify-entry");
    show();
    done.focus();
    return opening;
  };

  // ------------------------------------------------------------------------------------------------------- verdicts that wait

  const unique = () => {
    const bytes = crypto.getRandomValues(new Uint8Array(16));
    const text = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
    return text.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
  };

  const button = (words, how, act) => {
    const made = document.createElement("button");
    made.type = "button";
    made.className = how;
    made.textContent = words;
    made.addEventListener("click", act);
    return made;
  };

  const toast = (text, kind) => {
    const made = document.createElement("div");
    made.className = `toast toast-${kind}`;
    const words = document.createElement("p");
    words.textContent = text;
    made.append(words);
    toasts.append(made);
    return made;
  };

  const run = (one) => {
    one.began = Date.now();
    one.timer = setTimeout(() => send(one), one.left);
    one.toast.classList.remove("toast-held");
  };

  const hold = (one) => {
    if (one.timer) {
      clearTimeout(one.timer);
      one.timer = null;
      one.left = Math.max(one.left - (Date.now() - one.began), 1000);
      one.toast.classList.add("toast-held");
    }
  };

  const goOn = (one) => {
    if (pending.includes(one) && !one.timer && !one.toast.matches(":hover, :focus-within")) {
      run(one);
    }
  };

  const judge = (some, verdict, why = {}) => {
    const body = new FormData();
    for (const name of ["csrf_token", "typed_by"]) {
      body.set(name, form().elements[name].value);
    }
    const keys = some.map((one) => one.key);
    for (const key of keys) {
      body.append("activity", key);
    }
    const values = { form_id: unique(), verdict, answer: "json", seen: some[0].seen, usual: why.usual ?? "", reason: why.reason ?? "" };
    for (const [name, value] of Object.entries(values)) {
      body.set(name, value);
    }
    const listed = keys.map(rowOf).filter(Boolean);
    const what = keys.length === 1 ? some[0].what : summed(listed);
    const words = verdict === "verified" ? said.wordsVerified : said.wordsRejected;
    const one = { keys, body, what, left: HELD_MS, timer: null, toast: toast(words.replace("WHAT", what), verdict) };
    const steps = document.createElement("div");
    steps.className = "button-row";
    const undone = button(hasKeys ? `${said.wordsUndo} (Z)` : said.wordsUndo, "button button-small", () => undo(one));
    undone.setAttribute("aria-label", `${said.wordsUndo}: ${what}`);
    const now = button(said.wordsKeep, "button button-quiet button-small", () => send(one));
    now.setAttribute("aria-label", `${said.wordsKeep}: ${what}`);
    steps.append(undone, now);
    const time = document.createElement("div");
    time.className = "toast-time";
    time.setAttribute("aria-hidden", "true");
    one.toast.append(steps, time);
    one.toast.addEventListener("pointerenter", () => hold(one));
    one.toast.addEventListener("focusin", () => hold(one));
    one.toast.addEventListener("pointerleave", () => goOn(one));
    one.toast.addEventListener("focusout", () => setTimeout(() => goOn(one), 0));
    pending.push(one);
    keys.forEach((key) => judged.set(key, verdict));
    announce(`${one.toast.textContent}, ${said.wordsSeconds}`);
    for (const row of listed) {
      row.querySelector("input").checked = false;
      row.hidden = true;
    }
    run(one);
    show();
    next(keys[0]);
  };

  const take = (one) => {
    clearTimeout(one.timer);
    one.timer = null;
    pending = pending.filter((other) => other !== one);
    one.toast.remove();
  };

  const bringBack = (one, focus) => {
    for (const key of one.keys) {
      judged.delete(key);
      rowOf(key)?.removeAttribute("hidden");
    }
    sayJudged();
    show();
    if (form()) {
      look(one.keys[0], { by: "verdict", focus });
    }
  };

  const undo = (one) => {
    take(one);
    bringBack(one, true);
    announce(said.wordsUndone.replace("WHAT", one.what));
  };

  // Parallel sends are answered one by one by the server; a page that is left no longer waits for any.
  const send = async (one) => {
    take(one);
    let why = said.wordsLost;
    try {
      const answer = await fetch(filter.getAttribute("action"), { method: "POST", body: one.body, keepalive: true });
      if (answer.ok && answer.headers.get("Content-Type")?.startsWith("application/json")) {
        const { already } = await answer.json();
        judgedHere += one.keys.length;
        if (already) {
          stay(toast(already, "rejected"));
        }
        if (!pending.length && !rows().length) {
          await draw(form().dataset.address.replace(/[?&]entry=$/, ""));
        }
        show();
        return;
      }
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      why = page.querySelector(".notice-bad li")?.textContent ?? page.querySelector("h1")?.textContent ?? why;
    } catch {
      // The line is down: said below.
    }
    bringBack(one, false);
    stay(toast(`${said.wordsFailed.replace("WHAT", one.what)} ${why}`, "failed"));
  };

  // Said, and not gone by itself.
  const stay = (made) => {
    announce(made.textContent);
    made.append(button(said.wordsClose, "button button-quiet button-small", () => made.remove()));
  };

  const sendAll = () => Promise.all(pending.map(send));

  addEventListener("pagehide", sendAll);
  addEventListener("pageshow", (event) => {
    if (event.persisted) {
      location.reload();
    }
  });

  // -------------------------------------------------------------------------------------------------------- what is wanted

  const meant = (bulk) => {
    if (bulk) {
      return chosen().map((row) => ({ key: row.dataset.key, what: row.dataset.what, seen: "entered" }));
    }
    const open = entry();
    return open ? [{ key: open.dataset.entry, what: open.dataset.what, seen: open.dataset.seen }] : [];
  };

  const verdict = async (what, bulk) => {
    await opening;
    const some = meant(bulk);
    if (!some.length) {
      return;
    }
    if (what === "verified") {
      judge(some, what);
      return;
    }
    const dialog = drawn.querySelector("[data-reject]");
    if (dialog.open) {
      dialog.close();
    }
    rejecting = some;
    dialog.querySelector("[data-rejects]").textContent = some.length === 1 ? some[0].what : summed(chosen());
    dialog.querySelector("[data-why-missing]").hidden = true;
    dialog.showModal();
    dialog.querySelector("input[type=radio]").focus();
  };

  const rejectNow = () => {
    const dialog = drawn.querySelector("[data-reject]");
    const usual = dialog.querySelector("input[name=usual]:checked")?.value ?? "";
    const reason = dialog.querySelector("textarea");
    if (!usual && reason.value.trim().length < 3) {
      dialog.querySelector("[data-why-missing]").hidden = false;
      reason.focus();
      return;
    }
    const some = rejecting;
    dialog.close();
    judge(some, "rejected", { usual, reason: reason.value });
    reason.value = "";
    dialog.querySelector('input[name=usual][value=""]').checked = true;
  };

  document.addEventListener(
    "submit",
    async (event) => {
      if (event.target === filter) {
        event.preventDefault();
        draw(asked());
      } else if (event.target === form()) {
        event.preventDefault();
        const { name, value } = event.submitter ?? {};
        if (name) {
          verdict(value, name === "chosen");
        }
      } else if (pending.length) {
        // Signing out, say: what was decided goes first.
        event.preventDefault();
        event.stopImmediatePropagation();
        await sendAll();
        event.target.requestSubmit(event.submitter);
      }
    },
    true,
  );

  document.addEventListener("click", (event) => {
    const link = event.target.closest("[data-open]");
    const plain = !(event.ctrlKey || event.metaKey || event.shiftKey || event.altKey);
    if (link && drawn.contains(link) && plain) {
      event.preventDefault();
      look(link.closest("[data-key]").dataset.key, { by: "person", focus: true });
    } else if (event.target.closest("[data-back]") && plain) {
      event.preventDefault();
      history.replaceState(null, "", event.target.closest("[data-back]").getAttribute("href"));
      backToList();
    } else if (event.target.closest("[data-cancel]")) {
      drawn.querySelector("[data-reject]").close();
    } else if (event.target.closest("[data-reject-now]")) {
      rejectNow();
    } else if (event.target.matches('input[name="activity"]')) {
      choose(event);
    }
  });

  // With the shift key all between this box and the last one.
  const choose = (event) => {
    const boxes = rows().map((row) => row.querySelector("input"));
    const [from, to] = [boxes.indexOf(lastBox), boxes.indexOf(event.target)].sort((one, other) => one - other);
    if (event.shiftKey && from >= 0) {
      for (const box of boxes.slice(from, to + 1)) {
        box.checked = event.target.checked;
      }
    }
    lastBox = event.target;
    show();
  };

  drawn.addEventListener("change", (event) => {
    if (event.target.closest("[data-all]")) {
      for (const row of rows()) {
        row.querySelector("input").checked = event.target.checked;
      }
    }
    show();
  });

  // On a wide screen the entry follows the focus in the list.
  drawn.addEventListener("focusin", (event) => {
    const row = event.target.closest("[data-key]");
    if (row && wide.matches && event.target.matches("[data-open]:focus-visible, input:focus-visible") && !chosen().length) {
      look(row.dataset.key, { by: "focus" });
    }
  });

  filter.addEventListener("change", (event) => {
    if (event.target.matches("select")) {
      draw(asked());
    }
  });

  let typing = null;
  filter.addEventListener("input", (event) => {
    if (event.target.matches("input")) {
      clearTimeout(typing);
      typing = setTimeout(() => draw(asked()), TYPING_MS);
    }
  });

  const move = (event, step) => {
    const row = event.target.closest("[data-key]");
    const all = rows();
    const to = all[all.indexOf(row) + step];
    to?.querySelector(event.target.matches("input") ? "input" : "[data-open]").focus();
    to?.scrollIntoView({ block: "nearest" });
  };

  document.addEventListener("keydown", (event) => {
    const inside = drawn.contains(event.target) || toasts.contains(event.target);
    if (event.defaultPrevented || !inside || event.ctrlKey || event.metaKey || event.altKey || !form()) {
      return;
    }
    const inDialog = event.target.closest("dialog");
    const key = event.key.toLowerCase();
    if (key === "enter" && event.target.matches("input")) {
      event.preventDefault();
      if (inDialog) {
        rejectNow();
      } else if (event.target.closest("[data-key]")) {
        look(event.target.closest("[data-key]").dataset.key, { by: "person", focus: true });
      }
      return;
    }
    if (inDialog || event.target.matches("textarea, select")) {
      return;
    }
    if ((key === "arrowdown" || key === "arrowup") && event.target.closest("[data-key]")) {
      event.preventDefault();
      move(event, key === "arrowdown" ? 1 : -1);
    } else if (document.querySelector("[data-single-keys]")?.checked === false) {
      // Keys of a single letter are switched off (keys.js).
    } else if (key === "v" || key === "r") {
      event.preventDefault();
      verdict(key === "v" ? "verified" : "rejected", chosen().length > 0);
    } else if (key === "z" && pending.length) {
      event.preventDefault();
      undo(pending.at(-1));
    }
  });

  prepare();
})();
