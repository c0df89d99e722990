// Entry room: runs once when the script is loaded. Takes the script tag's settings to the one element on the page.

import { ATTRIBUTES } from "./settings";
import { FrontdeskElement, TAG } from "./view/element";

function embed(script: HTMLOrSVGScriptElement | null): void {
  if (customElements.get(TAG) !== undefined) {
    console.warn("CHHA front desk: the script is on this page twice; the second one is ignored.");
    return;
  }
  if (script instanceof HTMLScriptElement && script.src !== "") FrontdeskElement.origin = new URL(script.src).origin;
  // A page may place the element itself; else it is made here from the script tag's settings.
  customElements.define(TAG, FrontdeskElement);
  const place = (): void => {
    if (document.querySelector(TAG) !== null) return;
    const element = document.createElement(TAG);
    for (const name of ATTRIBUTES) {
      const value = script?.getAttribute(name) ?? null;
      if (value !== null) element.setAttribute(name, value);
    }
    document.body.append(element);
  };
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", place, { once: true });
  else place();
}

// Only now does the browser tell which script is running: later, in events, it no longer knows.
embed(document.currentScript);
