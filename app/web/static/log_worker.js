// Answers for the form of an activity where there is no connection, and sends what waits once it is back.
//
// It keeps no page of anybody: the form that it shows is drawn for nobody (/log/offline). Its scope, /log, has the addresses of sign-in and
// sign-out in it by their letters: whoever comes or goes, and whoever is sent to sign in since a session has ended, what was kept for the one
// before is forgotten.

"use strict";

self.addEventListener("install", (event) => event.waitUntil(self.skipWaiting()));
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));

const pageOrForm = async (request) => {
  try {
    return await fetch(request);
  } catch (error) {
    const form = await caches.match("/log/offline");
    if (form) {
      return form;
    }
    throw error;
  }
};

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const { pathname, origin } = new URL(request.url);
  if (origin !== self.location.origin) {
    return;
  }
  if (request.mode === "navigate" && (pathname === "/logout" || pathname === "/login")) {
    event.waitUntil(kopesOutbox.forget());
  } else if (request.method === "GET" && request.mode === "navigate" && (pathname === "/log" || pathname === "/log/offline")) {
    event.respondWith(pageOrForm(request));
  } else if (request.method === "GET" && pathname.startsWith("/static/")) {
    event.respondWith(caches.match(request).then((kept) => kept ?? fetch(request)));
  }
});

self.addEventListener("sync", (event) => {
  if (event.tag === "kopes-log") {
    event.waitUntil(
      kopesOutbox.sendWaiting().then(async (outcome) => {
        for (const client of await self.clients.matchAll()) {
          client.postMessage(outcome);
        }
      }),
    );
  }
});
