// @vitest-environment jsdom
// Specifies the catalogues of the frame: complete, filled the same way, and chosen by what the visitor speaks.
import { describe, expect, it } from "vitest";
import { type Catalogue, LANGUAGES } from "../src/words/catalogue";
import { choose, fitting } from "../src/words/choice";
import ar from "../src/words/ar";
import en from "../src/words/en";
import es from "../src/words/es";
import fr from "../src/words/fr";
import hi from "../src/words/hi";
import { LAUNCHER } from "../src/words/launcher";
import pt from "../src/words/pt";
import zh from "../src/words/zh-hans";
import { SAID, speakIn } from "../src/words";

const CATALOGUES: readonly Catalogue[] = [en, es, ar, hi, pt, fr, zh];
const places = (text: string): string[] => [...text.matchAll(/\{\w+\}/g)].map(([place]) => place).sort();

describe.each(CATALOGUES.map((catalogue) => [catalogue.language, catalogue] as const))("the words of %s", (language, catalogue) => {
  it("are those of English, each with the same places to fill", () => {
    expect(Object.keys(catalogue.texts)).toEqual(Object.keys(en.texts));
    for (const [key, text] of Object.entries(catalogue.texts)) {
      const english = en.texts[key as keyof typeof en.texts];
      if (typeof text === "string") {
        expect(places(text), key).toEqual(places(typeof english === "string" ? english : ""));
        if (key !== "assistantLanguage") expect(text, key).not.toBe("");
      } else expect(places(text.other), key).toEqual(["{n}"]);
    }
  });

  it("have every plural form that the language asks for", () => {
    const { pluralCategories } = new Intl.PluralRules(language).resolvedOptions();
    for (const text of Object.values(catalogue.texts)) {
      if (typeof text === "string") continue;
      // A million is a form of its own in some languages; nothing here is counted that far.
      expect(Object.keys(text)).toEqual(expect.arrayContaining(pluralCategories.filter((form) => form !== "zero" && !(form === "many" && language !== "ar"))));
    }
  });

  it("stand on the launcher, too", () => {
    const { label, open, unread } = LAUNCHER[language as keyof typeof LAUNCHER];
    expect(open.startsWith(label)).toBe(true);
    expect(unread(3)).toContain("3");
  });
});

describe("the language of the frame", () => {
  it("is the first that fits", () => {
    expect(choose([null, "de", "pt-BR", "es"])).toBe("pt");
    expect(choose(["de", "ja"])).toBe("en");
    expect(Object.keys(LANGUAGES)).toHaveLength(7);
  });

  it.each([["zh", "zh-Hans"], ["zh-CN", "zh-Hans"], ["zh-TW", null], ["zh_Hant_HK", null], ["AR-eg", "ar"], ["", null], ["english", null]])(
    "takes %s as %s",
    (tag, found) => expect(fitting(tag)).toBe(found),
  );

  it("counts and dates in its own way", () => {
    const arabic = speakIn(ar, "en-US");
    expect(arabic.charactersLeft(2)).toBe("بقي حرفان");
    expect(arabic.direction).toBe("rtl");
    expect(speakIn(es, "en-US").date("2026-11-22")).toBe("22 de noviembre de 2026");
  });

  it("never changes what the buttons say to the assistant, which reads English", () => {
    expect(SAID.month("2027-03")).toBe("March 2027");
    expect(SAID.change("USMLE Step 1")).toBe("change my USMLE Step 1");
  });
});
