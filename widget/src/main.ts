// Entry room of the script tag: runs once when the script is loaded. Takes the tag's settings to the one element.

import { ATTRIBUTES } from "./settings";
import { type AppModule, FrontdeskElement, TAG } from "./view/element";

/** Names the panel that was built with this launcher; put in by the build. */
declare const PANEL_VERSION: string;

function embed(script: HTMLOrSVGScriptElement | null): void {
  if (customElements.get(TAG) !== undefined) {
    console.warn("CHHA front desk: the script is on this page twice; the second one is ignored.");
    return;
  }
  const source = script instanceof HTMLScriptElement && script.src !== "" ? script.src : location.href;
  FrontdeskElement.origin = new URL(source).origin;
  FrontdeskElement.load = (attempt) => {
    const panel = new URL(`widget/panel.js?v=${PANEL_VERSION}${attempt > 0 ? `&again=${attempt}` : ""}`, source);
    return import(/* @vite-ignore */ panel.href) as Promise<AppModule>;
  };
  // A page may place the element itself; else it is made here from the script tag's settings.
  customElements.define(TAG, FrontdeskElement);
  const place = (): void => {
    if (document.querySelector(TAG) !== null) return;
    const element = document.createElement(TAG);
    for (const name of ATTRIBUTES) {
      const value = script?.getAttribute(name) ?? null;
      if (value !== null) element.setAttribute(name, value);
    }
    // Beside the body, not in it: themes that transform the body would otherwise carry the launcher along with it, and a
    // site's own highest layer would lie over it.
    document.documentElement.append(element);
  };
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", place, { once: true });
  else place();
}

// Only now does the browser tell which script is running: later, in events, it no longer knows.
embed(document.currentScript);
