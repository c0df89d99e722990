// @vitest-environment jsdom
// Specifies what becomes of a message's text: a small safe subset of markdown, and never anything else.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { safeHref, telHref } from "../src/links";
import { markdown, plain } from "../src/markdown";

function draw(text: string): HTMLElement {
  const holder = document.createElement("div");
  holder.append(markdown(text));
  return holder;
}
/** Written out for reading; the widget itself never goes through markup. */
const html = (text: string): string => new XMLSerializer().serializeToString(draw(text)).replaceAll(' xmlns="http://www.w3.org/1999/xhtml"', "").replace(/^<div>|<\/div>$/g, "");
const LINK = 'target="_blank" rel="noopener noreferrer"';

describe("the subset", () => {
  it("makes paragraphs of blocks and line breaks of lines", () => {
    expect(html("one\ntwo\n\n\nthree\r\nfour")).toBe("<p>one<br />two</p><p>three<br />four</p>");
  });

  it("makes bold", () => {
    expect(html("a **bold** word, **two words**, and __another__")).toBe(
      "<p>a <strong>bold</strong> word, <strong>two words</strong>, and <strong>another</strong></p>",
    );
  });

  it("makes lists, with bold and links in them", () => {
    expect(html("Steps:\n- one **b**\n* two\n• [three](https://a.org)\nafter")).toBe(
      `<p>Steps:</p><ul><li>one <strong>b</strong></li><li>two</li><li><a href="https://a.org/" ${LINK}>three</a></li></ul><p>after</p>`,
    );
  });

  it("keeps the number a numbered list begins with, and joins items over an empty line", () => {
    expect(html("3. c\n\n4) d")).toBe('<ol start="3"><li>c</li><li>d</li></ol>');
  });

  it("takes indented lines to the item above", () => {
    expect(html("- one\n  more")).toBe("<ul><li>one<br />more</li></ul>");
  });

  it("makes links that open in a tab of their own, and mail and phone links that do not", () => {
    expect(html("[CHHA](https://a.org/x?y=1&z=(2))")).toBe(`<p><a href="https://a.org/x?y=1&amp;z=(2)" ${LINK}>CHHA</a></p>`);
    expect(html("[mail](mailto:a@b.org) [call](tel:+12025550123)")).toBe('<p><a href="mailto:a@b.org">mail</a> <a href="tel:+12025550123">call</a></p>');
  });

  it("makes bare addresses links, without the sentence's punctuation", () => {
    expect(html("See https://a.org/b. (Or https://a.org/c_(d)!)")).toBe(
      `<p>See <a href="https://a.org/b" ${LINK}>https://a.org/b</a>. (Or <a href="https://a.org/c_(d)" ${LINK}>https://a.org/c_(d)</a>!)</p>`,
    );
    expect(html("<mailto:a@b.org>")).toBe('<p><a href="mailto:a@b.org">a@b.org</a></p>');
  });

  it("leaves lone marks, marks within words and escaped marks as they are", () => {
    for (const text of ["5 * 3 ** 2", "a_b__c__d", "**open", "2*3*4", "- ", "1985 was", "[no link]", "[x] (y)"]) {
      expect(draw(text).textContent).toBe(text.trim());
      expect(draw(text).querySelector("strong, a, li")).toBeNull();
    }
    expect(html("\\*\\*not bold\\*\\* \\[a](b)")).toBe("<p>**not bold** [a](b)</p>");
  });

  it("gives a visitor's own words nothing but line breaks", () => {
    const holder = document.createElement("div");
    holder.append(plain("**a**\nhttps://a.org"));
    expect(holder.textContent).toBe("**a**https://a.org");
    expect([...holder.children].map((child) => child.tagName)).toEqual(["BR"]);
  });
});

