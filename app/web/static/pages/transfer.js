// Employees are offered while one types a name; who is chosen goes onto a line of the field above, which is all that the form sends.

(() => {
  "use strict";

  const WAIT_MS = 150;
  const box = document.querySelector("[data-finds]");
  if (!box) {
    return;
  }
  box.hidden = false;
  const field = box.querySelector("[data-employees]");
  const offers = field.list;
  const names = document.getElementById("employees");
  let waiting = 0;

  const offer = async () => {
    const typed = field.value.trim();
    if (!typed) {
      return;
    }
    const address = new URL(field.dataset.employees, location.href);
    address.searchParams.set("text", typed);
    try {
      const answer = await fetch(address, { headers: { Accept: "application/json" }, redirect: "manual" });
      // What was typed meanwhile asks for itself.
      if (answer.ok && field.value.trim() === typed) {
        const { items } = await answer.json();
        offers.replaceChildren(...items.map((one) => new Option(one.note, one.value)));
      }
    } catch {
      // Without a connection nothing is offered; names are read when the form is sent.
    }
  };

  const taken = () => {
    const typed = field.value.trim();
    if (![...offers.options].some((one) => one.value === typed)) {
      return false;
    }
    names.value = `${names.value.trim()}\n${typed}`.trim();
    field.value = "";
    offers.replaceChildren();
    return true;
  };

  // Who was typed and not chosen from the list is meant all the same: the server finds them, or says who they may be.
  field.form.addEventListener("submit", () => {
    const typed = field.value.trim();
    if (typed) {
      names.value = `${names.value.trim()}\n${typed}`.trim();
      field.value = "";
    }
  });

  field.addEventListener("input", () => {
    clearTimeout(waiting);
    if (!taken()) {
      waiting = setTimeout(offer, WAIT_MS);
    }
  });
})();
