// What the console does beyond plain pages: live news, kept drafts of replies, letter keys.
// Everything here may be missing; the pages then work by being loaded again.
(() => {
  "use strict";
  const body = document.body;
  const title = document.title;
  const find = (selector, inside = document) => inside.querySelector(selector);
  const tell = (name) => htmx.trigger(body, name);

  // Where one is, seen on a narrow screen too.
  for (const here of document.querySelectorAll("nav [aria-current]")) {
    here.scrollIntoView({ block: "nearest", inline: "nearest" });
  }

  // How many wait: in the title and beside "Desk".
  function showWaiting(count) {
    document.title = count > 0 ? `(${count}) ${title}` : title;
    const badge = find("[data-waiting-count]");
    if (!badge) return;
    badge.hidden = count === 0;
    find("[data-count]", badge).textContent = String(count);
  }

  // Waiting times grow while nothing else happens.
  function span(seconds) {
    const [m, h, d] = [60, 3600, 86400].map((unit) => Math.floor(seconds / unit));
    if (m < 1) return `${Math.max(0, Math.floor(seconds))} s`;
    if (h < 1) return `${m} min`;
    if (d < 1) return m % 60 ? `${h} h ${m % 60} min` : `${h} h`;
    return h % 24 ? `${d} d ${h % 24} h` : `${d} d`;
  }
  function growTimes() {
    for (const time of document.querySelectorAll("[data-since]")) {
      const text = span((Date.now() - Date.parse(time.dataset.since)) / 1000);
      if (time.textContent !== text) time.textContent = text;
    }
  }
  setInterval(growTimes, 5000);

  // The thread: news are fetched until the page shows what the server told.
  let toldSeq = 0;
  let toldNote = 0;
  const shown = (what) => Number(find("#thread-end")?.dataset[what] ?? Infinity);
  function catchUp() {
    if (toldSeq > shown("after") || toldNote > shown("note")) tell("desk:thread");
  }
  const scroller = () => {
    const thread = find("[data-thread]");
    return thread && thread.scrollHeight > thread.clientHeight + 1 ? thread : document.scrollingElement;
  };
  const atEnd = () => {
    const box = scroller();
    return box.scrollHeight - box.scrollTop - box.clientHeight < 120;
  };
  function toEnd() {
    const thread = find("[data-thread]");
    if (!thread) return;
    if (scroller() === thread) thread.scrollTop = thread.scrollHeight;
    else find("#thread-end")?.scrollIntoView({ block: "end" });
  }

  function heardConversation(news) {
    toldSeq = Math.max(toldSeq, news.seq);
    toldNote = Math.max(toldNote, news.note);
    catchUp();
    body.dispatchEvent(new CustomEvent("desk:typing", { detail: news.typing }));
    if (find("[data-held]")?.dataset.held !== news.held) tell("desk:held");
    if (find("[data-beside]")?.dataset.beside !== news.beside) tell("desk:beside");
  }

  // The stream. Browsers allow six connections to a host: a hidden tab keeps its stream only while it holds
  // the one lock for that, so that many tabs never starve the one that is looked at.
  let stream = null;
  let firstNews = true;
  let letGo = null;
  function showLive(state) {
    const word = find("[data-live]");
    if (!word) return;
    word.hidden = false;
    word.dataset.state = state;
    word.classList.toggle("is-cut", state === "cut");
    word.textContent = state === "on" ? "· live" : "· connection lost, trying again";
  }
  function open() {
    if (stream || !body.dataset.events) return;
    stream = new EventSource(body.dataset.events);
    stream.addEventListener("open", () => showLive("on"));
    stream.addEventListener("error", () => {
      showLive("cut");
      if (stream && stream.readyState === EventSource.CLOSED) {
        shut();
        setTimeout(open, 3000);
      }
    });
    stream.addEventListener("queue", (event) => {
      showWaiting(JSON.parse(event.data).waiting);
      // The first one only says what the page was made from a moment ago; a later stream may have missed much.
      tell("desk:queue");
    });
    stream.addEventListener("parts", () => {
      if (!firstNews) tell("desk:parts");
      firstNews = false;
    });
    stream.addEventListener("conversation", (event) => heardConversation(JSON.parse(event.data)));
    stream.addEventListener("call", (event) => {
      body.dispatchEvent(new CustomEvent("desk:call", { detail: JSON.parse(event.data) }));
    });
    stream.addEventListener("signed-out", () => {
      shut();
      body.dataset.events = "";
      location.reload();
    });
  }
  function shut() {
    stream?.close();
    stream = null;
  }
  function seen() {
    letGo?.();
    letGo = null;
    open();
  }
  function hidden() {
    if (!navigator.locks) return;
    shut();
    const asking = new AbortController();
    letGo = () => asking.abort();
    navigator.locks
      .request("chha-desk-hidden", { signal: asking.signal }, () => new Promise((done) => {
        letGo = done;
        open();
      }))
      .catch(() => {});
  }
  document.addEventListener("visibilitychange", () => (document.hidden ? hidden() : seen()));
  addEventListener("pageshow", (event) => { if (event.persisted) location.reload(); });

  // A reply that was not sent yet survives a reload and a new sign-in, in this tab only.
  const key = (field) => `reply:${field.dataset.keep}`;
  function restore() {
    const field = find("[data-keep]");
    if (!field) return;
    const kept = sessionStorage.getItem(key(field));
    if (kept && !field.value) field.value = kept;
    fit(field);
  }
  function fit(field) {
    field.rows = Math.min(10, Math.max(3, field.value.split("\n").length));
    const left = field.maxLength - field.value.length;
    const word = find("[data-left]");
    if (!word) return;
    word.hidden = left > 200;
    word.textContent = `${left} characters left`;
  }
  body.addEventListener("input", (event) => {
    const field = event.target.closest?.("[data-keep]");
    if (!field) return;
    if (field.value) sessionStorage.setItem(key(field), field.value);
    else sessionStorage.removeItem(key(field));
    fit(field);
  });
  body.addEventListener("desk:sent", () => {
    const field = find("[data-keep]");
    if (field) {
      sessionStorage.removeItem(key(field));
      field.value = "";
    }
    following = true;
  });
  let acted = false;
  body.addEventListener("desk:changed", () => {
    acted = true;
    tell("desk:thread");
    tell("desk:queue");
  });
  body.addEventListener("submit", (event) => {
    if (event.target.closest("[data-sign-out]")) sessionStorage.clear();
  });

  // Swaps: follow the thread when its end was in sight; keep what is being typed and where the focus is.
  // An address may name a message, or words that are looked for from the top.
  let following = !location.hash && !find("[data-found]");
  let typing = null;
  body.addEventListener("htmx:beforeSwap", () => {
    following = following || atEnd();
    const field = find("[data-keep]");
    typing = field && document.activeElement === field ? [field.selectionStart, field.selectionEnd] : null;
  });
  body.addEventListener("htmx:oobAfterSwap", (event) => {
    if (event.target.id !== "reply") return;
    restore();
    const field = find("[data-keep]");
    if (field && typing) {
      field.focus({ preventScroll: true });
      field.setSelectionRange(...typing);
    }
  });
  body.addEventListener("htmx:afterSettle", () => {
    if (following) toEnd();
    following = false;
    // The button that was pressed is gone: whoever uses the keyboard goes on from the top of the conversation.
    if (acted && document.activeElement === body) find("#conversation-name")?.focus({ preventScroll: true });
    acted = false;
    growTimes();
    catchUp();
  });

  // Letter keys; they can be turned off, because speech input types letters by accident.
  const KEYS = "desk keys off";
  let keys = localStorage.getItem(KEYS) === null;
  function showKeys() {
    const line = find("[data-keys]");
    if (!line) return;
    line.hidden = false;
    const button = find("[data-keys-switch]", line);
    button.setAttribute("aria-pressed", String(keys));
    find("span", button).textContent = keys ? "on" : "off";
  }
  find("[data-keys-switch]")?.addEventListener("click", () => {
    keys = !keys;
    if (keys) localStorage.removeItem(KEYS);
    else localStorage.setItem(KEYS, "1");
    showKeys();
  });
  function step(by) {
    const links = [...document.querySelectorAll("[data-rows] [data-row]")].filter((link) => link.offsetParent);
    if (!links.length) return;
    const focused = links.indexOf(document.activeElement);
    const current = focused >= 0 ? focused : links.findIndex((link) => link.hasAttribute("aria-current"));
    const next = links[Math.min(links.length - 1, Math.max(0, current + by))] ?? links[0];
    next.focus();
    next.scrollIntoView({ block: "nearest" });
  }
  document.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && event.target.matches("[data-keep]")) {
      event.preventDefault();
      event.target.form.requestSubmit();
      return;
    }
    if (event.key === "Escape") {
      for (const menu of document.querySelectorAll("details.me[open], details.menu[open]")) {
        menu.open = false;
        find("summary", menu).focus();
      }
      return;
    }
    if (!keys || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.target.closest("input, textarea, select, [contenteditable]")) return;
    const field = find("[data-keep]");
    if (event.key === "j") step(1);
    else if (event.key === "k") step(-1);
    else if (event.key === "r" && field) {
      event.preventDefault();
      field.focus();
    }
  });

  showWaiting(Number(body.dataset.waiting || 0));
  showKeys();
  restore();
  if (following) toEnd();
  open();
})();
