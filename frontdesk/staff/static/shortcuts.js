// The list of keys (?), and the keys of a conversation's deeds. The switch for letter keys is console.js's own.
(() => {
  "use strict";
  const dialog = document.querySelector("#keys-help");
  if (!dialog) return;
  const off = () => localStorage.getItem("desk keys off") !== null;
  const press = (id) => document.querySelector(id)?.click();
  for (const opener of document.querySelectorAll("[data-keys-help]")) {
    opener.hidden = false;
    opener.addEventListener("click", () => dialog.showModal());
  }
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || dialog.open || off()) return;
    if (event.target.closest("input, textarea, select, [contenteditable]")) return;
    const does = {
      "?": () => dialog.showModal(),
      c: () => press("#do-claim"),
      e: () => document.querySelector("#do-close")?.focus(),
      n: () => {
        const note = document.querySelector(".note-box");
        if (!note) return;
        note.open = true;
        note.querySelector("textarea").focus();
      },
      q: () => location.assign("/staff/"),
    }[event.key];
    if (!does) return;
    event.preventDefault();
    does();
  });
})();
