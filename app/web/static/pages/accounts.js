// Whose account it is: employees are offered while one types, with the unit that tells two of one name apart.
//
// The browser's own list offers them, by keyboard and to a screen reader too. What is not chosen from it is read by the server as it was typed.

(() => {
  "use strict";

  const WAIT_MS = 150;
  const field = document.querySelector("[data-employees]");
  const offers = field.list;
  let waiting = 0;

  const offer = async () => {
    const typed = field.value.trim();
    const isChosen = [...offers.options].some((one) => one.value === typed);
    if (!typed || isChosen) {
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
      // Without a connection nothing is offered; the name is read when the form is sent.
    }
  };

  field.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(offer, WAIT_MS);
  });
})();
