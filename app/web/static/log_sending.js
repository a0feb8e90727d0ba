// Sends the form of an activity, and keeps it on the phone where that does not come through.
//
// Without script, or where a browser keeps nothing, the form is sent as any other. A newcomer's usual mistake is to believe navigator.onLine:
// it says that there is a network, not that the server answers.

(() => {
  "use strict";

  const form = document.querySelector("[data-entry][data-worker]");
  if (!form || !("serviceWorker" in navigator) || !("indexedDB" in window) || !navigator.locks) {
    return;
  }
  const box = document.querySelector("[data-outbox]");
  const offline = "offline" in form.dataset;
  const words = box.dataset;
  let employee = form.dataset.employee;
  let name = form.dataset.name;

  const element = (tag, text, className = "") => Object.assign(document.createElement(tag), { textContent: text, className });

  // ------------------------------------------------------------------------------------------------------------ the form

  const NOT_KEPT = ["csrf_token", "typed_by", "form_id", "without_script"];
  const fieldsOf = () => [...new FormData(form)].filter(([field, text]) => !NOT_KEPT.includes(field) && typeof text === "string" && text);
  const field = (entry, wanted) => entry.fields.find(([one]) => one === wanted)?.[1] ?? "";

  const today = () => {
    const now = new Date();
    return `${now.getFullYear()}-${String(now.getMonth() + 1).padStart(2, "0")}-${String(now.getDate()).padStart(2, "0")}`;
  };

  const fill = (fields, id = crypto.randomUUID()) => {
    const repeated = {};
    const named = (one) => [...form.querySelectorAll(`[name="${one}"]`)];
    for (const input of form.querySelectorAll("input:not([type=radio], [type=hidden], [type=checkbox]), [data-confirms]")) {
      input.value = input.type === "date" ? today() : "";
    }
    form.elements.buyer_country.value = "";
    for (const [one, text] of fields) {
      const at = (repeated[one] = (repeated[one] ?? -1) + 1);
      while (one === "colleague" && named(one).length <= at) {
        form.querySelector("[data-add]").click();
      }
      if (one === "type") {
        form.elements.type.value = text;
      } else if (named(one)[at] && text) {
        named(one)[at].value = text;
      }
    }
    form.elements.form_id.value = id;
    if (fields.some(([one]) => ["colleague", "hs_code", "company_registration", "buyer_registration"].includes(one))) {
      form.querySelector("details.more").open = true;
    }
    form.elements.amount.dispatchEvent(new Event("input", { bubbles: true }));
    form.dispatchEvent(new Event("change"));
  };

  // ------------------------------------------------------------------------------------------------------- what is waiting

  const said = box.querySelector("[data-said]");
  const list = box.querySelector("ul");

  const line = (entry) => {
    const item = element("li", "");
    const kind = [...form.elements.type].find((one) => one.value === field(entry, "type"))?.parentElement.textContent.trim() ?? "";
    const amount = field(entry, "amount") && `${field(entry, "amount")} ${field(entry, "currency")}`;
    item.append(element("strong", `${kind}: ${field(entry, "buyer")}`), element("span", [field(entry, "company"), amount, field(entry, "day")].filter(Boolean).join(" · "), "small soft"));
    if (entry.state === "refused") {
      const texts = entry.errors.map(({ place, detail }) => {
        const label = form.elements[place]?.labels?.[0]?.firstChild.textContent.trim();
        return label ? `${label}: ${detail}` : detail;
      });
      item.append(element("p", `${words.refused} ${texts.join(" ")}`, "error"));
    }
    const buttons = element("div", "", "button-row");
    const edit = element("button", words.edit, "button button-quiet button-small");
    const drop = element("button", words.remove, "button button-quiet button-small");
    edit.type = drop.type = "button";
    edit.addEventListener("click", () => change(entry));
    drop.addEventListener("click", async () => {
      if (confirm(words.sure)) {
        await kopesOutbox.remove(entry.id);
        await show();
      }
    });
    buttons.append(edit, drop);
    item.append(buttons);
    return item;
  };

  const show = async ({ recorded = [], signedOut = false } = {}) => {
    const entries = await kopesOutbox.entries();
    // What stands in the form is not listed beside it.
    const own = entries.filter((entry) => entry.owner === employee && entry.id !== form.elements.form_id.value);
    const others = {};
    for (const entry of entries.filter((one) => one.owner !== employee)) {
      others[entry.name] = (others[entry.name] ?? 0) + 1;
    }
    for (const one of recorded) {
      const text = element("p", "");
      text.append(Object.assign(element("a", one.buyer), { href: one.address }), `: ${one.text}`);
      said.append(text);
    }
    list.replaceChildren(...own.map(line));
    const heading = box.querySelector("h2");
    heading.textContent = words.waits.replace("COUNT", own.length);
    heading.hidden = !own.length;
    box.querySelector("[data-sign-in]").hidden = !(signedOut && own.length);
    box.querySelector("[data-others]").textContent = Object.entries(others)
      .map(([one, count]) => words.others.replace("NAME", one).replace("COUNT", count))
      .join(" ");
    box.hidden = !(own.length || said.childElementCount || Object.keys(others).length);
  };

  const change = async (entry) => {
    const wasRefused = entry.state === "refused";
    // One that is being changed is not sent meanwhile; left alone, it waits again when the page is opened next.
    await kopesOutbox.put({ ...entry, state: wasRefused ? "refused" : "changing" });
    fill(entry.fields, entry.id);
    await show();
    if (wasRefused && !offline && navigator.onLine) {
      // The server puts each error at its field.
      form.submit();
      return;
    }
    form.scrollIntoView();
    form.elements.company.focus();
  };

  const sendWaiting = async () => {
    try {
      await show(await kopesOutbox.sendWaiting());
    } catch {
      await show();
    }
  };

  // ------------------------------------------------------------------------------------------------------------- sending

  const keepForLater = async () => {
    fill([]);
    await show();
    box.scrollIntoView({ block: "nearest" });
    box.querySelector("h2").focus();
    (await navigator.serviceWorker.ready).sync?.register("kopes-log").catch(() => {});
  };

  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (form.dataset.sending) {
      return;
    }
    form.dataset.sending = "yes";
    try {
      const entry = { id: form.elements.form_id.value, owner: employee, name, state: "waiting", at: Date.now(), fields: fieldsOf() };
      // In the box before it is sent: whatever happens on the way, it is there.
      await kopesOutbox.put(entry);
      let answer;
      try {
        const { employee: present, csrf_token: token } = await kopesOutbox.pass();
        if (present === employee) {
          answer = await kopesOutbox.send(entry, token, "page");
        }
      } catch {
        // It waits.
      }
      if (answer?.done) {
        location.assign(answer.address);
      } else if (answer && !offline) {
        form.submit();
      } else {
        await keepForLater();
        await sendWaiting();
      }
    } finally {
      delete form.dataset.sending;
    }
  });

  // ------------------------------------------------------------------------------------------------------------ beginning

  const offerOffline = async () => {
    let kept = await kopesOutbox.owner();
    // No session lives longer: whose phone it is now nobody knows.
    if (kept && !(Date.now() - kept.at < form.dataset.lifeHours * 3_600_000)) {
      await kopesOutbox.forget();
      kept = undefined;
    }
    form.hidden = !kept;
    document.querySelector("[data-unknown]").hidden = Boolean(kept);
    if (!kept) {
      return;
    }
    ({ employee, name } = kept);
    const whose = document.querySelector("[data-whose]");
    whose.textContent = whose.dataset.whose.replace("NAME", name);
    Object.assign(form.kopesKnown, kept.known);
    form.elements.day.max = today();
    fill([]);
    const again = document.querySelector("[data-again]");
    again.hidden = !kept.known.entries.length;
    for (const values of kept.known.entries) {
      const button = element("button", "");
      button.type = "button";
      button.append(element("strong", values.buyer), element("span", values.company, "small"));
      button.addEventListener("click", () => fill(Object.entries(values)));
      const item = element("li", "");
      item.append(button);
      again.querySelector("ul").append(item);
    }
  };

  // What the form needs without a connection: its page, drawn for nobody, its files, and what it offers.
  const prepare = async () => {
    await navigator.serviceWorker.register(form.dataset.worker, { scope: "/log" });
    const kept = await kopesOutbox.owner();
    const shell = `${form.dataset.worker} ${document.documentElement.lang} ${document.documentElement.dataset.theme}`;
    if (kept?.shell !== shell || kept.employee !== employee) {
      const cache = await caches.open(kopesOutbox.CACHE);
      const page = await fetch("/log/offline", { redirect: "error" });
      const files = new DOMParser().parseFromString(await page.clone().text(), "text/html").querySelectorAll("link[rel=stylesheet], link[rel=icon], script[src]");
      await Promise.all((await cache.keys()).map((request) => cache.delete(request)));
      await cache.put("/log/offline", page);
      await cache.addAll([...files].map((file) => file.getAttribute("href") ?? file.getAttribute("src")));
    }
    await kopesOutbox.keep({ employee, name, shell, known: form.kopesKnown, at: Date.now() });
    await navigator.serviceWorker.ready;
    form.dataset.kept = "yes";
  };

  const begin = async () => {
    if (offline) {
      await offerOffline();
    } else {
      prepare().catch(() => {});
    }
    for (const entry of await kopesOutbox.entries()) {
      if (entry.owner === employee && entry.state === "changing") {
        await kopesOutbox.put({ ...entry, state: "waiting" });
      }
    }
    await sendWaiting();
  };

  addEventListener("online", sendWaiting);
  navigator.serviceWorker.addEventListener("message", (event) => show(event.data));
  begin();
})();
