// View room, foundation: making elements without markup. Attributes are set as attributes, text is added as text;
// style attributes are left out on purpose, because a strict Content-Security-Policy refuses them.

type Child = Node | string | null | false;
type Attributes = Readonly<Record<string, string | boolean | null>>;

/** Makes an element. An attribute that is true is set empty, one that is false or null is left out. */
export function make<Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag,
  attributes: Attributes = {},
  ...children: Child[]
): HTMLElementTagNameMap[Tag] {
  const element = document.createElement(tag);
  setAll(element, attributes);
  for (const child of children) if (child !== null && child !== false) element.append(child);
  return element;
}

/** Makes a button that acts on click and never submits a form. */
export function button(attributes: Attributes, onClick: () => void, ...children: Child[]): HTMLButtonElement {
  const element = make("button", { type: "button", ...attributes }, ...children);
  element.addEventListener("click", onClick);
  return element;
}

export function setAll(element: Element, attributes: Attributes): void {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === false || value === null) element.removeAttribute(name);
    else element.setAttribute(name, value === true ? "" : value);
  }
}

/** Sets text only when it differs: live regions repeat what is set again. */
export function setText(element: Element, text: string): void {
  if (element.textContent !== text) element.textContent = text;
}

/** The focused element within the same shadow tree or document as `node`. */
export function focusedWithin(node: Node): boolean {
  const root = node.getRootNode();
  const active = root instanceof ShadowRoot || root instanceof Document ? root.activeElement : null;
  return active !== null && node.contains(active);
}
