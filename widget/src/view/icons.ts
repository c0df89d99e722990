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
  up: ["M7 10.5v9H4.5v-9Z", "M7 10.5 11 3.8c1.5 0 2.3 1 2.1 2.3l-.5 3.2h5.3a1.8 1.8 0 0 1 1.8 2.2l-1.4 6.4a2 2 0 0 1-2 1.6H7"],
  down2: ["M7 13.5v-9H4.5v9Z", "M7 13.5 11 20.2c1.5 0 2.3-1 2.1-2.3l-.5-3.2h5.3a1.8 1.8 0 0 0 1.8-2.2l-1.4-6.4a2 2 0 0 0-2-1.6H7"],
  clip: ["m20 11.5-8.2 8.2a5 5 0 0 1-7.1-7.1l8.6-8.6a3.4 3.4 0 0 1 4.8 4.8l-8.5 8.5a1.7 1.7 0 0 1-2.4-2.4l7.8-7.9"],
  camera: ["M4 7.5h3.2L9 5h6l1.8 2.5H20a1 1 0 0 1 1 1V18a1 1 0 0 1-1 1H4a1 1 0 0 1-1-1V8.5a1 1 0 0 1 1-1Z", "M12 16.2a3.4 3.4 0 1 0 0-6.8 3.4 3.4 0 0 0 0 6.8Z"],
  file: ["M13.5 3.5H7a1 1 0 0 0-1 1v15a1 1 0 0 0 1 1h10a1 1 0 0 0 1-1V8Z", "M13.5 3.5V8H18"],
  save: ["M12 4v11", "m7.5 11 4.5 4.5 4.5-4.5", "M5 19.5h14"],
  mail: ["M4 6h16v12H4z", "m4.5 6.5 7.5 6 7.5-6"],
  sound: ["M5 9.5h3L12.5 6v12L8 14.5H5Z", "M16 9.2a4 4 0 0 1 0 5.6", "M18.3 7a7 7 0 0 1 0 10"],
  clock: ["M12 20a8 8 0 1 0 0-16 8 8 0 0 0 0 16Z", "M12 7.5V12l3 2"],
  globe: ["M12 20.5a8.5 8.5 0 1 0 0-17 8.5 8.5 0 0 0 0 17Z", "M3.5 12h17", "M12 3.5c2.4 2.4 3.4 5.2 3.4 8.5s-1 6.1-3.4 8.5c-2.4-2.4-3.4-5.2-3.4-8.5s1-6.1 3.4-8.5Z"],
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
