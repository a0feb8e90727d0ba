// What a word of the field means: opens while it is pointed at or has the focus, stays while the pointer is on it, closes by Esc.
//
// A press opens it without script too (popovertarget); the browser closes it by Esc and by a press elsewhere.

(() => {
  "use strict";

  const GRACE_MS = 150;
  const GAP = 6;
  const EDGE = 16;
  let shown = null;
  let leaving = 0;

  const meaningOf = (word) => document.getElementById(word.getAttribute("popovertarget"));

  const place = (word, meaning) => {
    const at = word.getBoundingClientRect();
    const size = meaning.getBoundingClientRect();
    const below = at.bottom + GAP;
    const top = below + size.height > innerHeight - EDGE && at.top - GAP - size.height > 0 ? at.top - GAP - size.height : below;
    meaning.style.top = `${top}px`;
    meaning.style.left = `${Math.max(EDGE, Math.min(at.left, innerWidth - EDGE - size.width))}px`;
  };

  const open = (word) => {
    clearTimeout(leaving);
    const meaning = meaningOf(word);
    if (!meaning.matches(":popover-open")) {
      meaning.showPopover({ source: word });
    }
    shown = { word, meaning };
    place(word, meaning);
  };

  const close = () => {
    clearTimeout(leaving);
    if (shown?.meaning.matches(":popover-open")) {
      shown.meaning.hidePopover();
    }
    shown = null;
  };

  const wordAt = (target) => target.closest?.(".term")?.querySelector(".term-word");

  document.addEventListener("pointerover", (event) => {
    const word = event.pointerType === "mouse" ? wordAt(event.target) : null;
    if (word) {
      open(word);
    }
  });

  document.addEventListener("pointerout", (event) => {
    if (event.pointerType === "mouse" && wordAt(event.target) && shown && document.activeElement !== shown.word) {
      leaving = setTimeout(close, GRACE_MS);
    }
  });

  document.addEventListener("focusin", (event) => {
    if (event.target.matches(".term-word:focus-visible")) {
      open(event.target);
    }
  });

  document.addEventListener("focusout", (event) => {
    if (shown?.word === event.target) {
      close();
    }
  });

  // Where pointing has opened it a press would close it again: it stays.
  document.addEventListener("click", (event) => {
    const word = event.target.closest?.(".term-word");
    if (word) {
      event.preventDefault();
      open(word);
    }
  });

  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && shown?.meaning.matches(":popover-open")) {
      event.preventDefault();
      close();
    }
  });

  // It goes along with its word, and closes once that has left the screen.
  const follow = () => {
    if (!shown) {
      return;
    }
    const at = shown.word.getBoundingClientRect();
    if (at.bottom < 0 || at.top > innerHeight) {
      close();
    } else {
      place(shown.word, shown.meaning);
    }
  };
  addEventListener("scroll", follow, { passive: true });
  addEventListener("resize", follow);
})();
