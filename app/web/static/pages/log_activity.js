// The form of an activity: fields of the chosen type, known companies, buyers and colleagues offered while one types, possible duplicates.
//
// Without script every field is there and the server says the rest. A newcomer's usual mistake is to take the focus away from the field
// while offering: the offers are a list that the field points to (the combobox pattern of ARIA), and the caret stays where it is.

(() => {
  "use strict";

  const WAIT_MS = 150;
  const SHOWN_MOST = 8;
  const form = document.querySelector("[data-entry]");
  if (!form) {
    return;
  }

  const value = (name) => form.elements[name]?.value ?? "";

  // ------------------------------------------------------------------------------------------------------------ offers

  // What is offered without asking: in the page, or, without a connection, what the phone has kept (log_outbox.js).
  const known = JSON.parse(form.querySelector("[data-known]").textContent);
  form.kopesKnown = known;

  const plain = (text) => text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase().normalize();

  const knownBy = (kind, typed) => {
    const wanted = plain(typed).split(/\s+/).filter(Boolean);
    const words = (item) => ` ${plain(`${item.value} ${item.registration ?? ""}`)}`;
    return (known[kind] ?? []).filter((item) => item.value && wanted.every((word) => words(item).includes(` ${word}`))).slice(0, SHOWN_MOST);
  };

  let offered = 0;

  class Offers {
    constructor(box) {
      this.box = box;
      this.input = box.querySelector("input");
      this.fills = pairs(box.dataset.fills);
      this.with = pairs(box.dataset.with);
      this.items = [];
      this.at = -1;
      this.list = document.createElement("ul");
      this.list.className = "offers";
      this.list.hidden = true;
      this.list.setAttribute("role", "listbox");
      this.list.id = `offers-${(offered += 1)}`;
      this.list.setAttribute("aria-label", this.input.labels?.[0]?.textContent.trim() ?? "");
      this.said = document.createElement("span");
      this.said.className = "unseen";
      this.said.setAttribute("role", "status");
      box.append(this.list, this.said);
      this.input.setAttribute("aria-controls", this.list.id);
      this.filled = [];
      this.input.addEventListener("input", () => {
        this.takeBack();
        this.reach(-1);
        this.soon();
      });
      // An empty field offers what is likeliest as soon as it is touched: one tap fills it in.
      this.input.addEventListener("focus", () => this.input.value || this.show(knownBy(this.box.dataset.offers, "")));
      this.input.addEventListener("keydown", (event) => this.key(event));
      this.input.addEventListener("blur", () => setTimeout(() => this.close(), 150));
    }

    soon() {
      clearTimeout(this.timer);
      this.timer = setTimeout(() => this.ask(), WAIT_MS);
    }

    // A number that came with the name that was chosen goes with that name.
    takeBack() {
      for (const [field, text] of this.filled) {
        if (form.elements[field].value === text) {
          form.elements[field].value = "";
        }
      }
      this.filled = [];
    }

    async ask() {
      const typed = this.input.value.trim();
      const own = knownBy(this.box.dataset.offers, typed);
      if (own.length || typed.length < 2) {
        this.show(own);
      }
      if (typed.length < 2) {
        return;
      }
      const address = new URL(this.box.dataset.suggest, location.href);
      address.searchParams.set("text", typed);
      for (const [name, from] of this.with) {
        address.searchParams.set(name, value(from));
      }
      try {
        const answer = await fetch(address, { headers: { Accept: "application/json" }, redirect: "manual" });
        // What was typed meanwhile asks for itself.
        if (answer.ok && this.input.value.trim() === typed && document.activeElement === this.input) {
          const more = (await answer.json()).items;
          const isNew = (item) => !own.some((one) => one.value === item.value && one.country === item.country);
          this.show([...own, ...more.filter(isNew)].slice(0, SHOWN_MOST));
        }
      } catch {
        this.show(own);
      }
    }

    show(items) {
      // What comes late does not take away what the arrows have reached meanwhile.
      const reached = this.items[this.at];
      this.items = items;
      this.at = -1;
      this.list.replaceChildren(
        ...items.map((item, at) => {
          const line = document.createElement("li");
          line.id = `${this.list.id}-${at}`;
          line.setAttribute("role", "option");
          line.setAttribute("aria-selected", "false");
          const name = document.createElement("span");
          name.textContent = item.value;
          const note = document.createElement("span");
          note.className = "small soft";
          note.textContent = item.note ?? "";
          line.append(name, note);
          // The field keeps the focus; whoever moves off before letting go has chosen nothing.
          line.addEventListener("mousedown", (event) => event.preventDefault());
          line.addEventListener("click", () => this.choose(at));
          return line;
        }),
      );
      this.list.hidden = !items.length;
      this.input.setAttribute("aria-expanded", String(items.length > 0));
      this.reach(reached ? items.findIndex((item) => item.value === reached.value && item.country === reached.country) : -1);
      this.said.textContent = items.length ? `${items.length}. ${this.box.dataset.some}` : this.box.dataset.none;
    }

    reach(at) {
      const lines = [...this.list.children];
      lines[this.at]?.setAttribute("aria-selected", "false");
      this.at = at;
      if (at < 0) {
        this.input.removeAttribute("aria-activedescendant");
        return;
      }
      lines[at].setAttribute("aria-selected", "true");
      lines[at].scrollIntoView({ block: "nearest" });
      this.input.setAttribute("aria-activedescendant", lines[at].id);
    }

    move(step) {
      this.reach((this.at + step + this.items.length) % this.items.length);
    }

    key(event) {
      if (this.list.hidden) {
        if (event.key === "ArrowDown") {
          this.soon();
        }
        return;
      }
      if (event.key === "ArrowDown" || event.key === "ArrowUp") {
        event.preventDefault();
        const up = event.key === "ArrowUp";
        this.move(up ? (this.at < 0 ? 0 : -1) : 1);
      } else if (event.key === "Enter" && this.at >= 0) {
        event.preventDefault();
        this.choose(this.at);
      } else if (event.key === "Escape") {
        event.stopPropagation();
        this.close();
      }
    }

    choose(at) {
      const item = this.items[at];
      clearTimeout(this.timer);
      this.input.value = item.value;
      for (const [name, field] of this.fills) {
        const target = form.elements[field];
        if (target && item[name] !== undefined) {
          target.value = item[name];
          if (name === "registration") {
            this.filled.push([field, item[name]]);
          }
        }
      }
      this.close();
      form.dispatchEvent(new Event("change"));
    }

    close() {
      this.list.hidden = true;
      this.items = [];
      this.input.setAttribute("aria-expanded", "false");
      this.input.removeAttribute("aria-activedescendant");
    }
  }

  const pairs = (text) => (text ?? "").split(" ").filter(Boolean).map((pair) => pair.split(":"));

  form.querySelectorAll("[data-suggest]").forEach((box) => new Offers(box));

  // ---------------------------------------------------------------------------------------------------- the type's fields

  const showFields = () => {
    for (const part of form.querySelectorAll("[data-for]")) {
      part.hidden = !part.dataset.for.split(" ").includes(value("type"));
    }
    const amount = form.elements.amount;
    amount.required = value("type") === "export_deal";
    amount.labels[0].querySelector(".optional")?.toggleAttribute("hidden", amount.required);
    // A company is known by its name or its registration.
    form.elements.company.required = !value("company_registration");
  };

  // ------------------------------------------------------------------------------------------------------------- dollars

  const dollars = form.querySelector("[data-dollars]");
  let priced = "";

  // By the server's own rule: what it is worth to the cent is decided there.
  const showDollars = async () => {
    const address = new URL(dollars.dataset.dollars, location.href);
    for (const name of ["amount", "currency", "day"]) {
      address.searchParams.set(name, value(name));
    }
    if (address.search === priced) {
      return;
    }
    priced = address.search;
    dollars.value = "";
    if (!value("amount") || value("currency") === "USD") {
      return;
    }
    try {
      const answer = await fetch(address, { redirect: "manual" });
      if (answer.ok && address.search === priced) {
        dollars.value = (await answer.json()).text;
      }
    } catch {
      priced = "";
    }
  };

  const showDollarsSoon = () => {
    clearTimeout(form.dollarsTimer);
    form.dollarsTimer = setTimeout(showDollars, WAIT_MS);
  };

  // ------------------------------------------------------------------------------------------------------- shared credits

  const rows = form.querySelector("[data-rows]");
  const add = form.querySelector("[data-add]");
  const rest = form.querySelector("[data-rest]");

  const showRest = () => {
    const typed = [...form.querySelectorAll('[name="share"]')].map((one) => Number(kopesNumbers.read(one.value.replace("%", "")) ?? 0));
    const left = Math.round((100 - typed.reduce((sum, one) => sum + one, 0)) * 100) / 100;
    rest.textContent = rest.dataset.words.replace("PERCENT", left.toLocaleString(document.documentElement.lang));
    rest.classList.toggle("below-zero", left < 0);
  };

  add.hidden = false;
  add.addEventListener("click", () => {
    const row = rows.lastElementChild.cloneNode(true);
    const number = rows.children.length + 1;
    row.querySelectorAll(".offers, .unseen").forEach((one) => one.remove());
    for (const input of row.querySelectorAll("input")) {
      input.value = "";
      input.id = `${input.name}-${number}`;
      input.closest(".field").querySelector("label").htmlFor = input.id;
    }
    rows.append(row);
    new Offers(row.querySelector("[data-suggest]"));
    row.querySelector("input").focus();
    add.hidden = number >= Number(rows.dataset.most);
  });

  // --------------------------------------------------------------------------------------------------- possible duplicates

  const alike = form.querySelector("[data-alike]");
  const COMPARED = ["type", "company", "company_registration", "buyer", "buyer_country", "buyer_registration", "day"];
  let asked = "";

  const lookForAlike = async () => {
    if ("quiet" in form.dataset || !value("buyer") || !value("buyer_country")) {
      return;
    }
    const address = new URL(alike.dataset.alike, location.href);
    for (const name of COMPARED) {
      address.searchParams.set(name, value(name));
    }
    if (address.search === asked) {
      return;
    }
    asked = address.search;
    try {
      const answer = await fetch(address, { redirect: "manual" });
      if (answer.ok && address.search === asked) {
        alike.innerHTML = await answer.text();
      }
    } catch {
      // The server looks again when it is sent.
    }
  };

  form.addEventListener("change", () => {
    showFields();
    showRest();
    showDollarsSoon();
    clearTimeout(form.alikeTimer);
    form.alikeTimer = setTimeout(lookForAlike, WAIT_MS);
  });
  form.addEventListener("input", () => {
    showRest();
    showDollarsSoon();
  });
  showFields();
  showRest();
  showDollars();
})();
