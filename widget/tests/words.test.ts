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
import { swapped } from "../src/words/packing";
import pt from "../src/words/pt";
import zh from "../src/words/zh-hans";
import { SAID, speak, speakIn, words } from "../src/words";

const CATALOGUES: readonly Catalogue[] = [en, es, ar, hi, pt, fr, zh];
const places = (text: string): string[] => [...text.matchAll(/\{\w+\}/g)].map(([place]) => place).sort();

describe.each(CATALOGUES.map((catalogue) => [catalogue.language, catalogue] as const))("the words of %s", (language, catalogue) => {
  it("are those of English, each with the same places to fill", () => {
    expect(Object.keys(catalogue.texts)).toEqual(Object.keys(en.texts));
    for (const [key, text] of Object.entries(catalogue.texts)) {
      expect(places(text), key).toEqual(places(en.texts[key as keyof typeof en.texts]));
      if (key !== "assistantLanguage") expect(text, key).not.toBe("");
    }
  });

  it("come out of their packing as they went in", () => {
    const lines = Object.values(catalogue.texts).join("\n");
    expect(swapped(swapped(lines, language), language)).toBe(lines);
  });

  it("stand on the launcher, too", () => {
    const { label, open, unread } = LAUNCHER[language as keyof typeof LAUNCHER];
    expect(open.startsWith(label)).toBe(true);
    expect(unread).toContain("{n}");
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
    expect(speakIn(ar, "ar-EG").charactersLeft({ n: 12 })).toBe("الأحرف المتبقية: ١٢");
    expect(speakIn(ar, "en-US").soon(2, "second")).toBe("خلال ثانيتين");
    expect(speakIn(en, "en-US").waitingMinutes({ when: speakIn(en, "en-US").soon(5, "minute") })).toBe("Usually answered in 5 minutes");
    expect(speakIn(es, "en-US").date("2026-11-22")).toBe("22 de noviembre de 2026");
  });

  it("is spoken when its catalogue has been loaded", async () => {
    await speak("hi");
    expect(words.closeChat).toBe(hi.texts.closeChat);
    expect(words.title({ name: "CHHA" })).toBe(hi.texts.title.replace("{name}", "CHHA"));
    await speak("zh-Hans");
    expect(words.closeChat).toBe(zh.texts.closeChat);
    await speak("en");
    expect(words.closeChat).toBe("Close chat");
  });

  it("never changes what the buttons say to the assistant, which reads English", () => {
    expect(SAID.month("2027-03")).toBe("March 2027");
    expect(SAID.change("USMLE Step 1")).toBe("change my USMLE Step 1");
  });
});
