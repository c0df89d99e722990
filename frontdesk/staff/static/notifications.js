// Calls of the desk: said on the page, and by the browser where it was allowed and nobody looks here.
(() => {
  "use strict";
  const body = document.body;
  const box = document.querySelector("[data-calls]");
  const MOST = 4;

  function shownHere(call) {
    const here = new URL(body.dataset.events || "/", location.href).searchParams.get("conversation");
    return here === call.conversation && !document.hidden;
  }
  function onPage(call) {
    if (!box) return;
    for (const old of box.querySelectorAll(`[data-conversation="${CSS.escape(call.conversation)}"]`)) old.remove();
    const line = document.createElement("p");
    line.className = `call call-${call.event}`;
    line.dataset.conversation = call.conversation;
    const link = document.createElement("a");
    link.href = call.url;
    link.textContent = call.text;
    const away = document.createElement("button");
    away.type = "button";
    away.className = "quiet";
    away.textContent = "Dismiss";
    away.addEventListener("click", () => {
      line.remove();
      document.querySelector("#main")?.focus({ preventScroll: true });
    });
    line.append(link, away);
    box.prepend(line);
    while (box.children.length > MOST) box.lastElementChild.remove();
  }
  function byBrowser(call) {
    if (!("Notification" in window) || Notification.permission !== "granted" || !document.hidden) return;
    const said = new Notification(call.title, { body: call.text, tag: call.id });
    said.addEventListener("click", () => {
      window.focus();
      location.assign(call.url);
      said.close();
    });
  }
  body.addEventListener("desk:call", (event) => {
    if (shownHere(event.detail)) return;
    onPage(event.detail);
    byBrowser(event.detail);
  });

  // The page of one's own alerts asks for the browser's leave.
  const ask = document.querySelector("[data-notify-allow]");
  if (!ask) return;
  const told = document.querySelector("[data-notify-told]");
  function show() {
    const state = "Notification" in window ? Notification.permission : "missing";
    ask.hidden = state !== "default";
    if (state === "granted") told.textContent = "This browser shows alerts while you look at something else.";
    if (state === "denied") told.textContent = "This browser was told not to show notifications of the desk; its settings can change that.";
    if (state === "missing") told.textContent = "This browser cannot show notifications; an open console says alerts on the page.";
  }
  ask.addEventListener("click", () => Notification.requestPermission().then(show));
  show();
})();
