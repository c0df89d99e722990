// Entry room of the npm package: the element and its types, for sites with a build of their own.

import { FrontdeskElement, TAG } from "./view/element";

export { FrontdeskElement, TAG };

/** What an element on the page is told by its attributes; see README.md. */
export interface FrontdeskOptions {
  /** Address of the front desk. */
  readonly server: string;
}

/**
 * Defines `<chha-frontdesk>`. Call it once; again it only warns.
 *
 * @example define({ server: "https://desk.example.org" }); document.body.append(document.createElement("chha-frontdesk"));
 */
export function define({ server }: FrontdeskOptions): void {
  if (customElements.get(TAG) !== undefined) {
    console.warn("CHHA front desk: the element is defined already; the second definition is ignored.");
    return;
  }
  FrontdeskElement.origin = new URL(server).origin;
  FrontdeskElement.load = () => import("./app");
  customElements.define(TAG, FrontdeskElement);
}

declare global {
  interface HTMLElementTagNameMap {
    "chha-frontdesk": FrontdeskElement;
  }
}
