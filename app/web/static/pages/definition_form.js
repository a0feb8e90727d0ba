// A form made from a schema: shows what means something beside what was chosen, adds rows, and has what was typed tried by the server.
//
// Nothing is judged here: the words at a field are the server's, worked out by the rules of a load. A newcomer's usual mistake is to hide a
// field and send it all the same: what is hidden is switched off, so that it is no part of the document.

(() => {
  "use strict";

  const form = document.querySelector("[data-definition]");
  if (!form) {
    return;
  }
  const touched = new Set();

  // ------------------------------------------------------------------------------------------------------ what is shown

  const fit = () => {
    for (const part of form.querySelectorAll("[data-hidden-by]")) {
      const deciding = form.elements[part.dataset.hiddenBy];
      const hides = Boolean(deciding) && (deciding.disabled || part.dataset.hiddenValues.split(" ").includes(deciding.value));
      part.hidden = hides;
      for (const input of part.querySelectorAll("input, select, textarea")) {
        input.disabled = hides || Boolean(input.closest("[data-hidden-by][hidden]"));
      }
    }
  };

  // ------------------------------------------------------------------------------------------------------------- rows

  // The names of a row's fields hold its place among the rows of the list that is asked about, and of no list around it.
  const numbered = (row, list, place) => {
    const before = `${list}.`;
    const anew = (text) => (text?.startsWith(before) ? before + text.slice(before.length).replace(/^\d+/, place) : text);
    for (const element of [row, ...row.querySelectorAll("*")]) {
      for (const name of ["id", "name", "for", "data-tried", "data-hidden-by", "data-rows-of", "aria-describedby"]) {
        if (element.hasAttribute(name)) {
          element.setAttribute(name, anew(element.getAttribute(name)));
        }
      }
    }
  };

  const emptied = (row) => {
    for (const input of row.querySelectorAll("input:not([type=hidden]), select, textarea")) {
      input.value = "";
      input.removeAttribute("aria-invalid");
    }
    for (const left of row.querySelectorAll(".error, output")) {
      left.matches("output") ? left.replaceChildren() : left.remove();
    }
    return row;
  };

  const addRow = (row) => {
    const list = row.closest("[data-rows-of]");
    const rows = [...list.querySelectorAll(":scope > .definition-row")];
    const fresh = emptied(row.cloneNode(true));
    numbered(fresh, list.dataset.rowsOf, rows.length);
    fresh.setAttribute("aria-label", row.getAttribute("aria-label").replace(/\d+(?=\D*$)/, rows.length + 1));
    delete row.dataset.spare;
    list.append(fresh);
  };

  // ------------------------------------------------------------------------------------------------------------ trying

  const fieldOf = (input) => input.closest(".field") ?? input.parentElement;

  const say = (input, text) => {
    const field = fieldOf(input);
    for (const error of field.querySelectorAll(".error")) {
      error.remove();
    }
    field.classList.toggle("field-wrong", Boolean(text));
    const hint = document.getElementById(`${input.name}-hint`);
    const described = hint ? [hint.id] : [];
    if (text) {
      const error = document.createElement("p");
      error.className = "error";
      error.id = `${input.name}-error`;
      error.textContent = text;
      input.before(error);
      described.unshift(error.id);
      input.setAttribute("aria-invalid", "true");
    } else {
      input.removeAttribute("aria-invalid");
    }
    if (described.length) {
      input.setAttribute("aria-describedby", described.join(" "));
    } else {
      input.removeAttribute("aria-describedby");
    }
  };

  let asked = 0;
  const tryIt = async () => {
    if (!form.dataset.definition) {
      return;
    }
    const turn = ++asked;
    let told;
    try {
      const body = new URLSearchParams(new FormData(form));
      const answer = await fetch(form.dataset.definition, { method: "POST", body, headers: { Accept: "application/json" } });
      if (!answer.ok) {
        return;
      }
      told = await answer.json();
    } catch {
      return;
    }
    if (turn !== asked) {
      return;
    }
    const wrong = new Map(told.errors.map((one) => [one.name, one.text]));
    for (const input of form.querySelectorAll("input:not([type=hidden]), select, textarea")) {
      if (touched.has(input.name) || wrong.has(input.name)) {
        say(input, touched.has(input.name) || input.value ? (wrong.get(input.name) ?? "") : "");
      }
    }
    const outputs = new Map(told.outputs.map((one) => [one.name, one.text]));
    for (const output of form.querySelectorAll("[data-tried]")) {
      const text = outputs.get(output.dataset.tried);
      output.textContent = text === undefined ? "" : form.dataset.comesTo.replace("FIGURE", text);
    }
    const summary = form.querySelector("[data-sentences]");
    if (summary && told.sentences) {
      summary.replaceChildren(
        ...told.sentences.map((text) => Object.assign(document.createElement("li"), { textContent: text })),
      );
    }
  };

  let waiting = 0;
  const soon = () => {
    clearTimeout(waiting);
    waiting = setTimeout(tryIt, 350);
  };

  form.addEventListener("input", (event) => {
    touched.add(event.target.name);
    fit();
    const row = event.target.closest("[data-spare]");
    if (row && event.target.value) {
      addRow(row);
      fit();
    }
    soon();
  });
  form.addEventListener("focusout", (event) => {
    if (event.target.required) {
      touched.add(event.target.name);
    }
  });

  // Another set says something else already: the form begins with that.
  form.querySelector("#into")?.addEventListener("change", (event) => {
    const address = new URL(form.dataset.begins, location.href);
    address.searchParams.set("into", event.target.value);
    if (!touched.size || [...touched].every((name) => ["into", "title", "reason"].includes(name))) {
      location.assign(address);
    }
  });

  fit();
  if (form.dataset.triesAtOnce !== undefined) {
    tryIt();
  }
})();