describe("hostile text", () => {
  const ALLOWED = new Set(["P", "BR", "STRONG", "UL", "OL", "LI", "A"]);
  const ATTRIBUTES = new Set(["href", "target", "rel", "start"]);

  /** Nothing but the subset, and no address that could run or lead into the site. */
  function check(text: string): HTMLElement {
    const drawn = draw(text);
    const faults: string[] = [];
    for (const element of drawn.querySelectorAll("*")) {
      if (!ALLOWED.has(element.tagName)) faults.push(element.tagName);
      for (const { name, value } of element.attributes) {
        if (!ATTRIBUTES.has(name)) faults.push(name);
        if (name === "href" && !/^(https?:\/\/[^/]|mailto:|tel:)/.test(value)) faults.push(value);
      }
      const opensTab = element.getAttribute("target") === "_blank";
      if (opensTab && element.getAttribute("rel") !== "noopener noreferrer") faults.push("rel");
    }
    if (drawn.querySelector("a a, strong strong strong strong strong strong") !== null) faults.push("nesting");
    expect(faults).toEqual([]);
    return drawn;
  }

  const CORPUS = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<svg/onload=alert(1)>",
    '<a href="javascript:alert(1)">x</a>',
    "[x](javascript:alert(1))",
    "[x](JaVaScRiPt:alert(1))",
    "[x]( javascript:alert(1))",
    "[x](java\tscript:alert(1))",
    "[x](java\nscript:alert(1))",
    "[x](\u0001javascript:alert(1))",
    "[x](javascript&colon;alert(1))",
    "[x](&#106;avascript:alert(1))",
    "[x](%6A%61vascript:alert(1))",
    "[x](data:text/html,<script>alert(1)</script>)",
    "[x](vbscript:msgbox(1))",
    "[x](blob:https://a.org/1)",
    "[x](file:///etc/passwd)",
    "[x](//evil.example)",
    "[x](/staff/logout)",
    "[x](?do=it)",
    "[x](https:evil)",
    "[x](https://user:pass@evil.example)",
    "<javascript:alert(1)>",
    "![x](https://evil.example/pixel.png)",
    "[![x](y)](javascript:alert(1))",
    "[a](https://a.org \"onmouseover=alert(1)\")",
    '[a](https://a.org"onmouseover="alert(1))',
    "[**[x](https://a.org)**](https://b.org)",
    "**[x](javascript:alert(1))**",
    "- [x](javascript:alert(1))",
    "[x][1]\n\n[1]: javascript:alert(1)",
    "<https://a.org/><script>",
    "https://a.org/\"><script>alert(1)</script>",
    "`<b>`",
    "<!--<img src=x onerror=alert(1)>-->",
    "\u202Ehttps://a.org",
    "[\u0000x](https://a.org\u0000)",
  ];

  it.each(CORPUS)("stays harmless: %s", (text) => {
    const drawn = check(text);
    expect(drawn.querySelector("script, img, svg, iframe")).toBeNull();
  });

  it("keeps the words of a link that may not be followed, and drops the address", () => {
    expect(html("[click here](javascript:alert(1)) now")).toBe("<p>click here now</p>");
  });

  it("is harmless for 10,000 random mixtures", () => {
    const piece = fc.oneof(
      fc.constantFrom(...CORPUS),
      fc.constantFrom("**", "__", "[", "](", ")", "<", ">", "\\", "\n", "\n\n", "- ", "1. ", "*", "https://a.org", "javascript:", " ", "`", "&lt;", "😀", "ب"),
      fc.string({ maxLength: 8, unit: "binary" }),
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 14 }), (pieces) => {
        check(pieces.join(""));
      }),
      { numRuns: 10_000 },
    );
  }, 120_000);

  it.each([["**".repeat(4_000)], ["**a ".repeat(4_000)], ["[".repeat(8_000)], ["[a](".repeat(3_000)], ["__a".repeat(4_000)], ["https://".repeat(2_000)], ["- \n".repeat(4_000)], ["<https://a.org ".repeat(1_000)]])(
    "takes no longer than its length deserves (%#)",
    (text) => {
      const begin = performance.now();
      check(text);
      expect(performance.now() - begin).toBeLessThan(2_000);
    },
  );
});

describe("addresses", () => {
  it("may be http, https, mailto or tel, and nothing else", () => {
    expect(safeHref("https://a.org")).toBe("https://a.org/");
    expect(safeHref("mailto:a@b.org")).toBe("mailto:a@b.org");
    for (const address of ["javascript:1", "data:,x", "ftp://a.org", "a.org", "/x", "", "http://", "https://a@b.org"]) {
      expect(safeHref(address)).toBeNull();
    }
  });

  it("take phone numbers as people write them, short codes too", () => {
    expect(telHref("+1 (202) 555-0123")).toBe("tel:+12025550123");
    expect(telHref("988")).toBe("tel:988");
    for (const number of ["", "call me", "9", "+", "1;ext=javascript"]) expect(telHref(number)).toBeNull();
  });
});
