// View room, drawing: line drawings on a 24 × 24 grid in the colour of the text around them. Decorative: hidden from
// assistive technology, the control's own name speaks. Apart from the icons themselves, because the launcher needs one.

const SVG = "http://www.w3.org/2000/svg";

/** @param lines the drawing as the `d` of a path */
export function drawing(name: string, lines: string): SVGSVGElement {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("class", `icon icon-${name}`);
  svg.setAttribute("aria-hidden", "true");
  const path = document.createElementNS(SVG, "path");
  path.setAttribute("d", lines);
  svg.append(path);
  return svg;
}
