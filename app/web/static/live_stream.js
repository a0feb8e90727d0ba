// One live stream for several nodes: opened, kept open, and opened anew when others are to be followed.
//
// It runs in the worker that a browser's tabs share, or in a tab where there is no such worker. A newcomer's usual mistake is to close the old
// stream before the new one is there: what is committed in between would be told by neither.

(() => {
  "use strict";

  const WAIT_MS_LEAST = 1000;
  const WAIT_MS_MOST = 30000;
  const GATHER_MS = 50;

  class Stream {
    // tell.on(), tell.off(), tell.refused(): how the connection is. tell.moved(node): its scorecard has changed.
    constructor(address, tell) {
      this.address = address;
      this.tell = tell;
      this.nodes = "";
      this.source = null;
      this.before = null;
      this.waitMs = WAIT_MS_LEAST;
    }

    // Several tabs come and go at once: their nodes are gathered for a moment.
    follow(nodes) {
      this.wanted = [...new Set(nodes)].sort();
      clearTimeout(this.gathering);
      this.gathering = setTimeout(() => this.change(), GATHER_MS);
    }

    change() {
      const nodes = this.wanted.map((node) => `node=${encodeURIComponent(node)}`).join("&");
      if (nodes === this.nodes && this.source && this.source.readyState !== EventSource.CLOSED) {
        if (this.source.readyState === EventSource.OPEN) {
          this.tell.on();
        }
        return;
      }
      this.nodes = nodes;
      this.open();
    }

    open() {
      clearTimeout(this.timer);
      this.keepForNow();
      if (!this.nodes) {
        this.closeBefore();
        return;
      }
      const source = new EventSource(`${this.address}?${this.nodes}`);
      this.source = source;
      source.addEventListener("open", () => {
        if (source !== this.source) {
          return;
        }
        this.closeBefore();
        this.waitMs = WAIT_MS_LEAST;
        this.tell.on();
      });
      source.addEventListener("scorecard", (event) => this.tell.moved(JSON.parse(event.data).node));
      source.addEventListener("error", () => {
        if (source !== this.source) {
          return;
        }
        this.closeBefore();
        this.tell.off();
        // The browser tries again by itself, except after an answer that was an error.
        if (source.readyState === EventSource.CLOSED) {
          this.tell.refused();
          this.timer = setTimeout(() => this.open(), this.waitMs);
          this.waitMs = Math.min(this.waitMs * 2, WAIT_MS_MOST);
        }
      });
    }

    // Of the streams so far the one that brings messages stays until the next one does. One that was still being opened is given up here: of three
    // in quick succession it would be closed before it was open, and nobody would close the first.
    keepForNow() {
      if (this.source?.readyState === EventSource.OPEN) {
        this.closeBefore();
        this.before = this.source;
      } else {
        this.source?.close();
      }
      this.source = null;
    }

    closeBefore() {
      this.before?.close();
      this.before = null;
    }

    // The network is back: not wait any longer.
    hurry() {
      if (this.source?.readyState !== EventSource.OPEN) {
        this.waitMs = WAIT_MS_LEAST;
        this.open();
      }
    }
  }

  globalThis.KopesStream = Stream;
})();
