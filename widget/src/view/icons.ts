// View room, icons: line drawings on a 24 × 24 grid in the colour of the text around them. Decorative: hidden from
// assistive technology, the control's own name speaks.

const SVG = "http://www.w3.org/2000/svg";

const PATHS = {
  chat: ["M21 11.5a8.4 8.4 0 0 1-8.5 8.3 8.7 8.7 0 0 1-3.9-.9L3 20.5l1.7-5a8.1 8.1 0 0 1-.9-4A8.4 8.4 0 0 1 12.3 3.2h.5A8.4 8.4 0 0 1 21 11v.5Z"],
  mark: [
    "M20.5 11.3a8 8 0 0 1-8.2 7.9 8.3 8.3 0 0 1-3.7-.9L3.2 20l1.7-4.9a7.7 7.7 0 0 1-.8-3.8 8 8 0 0 1 8.2-7.8 8 8 0 0 1 8.2 7.8Z",
    "M12.3 8v6.6",
    "M9 11.3h6.6",
  ],
  close: ["M6 6l12 12", "M18 6 6 18"],
  more: ["M12 5.5v.01", "M12 12v.01", "M12 18.5v.01"],
  send: ["M4.5 12h14", "m13 6 6 6-6 6"],
  down: ["M12 5v14", "m6 13 6 6 6-6"],
  external: ["M14 5h5v5", "m19 5-8 8", "M17 14v4a1 1 0 0 1-1 1H6a1 1 0 0 1-1-1V8a1 1 0 0 1 1-1h4"],
  check: ["m5 12.5 4.5 4.5L19 7.5"],
  copy: ["M9 9h10v11H9z", "M15 9V4H5v11h4"],
  phone: ["M6.5 3.5h3l1.6 4.2-2 1.6a12 12 0 0 0 5.6 5.6l1.6-2 4.2 1.6v3a2 2 0 0 1-2.2 2A17 17 0 0 1 4.5 5.7a2 2 0 0 1 2-2.2Z"],
  people: ["M9 11a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7Z", "M2.5 20a6.5 6.5 0 0 1 13 0", "M16 4.3a3.5 3.5 0 0 1 0 6.4", "M18 14.3a6.5 6.5 0 0 1 3.5 5.7"],
  heart: ["M12 20s-7.5-4.6-7.5-10A4.3 4.3 0 0 1 12 7.2 4.3 4.3 0 0 1 19.5 10c0 5.4-7.5 10-7.5 10Z"],
  retry: ["M19.5 12a7.5 7.5 0 1 1-2.2-5.3", "M19.5 3.5v4h-4"],
} as const;

export type Icon = keyof typeof PATHS;

export function icon(name: Icon): SVGSVGElement {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("class", `icon icon-${name}`);
  svg.setAttribute("aria-hidden", "true");
  svg.setAttribute("focusable", "false");
  for (const data of PATHS[name]) {
    const path = document.createElementNS(SVG, "path");
    path.setAttribute("d", data);
    svg.append(path);
  }
  return svg;
}
