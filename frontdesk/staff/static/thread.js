// Beside the reply: who is typing (both ways), saved replies put in where the cursor stands, notes.
(() => {
  "use strict";
  const body = document.body;
  const find = (selector) => document.querySelector(selector);
  const SAY_AGAIN = 3000;

  // The applicant is typing: told by the stream, kept over swaps of the reply box.
  let applicantTypes = false;
  function showTyping() {
    const line = find("[data-typing]");
    if (line) line.hidden = !applicantTypes;
  }
  body.addEventListener("desk:typing", (event) => {
    applicantTypes = Boolean(event.detail);
    showTyping();
  });
  body.addEventListener("htmx:oobAfterSwap", showTyping);

  // We are typing: said at most every few seconds, and when the box is empty again.
  let saidAt = 0;
  function say(field, typing) {
    const form = new URLSearchParams({ typing: typing ? "yes" : "no", csrf: field.form.csrf.value });
    fetch(field.dataset.tellTyping, { method: "POST", body: form, keepalive: true }).catch(() => {});
  }
  body.addEventListener("input", (event) => {
    const field = event.target.closest?.("[data-tell-typing]");
    if (!field) return;
    if (!field.value) {
      if (saidAt) say(field, false);
      saidAt = 0;
    } else if (Date.now() - saidAt > SAY_AGAIN) {
      saidAt = Date.now();
      say(field, true);
    }
  });
  body.addEventListener("desk:sent", () => { saidAt = 0; });

  // Saved replies.
  body.addEventListener("click", async (event) => {
    const link = event.target.closest?.("[data-saved-reply]");
    const field = find("[data-keep]");
    if (!link || !field || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    const answer = await fetch(link.href, { headers: { Accept: "text/plain" } }).catch(() => null);
    if (!answer?.ok || answer.redirected) {
      location.assign(link.href);
      return;
    }
    const text = await answer.text();
    link.closest("details").open = false;
    field.focus();
    field.setRangeText(text, field.selectionStart, field.selectionEnd, "end");
    field.dispatchEvent(new Event("input", { bubbles: true }));
  });

  // A file that is chosen beside the thread is not taken away by news of the applicant.
  body.addEventListener("htmx:beforeSwap", (event) => {
    if (event.target.id === "beside" && find("#paper-chosen")?.files.length) event.detail.shouldSwap = false;
  });

  // A note that was kept leaves its box.
  body.addEventListener("desk:noted", () => {
    const field = find("#note-text");
    if (field) field.value = "";
  });
})();
