// The list of applications: tick all, how many are ticked, which words an applicant reads; and printing.
// All of it may be missing: every form works without.
(() => {
  "use strict";
  const all = document.querySelector("[data-tick-all]");
  const picks = [...document.querySelectorAll("[data-pick]")];
  const told = document.querySelector("[data-picked]");
  const deeds = document.querySelector("[data-bulk]");
  function count() {
    const many = picks.filter((one) => one.checked).length;
    if (all) {
      const box = all.querySelector("input");
      box.checked = many > 0 && many === picks.length;
      box.indeterminate = many > 0 && many < picks.length;
    }
    if (told) {
      told.hidden = many === 0;
      told.textContent = String(many);
    }
    if (deeds && many > 0) deeds.open = true;
  }
  if (all) {
    all.hidden = false;
    document.querySelector("[data-tick-word]").hidden = true;
    all.addEventListener("change", (event) => {
      for (const one of picks) one.checked = event.target.checked;
      count();
    });
  }
  for (const one of picks) one.addEventListener("change", count);
  if (picks.length) count();

  for (const chooser of document.querySelectorAll("[data-tells]")) {
    const show = () => {
      for (const words of chooser.form.querySelectorAll("[data-told]")) words.hidden = words.dataset.told !== chooser.value;
    };
    chooser.addEventListener("change", show);
    show();
  }

  const print = document.querySelector("[data-print]");
  if (print) {
    print.hidden = false;
    print.addEventListener("click", () => window.print());
  }
})();
