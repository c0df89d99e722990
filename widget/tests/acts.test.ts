// Specifies how a dialogue act is read: what is there is taken, what is broken is left out, places keep their numbers.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { contactsIn, present, wordsBeside } from "../src/acts";

describe("options", () => {
  it("keep their place in the act when a broken one is left out", () => {
    const { options } = present({ act: "clarify", options: [{ topic: "a" }, { topic: "b", label: "B" }, null, { choice: "c", label: "C" }] });
    expect(options).toEqual([{ index: 1, label: "B" }, { index: 3, label: "C" }]);
  });

  it("come from options, else from choices, else from the suggested next questions", () => {
    const next = [{ topic: "x", label: "And then?" }];
    expect(present({ act: "answer", next })).toMatchObject({ options: [{ index: 0, label: "And then?" }], optionKind: "suggestion" });
    expect(present({ act: "question", choices: ["Yes", "No"], next })).toMatchObject({ options: [{ label: "Yes" }, { label: "No" }], optionKind: "reply" });
    expect(present({ act: "question", choices: [{ value: "student" }] }).options).toEqual([{ index: 0, label: "student" }]);
  });
});

describe("sources", () => {
  it("keep their title when their address may not be followed", () => {
    const { sources } = present({ act: "answer", sources: [{ title: "Good", url: "https://a.org/x" }, { title: "Bad", url: "javascript:alert(1)" }, { url: "https://b.org/y" }, { url: "no" }, "text"] });
    expect(sources).toEqual([{ title: "Good", href: "https://a.org/x" }, { title: "Bad", href: null }, { title: "b.org", href: "https://b.org/y" }]);
  });
});

describe("contacts", () => {
  it("are numbers to dial and links to open", () => {
    const { contacts } = present({ act: "safety", contacts: [{ label: "Call 988", tel: "988" }, { label: "Find a line", url: "https://findahelpline.com/" }, { label: "Bad", url: "javascript:1" }, { label: "Bad", tel: "x" }] });
    expect(contacts).toEqual([
      { label: "Call 988", href: "tel:988", phone: true },
      { label: "Find a line", href: "https://findahelpline.com/", phone: false },
    ]);
  });

  it("are found in the text where the act brings none, each once", () => {
    expect(contactsIn("Call or text **988**, or 988 again, or 911. See https://www.findahelpline.com/us. In 1988, +1988 no.").map(({ label, href }) => [label, href])).toEqual([
      ["988", "tel:988"],
      ["911", "tel:911"],
      ["findahelpline.com", "https://www.findahelpline.com/us"],
    ]);
  });
});

describe("the review", () => {
  it("is read group by group, lists joined, empty values kept", () => {
    const summary = [{ title: "About you", items: [{ field: "email", label: "Email", value: "a@b.org" }, { field: "specialties", label: "Specialties", value: ["IM", "Peds"] }, { field: "phone", label: "Phone", value: null }, {}] }, { title: "Empty", items: [] }, 7];
    expect(present({ act: "question", field: "review", summary }).summary).toEqual([
      { title: "About you", items: [{ field: "email", label: "Email", value: "a@b.org" }, { field: "specialties", label: "Specialties", value: "IM, Peds" }, { field: "phone", label: "Phone", value: "" }] },
    ]);
  });
});

describe("words that the drawing says anyway", () => {
  const question = { act: "question", field: "medical_school", step: 2, steps: 5 };

  it("are left out: the step, whose name goes to the progress", () => {
    expect(wordsBeside("Noted. Step 2 of 5: Medical school. Which school is it?", present(question))).toEqual({
      text: "Noted. Which school is it?",
      after: "",
      stepName: "Medical school",
    });
  });

  it("stay when they speak of another step", () => {
    expect(wordsBeside("Step 3 of 5: Exams. Next.", present(question)).text).toBe("Step 3 of 5: Exams. Next.");
  });

  it("are left out: the lines of the review and no others; what stood below them stays below", () => {
    const summary = [{ title: "About you", items: [{ field: "email", label: "Email", value: "a@b.org" }, { field: "phone", label: "Phone", value: "" }] }];
    const text = "Here it is:\nAbout you\n- Email: a@b.org\n- Phone: \n- Email: another\nApplying guarantees nothing.\nIs it right?";
    expect(wordsBeside(text, present({ act: "question", field: "review", step: 5, steps: 5, summary }))).toMatchObject({
      text: "Here it is:",
      after: "- Email: another\nApplying guarantees nothing.\nIs it right?",
    });
  });

  it("are never all there is", () => {
    expect(wordsBeside("About you", present({ act: "question", summary: [{ title: "About you", items: [{ label: "x", value: "y" }] }] })).text).toBe("About you");
  });
});

describe("any act", () => {
  it("is read without an error, whatever its payload", () => {
    const keys = ["options", "choices", "next", "sources", "reviewed", "field", "step", "steps", "optional", "summary", "contacts", "reference", "kind", "waiting", "available", "event", "state"];
    fc.assert(
      fc.property(fc.dictionary(fc.constantFrom(...keys), fc.jsonValue()), (payload) => {
        const shown = present({ ...payload, act: "question" });
        expect(shown.options.every(({ label }) => typeof label === "string")).toBe(true);
        expect(shown.step === null || shown.step >= 0).toBe(true);
      }),
      { numRuns: 2_000 },
    );
  });
});
