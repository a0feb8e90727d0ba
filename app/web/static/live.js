// Follows the live stream of a node and fetches the part of the page that changed, rendered by the server as the page was.
//
// A page marks <div data-live="STREAM" data-part="ADDRESS"> with a [data-live-part] inside. Figures to be lit up when they move carry
// data-watch, details that stay open data-keep. A newcomer's usual mistake is to trust that every message arrives: whenever the connection
// comes up again the part is fetched, whatever was missed.

(() => {
  "use strict";

  const WAIT_MS_LEAST = 1000;
  const WAIT_MS_MOST = 30000;

  const texts = (part) =>
    new Map([...part.querySelectorAll("[data-watch]")].map((one) => [one.dataset.watch, one.textContent.trim()]));

  const openOnes = (part) => new Set([...part.querySelectorAll("details[open][data-keep]")].map((one) => one.dataset.keep));

  const placeOf = (part) => {
    const held = document.activeElement;
    if (!held || !part.contains(held)) {
      return null;
    }
    const alike = [...part.querySelectorAll(held.tagName)];
    return { tag: held.tagName, at: alike.indexOf(held), link: held.getAttribute("href") };
  };

  const putBack = (part, place) => {
    if (!place) {
      return;
    }
    const alike = [...part.querySelectorAll(place.tag)];
    const same = place.link ? alike.find((one) => one.getAttribute("href") === place.link) : alike[place.at];
    same?.focus({ preventScroll: true });
  };

  const replace = (part, html) => {
    const before = texts(part);
    const opened = openOnes(part);
    const place = placeOf(part);
    part.innerHTML = html;
    for (const one of part.querySelectorAll("details[data-keep]")) {
      one.open = opened.has(one.dataset.keep);
    }
    for (const one of part.querySelectorAll("[data-watch]")) {
      const was = before.get(one.dataset.watch);
      if (was !== undefined && was !== one.textContent.trim()) {
        one.classList.add("moved");
      }
    }
    putBack(part, place);
    globalThis.kopesCharts?.adopt?.(part);
  };

  class Follower {
    constructor(root) {
      this.root = root;
      this.part = root.querySelector("[data-live-part]");
      this.said = root.querySelector("[data-live-said]");
      this.waitMs = WAIT_MS_LEAST;
      this.fetching = false;
      this.again = false;
      this.first = true;
    }

    say(state) {
      if (this.root.dataset.liveState === state) {
        return;
      }
      this.root.dataset.liveState = state;
      if (this.said) {
        this.said.textContent = state === "on" ? this.said.dataset.liveOn : this.said.dataset.liveOff;
      }
    }

    follow() {
      clearTimeout(this.timer);
      this.stream?.close();
      this.stream = new EventSource(this.root.dataset.live);
      this.stream.addEventListener("open", () => {
        this.waitMs = WAIT_MS_LEAST;
        this.say("on");
        // Something may have happened between the page and the stream, or while there was no stream.
        this.fetch();
      });
      this.stream.addEventListener("scorecard", () => this.fetch());
      this.stream.addEventListener("error", () => {
        this.say("off");
        // The browser tries again by itself, except after an answer that was an error.
        if (this.stream.readyState === EventSource.CLOSED) {
          this.timer = setTimeout(() => this.follow(), this.waitMs);
          this.waitMs = Math.min(this.waitMs * 2, WAIT_MS_MOST);
        }
      });
    }

    async fetch() {
      if (this.fetching) {
        this.again = true;
        return;
      }
      this.fetching = true;
      try {
        const answer = await fetch(this.root.dataset.part, { credentials: "same-origin", redirect: "manual" });
        if (answer.ok) {
          replace(this.part, await answer.text());
        } else if (answer.type === "opaqueredirect" || answer.status === 404) {
          // Signed out, or no longer allowed: the page itself says so.
          location.reload();
        }
      } catch {
        this.say("off");
      } finally {
        this.fetching = false;
        if (this.again) {
          this.again = false;
          this.fetch();
        }
      }
    }
  }

  for (const root of document.querySelectorAll("[data-live]")) {
    const follower = new Follower(root);
    follower.follow();
    addEventListener("online", () => follower.follow());
    addEventListener("pageshow", (event) => event.persisted && follower.follow());
    addEventListener("pagehide", () => follower.stream?.close());
  }
})();
