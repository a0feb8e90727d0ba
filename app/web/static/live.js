// Follows a node by the browser's one live stream and fetches the part of the page that changed, rendered by the server as the page was.
//
// A page marks <div data-live="STREAM" data-node="NODE" data-worker="SCRIPT" data-part="ADDRESS"> with a [data-live-part] inside. Figures to
// be lit up when they move carry data-watch, details that stay open data-keep. A hidden tab follows nothing and catches up when it is shown.
// Who reads a figure out may pause the page ([data-live-pause]): it says that something has changed, and shows it when told to follow again.
// A newcomer's usual mistake is to trust that every message arrives: whenever the connection comes up again the part is fetched, whatever was
// missed.

(() => {
  "use strict";

  const HIDDEN_MS = 5000;

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

  // Whether two elements differ in their children alone, so that each child can be looked at by itself: one has as many as the other, there is
  // no text between them, and no content of a chart, which its figure is drawn anew for.
  const differsWithin = (was, is) =>
    was.children.length === is.children.length &&
    was.cloneNode(false).isEqualNode(is.cloneNode(false)) &&
    ![...is.children].some((one) => one.tagName === "SCRIPT") &&
    ![was, is].some((one) => [...one.childNodes].some((node) => node.nodeType === Node.TEXT_NODE && node.data.trim()));

  // Put in what differs from what was drawn before, and nothing else: what stands keeps its charts, its folds and the focus.
  const patch = (shown, was, is, changed) => {
    if (!was.isEqualNode(is) && !(is.children.length && patchWithin(shown, was, is, changed))) {
      const put = document.importNode(is, true);
      shown.replaceWith(put);
      changed.push(put);
    }
  };

  // The same, child by child; false where more than its children is different, or a script has added to what is shown.
  const patchWithin = (shown, was, is, changed) => {
    const within = shown.children.length === was.children.length && differsWithin(was, is);
    if (within) {
      [...is.children].forEach((one, at) => patch(shown.children[at], was.children[at], one, changed));
    }
    return within;
  };

  // `drawn` is the part as the server drew it last: what scripts and readers have done to it since is none of it. Returns what it is now.
  const replace = (part, drawn, html) => {
    const before = texts(part);
    const opened = openOnes(part);
    const place = placeOf(part);
    const fresh = drawn.cloneNode(false);
    fresh.innerHTML = html;
    const changed = [];
    if (!patchWithin(part, drawn, fresh, changed)) {
      part.replaceChildren(...fresh.cloneNode(true).childNodes);
      changed.push(part);
    }
    for (const one of part.querySelectorAll("details[data-keep]")) {
      one.open = opened.has(one.dataset.keep);
    }
    for (const one of part.querySelectorAll("[data-watch]")) {
      const was = before.get(one.dataset.watch);
      if (was !== undefined && was !== one.textContent.trim()) {
        one.classList.add("moved");
      }
    }
    if (!part.contains(document.activeElement)) {
      putBack(part, place);
    }
    globalThis.kopesCharts?.adopt?.(changed);
    return fresh;
  };

  // Some browsers have no worker that tabs share, others refuse it to private windows.
  const sharedPort = (script) => {
    try {
      return new SharedWorker(script, { name: "kopes-live" }).port;
    } catch {
      return null;
    }
  };

  // The stream that all tabs share; where they cannot, one of this tab's own while it is shown.
  const streamOf = (root, hear) => {
    const { live: address, node, worker } = root.dataset;
    const port = sharedPort(worker);
    if (port) {
      port.addEventListener("message", ({ data }) => hear(data));
      port.start();
      const ask = (asks) => port.postMessage({ asks, node, address });
      return { follow: () => ask("follow"), leave: () => ask("leave"), hurry: () => ask("hurry") };
    }
    const own = new globalThis.KopesStream(address, {
      on: () => hear({ is: "on" }),
      off: () => hear({ is: "off" }),
      refused: () => hear({ is: "refused" }),
      moved: (moved) => hear({ is: "moved", node: moved }),
    });
    return { follow: () => own.follow([node]), leave: () => own.follow([]), hurry: () => own.hurry() };
  };

  class Follower {
    constructor(root) {
      this.root = root;
      this.part = root.querySelector("[data-live-part]");
      this.drawn = this.part.cloneNode(true);
      this.said = root.querySelector("[data-live-said]");
      this.fetching = false;
      this.again = false;
      this.connected = false;
      this.paused = false;
      this.stream = streamOf(root, (message) => this.hear(message));
      this.button = root.querySelector("[data-live-pause]");
      if (this.button) {
        this.button.hidden = false;
        this.button.addEventListener("click", () => this.pause(!this.paused));
      }
    }

    say(state) {
      if (this.root.dataset.liveState === state) {
        return;
      }
      this.root.dataset.liveState = state;
      if (this.said) {
        const { liveOn: on, liveOff: off, livePaused: paused, liveWaits: waits } = this.said.dataset;
        this.said.textContent = { on, off, paused, waits }[state];
      }
    }

    pause(paused) {
      this.paused = paused;
      const { livePauses, liveResumes } = this.button.dataset;
      this.button.textContent = paused ? liveResumes : livePauses;
      if (paused) {
        this.say("paused");
      } else {
        this.say(this.connected ? "on" : "off");
        this.fetch();
      }
    }

    hear(message) {
      if (!this.following) {
        return;
      }
      if (this.paused) {
        this.hearPaused(message);
      } else if (message.is === "on") {
        this.say("on");
        // Something may have happened between the page and the stream, or while there was no stream.
        if (!this.connected) {
          this.fetch();
        }
        this.connected = true;
      } else if (message.is === "moved") {
        if (message.node === this.root.dataset.node) {
          this.fetch();
        }
      } else {
        this.connected = false;
        this.say("off");
        if (message.is === "refused") {
          // Perhaps by what another tab shows; whether this one may still be looked at, its part says.
          this.fetch();
        }
      }
    }

    hearPaused(message) {
      if (message.is === "moved") {
        if (message.node === this.root.dataset.node) {
          this.say("waits");
        }
      } else {
        this.connected = message.is === "on";
      }
    }

    follow() {
      clearTimeout(this.hiding);
      if (!this.following) {
        this.following = true;
        this.connected = false;
        this.stream.follow();
      }
    }

    leave() {
      clearTimeout(this.hiding);
      this.following = false;
      this.stream.leave();
    }

    look() {
      if (document.visibilityState === "visible") {
        this.follow();
      } else {
        this.hiding = setTimeout(() => this.leave(), HIDDEN_MS);
      }
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
          this.drawn = replace(this.part, this.drawn, await answer.text());
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
    follower.look();
    document.addEventListener("visibilitychange", () => follower.look());
    addEventListener("online", () => follower.stream.hurry());
    addEventListener("pageshow", (event) => event.persisted && follower.look());
    addEventListener("pagehide", () => follower.leave());
  }
})();
