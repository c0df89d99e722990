// @vitest-environment jsdom
// Specifies what a site may set on the script tag, and that any accent colour stays readable.
import fc from "fast-check";
import { afterEach, describe, expect, it, vi } from "vitest";
import { accentColours, contrast, parseHex } from "../src/accent";
import { fits, readSettings } from "../src/settings";

const ORIGIN = "https://desk.example.org";
const tag = (attributes: Record<string, string>): Element => {
  const element = document.createElement("script");
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  return element;
};

afterEach(() => vi.restoreAllMocks());

describe("settings", () => {
  it("are the script's own origin and plain defaults when nothing is set", () => {
    expect(readSettings(tag({}), ORIGIN)).toEqual({ server: ORIGIN, title: null, open: false, accent: null, language: null, greetings: [], greetingHold: null, identity: null });
  });

  it("take another server, a title and an opening", () => {
    expect(readSettings(tag({ "data-server": "https://other.example/", "data-title": " Ask us ", "data-open": "" }), ORIGIN)).toMatchObject({
      server: "https://other.example",
      title: "Ask us",
      open: true,
    });
    expect(readSettings(tag({ "data-open": "false" }), ORIGIN).open).toBe(false);
  });

  it("report what they cannot use and go on without it", () => {
    const warn = vi.spyOn(console, "warn").mockImplementation(() => undefined);
    expect(readSettings(tag({ "data-server": "javascript:alert(1)", "data-accent": "red;}" }), ORIGIN)).toMatchObject({ server: ORIGIN, accent: null });
    expect(warn).toHaveBeenCalledTimes(2);
  });
});

describe("an accent colour", () => {
  it("is read from three or six digits", () => {
    expect(parseHex("#0aF")).toEqual([0, 170, 255]);
    for (const value of ["0af", "#12", "rgb(1,2,3)", "#12345g"]) expect(accentColours(value)).toBeNull();
  });

  it("whatever it is, carries readable text and is readable as text, on light and on dark", () => {
    const white = [255, 255, 255] as const;
    const dark = [23, 36, 42] as const;
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 0xffffff }), (number) => {
        const colours = accentColours("#" + number.toString(16).padStart(6, "0"));
        const rgb = (value: string | undefined) => parseHex(value ?? "") ?? white;
        expect(contrast(rgb(colours?.onFill), rgb(colours?.fill))).toBeGreaterThanOrEqual(4.5);
        expect(contrast(rgb(colours?.textOnLight), white)).toBeGreaterThanOrEqual(4.5);
        expect(contrast(rgb(colours?.textOnDark), dark)).toBeGreaterThanOrEqual(4.5);
      }),
      { numRuns: 5_000 },
    );
  });
});

describe("greetings", () => {
  it("are one rule from plain attributes, or several as JSON", () => {
    expect(readSettings(tag({ "data-greeting": "Hi", "data-greeting-pages": "/apply*", "data-greeting-after": "5" }), ORIGIN).greetings).toEqual([
      { pages: "/apply*", after: 5, text: "Hi" },
    ]);
    expect(readSettings(tag({ "data-greetings": '[{"text": "A", "pages": "/a"}, {"text": ""}, {"text": "B", "after": 2}]' }), ORIGIN).greetings).toEqual([
      { pages: "/a", after: 15, text: "A" },
      { pages: "*", after: 2, text: "B" },
    ]);
  });

  it("fit the pages that they name", () => {
    expect(fits("/apply* /fees", "/apply/now")).toBe(true);
    expect(fits("/apply* /fees", "/fees")).toBe(true);
    expect(fits("/apply* /fees", "/fees/more")).toBe(false);
    expect(fits("*", "/")).toBe(true);
    expect(fits("/a.c", "/abc")).toBe(false);
  });
});
