// Entry room of the script tag: runs once when the script is loaded. Takes the tag's settings to the one element.

import { fits } from "./settings";
import { openArea, PREFIX, Storage } from "./storage";
import { button, focusedWithin, make, setAll, setText } from "./view/dom";
import { drawing } from "./view/drawing";
import { type AppModule, FrontdeskElement, TAG } from "./view/element";
import { LANGUAGES } from "./words/catalogue";

/** Names the panel that was built with this launcher; put in by the build. */
declare const PANEL_VERSION: string;

function embed(script: HTMLOrSVGScriptElement | null): void {
  if (customElements.get(TAG) !== undefined) {
    console.warn("CHHA front desk: a page can have one widget; this one is left out.");
    return;
  }
  const source = script instanceof HTMLScriptElement && script.src !== "" ? script.src : location.href;
  FrontdeskElement.origin = new URL(source).origin;
  FrontdeskElement.load = (attempt) => {
    const panel = new URL(`widget/panel.js?v=${PANEL_VERSION}${attempt > 0 ? `&again=${attempt}` : ""}`, source);
    return import(/* @vite-ignore */ panel.href) as Promise<AppModule>;
  };
  // What the panel would otherwise bring again (build/shared.mjs).
  Object.assign(FrontdeskElement, {
    shared: { button, drawing, fits, focusedWithin, LANGUAGES, make, openArea, PREFIX, setAll, setText, Storage },
  });
  // A page may place the element itself; else it is made here from the script tag's settings.
  customElements.define(TAG, FrontdeskElement);
  const place = (): void => {
    if (document.querySelector(TAG) !== null) return;
    const element = document.createElement(TAG);
    for (const { name, value } of script?.attributes ?? []) if (name.startsWith("data-")) element.setAttribute(name, value);
    // Beside the body, not in it: themes that transform the body would otherwise carry the launcher along with it, and a
    // site's own highest layer would lie over it.
    document.documentElement.append(element);
  };
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", place, { once: true });
  else place();
}

// Only now does the browser tell which script is running: later, in events, it no longer knows.
embed(document.currentScript);
