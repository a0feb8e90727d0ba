// The worker that all tabs of a browser share: it holds the one stream for the nodes that they show.
//
// A browser opens at most six connections to a server by HTTP/1.1: with a stream for each tab the seventh page would never load.

(() => {
  "use strict";

  const nodes = new Map();
  let stream = null;

  const toAll = (message) => {
    for (const port of nodes.keys()) {
      port.postMessage(message);
    }
  };

  const begin = (address) => {
    stream = new globalThis.KopesStream(address, {
      on: () => toAll({ is: "on" }),
      off: () => toAll({ is: "off" }),
      refused: () => toAll({ is: "refused" }),
      moved: (node) => toAll({ is: "moved", node }),
    });
  };

  addEventListener("connect", (event) => {
    const [port] = event.ports;
    port.addEventListener("message", ({ data }) => {
      if (!stream) {
        begin(data.address);
      }
      if (data.asks === "hurry") {
        stream.hurry();
        return;
      }
      if (data.asks === "follow") {
        nodes.set(port, data.node);
      } else {
        nodes.delete(port);
      }
      stream.follow(nodes.values());
    });
    port.start();
  });
})();
