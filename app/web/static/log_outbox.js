// Activities that were entered while there was no connection, kept on the phone until the server has them.
//
// Each has the id of its form, made on the phone: sent twice, it is one event. A newcomer's usual mistake is to take an entry out before the
// server's word has come. Beside the entries stands what the form offers without a connection, for whoever was signed in last; it goes at sign-out.

const kopesOutbox = (() => {
  "use strict";

  const CACHE = "kopes-log";
  const PATIENCE_MS = 20_000;

  const opened = () =>
    new Promise((resolve, reject) => {
      const request = indexedDB.open("kopes-log", 1);
      request.onupgradeneeded = () => {
        request.result.createObjectStore("entries", { keyPath: "id" });
        request.result.createObjectStore("kept");
      };
      request.onsuccess = () => resolve(request.result);
      request.onerror = () => reject(request.error);
    });

  const within = async (store, mode, work) => {
    const database = await opened();
    try {
      return await new Promise((resolve, reject) => {
        const transaction = database.transaction(store, mode);
        const request = work(transaction.objectStore(store));
        transaction.oncomplete = () => resolve(request.result);
        transaction.onerror = transaction.onabort = () => reject(transaction.error);
      });
    } finally {
      database.close();
    }
  };

  const entries = async () => (await within("entries", "readonly", (store) => store.getAll())).sort((one, other) => one.at - other.at);
  const put = (entry) => within("entries", "readwrite", (store) => store.put(entry));
  const remove = (id) => within("entries", "readwrite", (store) => store.delete(id));
  const keep = (owner) => within("kept", "readwrite", (store) => store.put(owner, "owner"));
  const owner = () => within("kept", "readonly", (store) => store.get("owner"));

  // What was entered stays: it is nobody's but its owner's to send, and lost otherwise.
  const forget = async () => {
    await within("kept", "readwrite", (store) => store.clear());
    await caches.delete(CACHE);
  };

  const asked = (address, options = {}) =>
    fetch(address, { ...options, headers: { Accept: "application/json" }, cache: "no-store", redirect: "error", signal: AbortSignal.timeout(PATIENCE_MS) });

  // Who is signed in, with a token of now: that of the page may be of a session that has ended.
  const pass = async () => {
    const answer = await asked("/log/pass");
    if (answer.ok) {
      return answer.json();
    }
    if (answer.status === 401 || answer.status === 403) {
      return { employee: null };
    }
    if (answer.status === 404) {
      return { employee: null, refused: true };
    }
    throw new TypeError("the server does not answer");
  };

  // Send one entry. Returns what became of it; throws where nobody knows, and then it stays.
  const send = async (entry, token, shown = "") => {
    const body = new URLSearchParams([...entry.fields, ["form_id", entry.id], ["entered_by", entry.owner], ["shown", shown], ["csrf_token", token]]);
    const answer = await asked("/log/send", { method: "POST", body });
    if (answer.ok) {
      await remove(entry.id);
      return { ...(await answer.json()), done: true };
    }
    if (![404, 409, 413, 422].includes(answer.status)) {
      throw new TypeError("the server did not take it");
    }
    const problem = await answer.json();
    const errors = problem.errors?.map(({ pointer, detail }) => ({ place: pointer.split("/").pop(), detail })) ?? [{ place: "", detail: problem.detail }];
    await put({ ...entry, state: "refused", errors });
    return { done: false };
  };

  // Send all that waits and is of whoever is signed in, each once; what is being changed in a form waits for it.
  const sendWaiting = () =>
    navigator.locks.request("kopes-log", async () => {
      const recorded = [];
      const waiting = (await entries()).filter((entry) => entry.state === "waiting");
      if (!waiting.length) {
        return { recorded };
      }
      const { employee, csrf_token: token } = await pass();
      for (const entry of waiting.filter((one) => one.owner === employee)) {
        const answer = await send(entry, token);
        if (answer.done) {
          recorded.push(answer);
        }
      }
      return { recorded, signedOut: employee === null };
    });

  return { CACHE, entries, put, remove, keep, owner, forget, pass, send, sendWaiting };
})();
