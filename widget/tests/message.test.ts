// @vitest-environment jsdom
// Specifies how each kind of reply is drawn, what its controls do, and that nothing is drawn twice.
import { beforeEach, describe, expect, it, vi } from "vitest";
import { Api } from "../src/api";
import type { Pending } from "../src/conversation";
import type { Act, Message } from "../src/protocol";
import { timeline } from "../src/timeline";
import { Faces } from "../src/view/faces";
import type { MessageActions } from "../src/view/message";
import { TimelineList } from "../src/view/timeline";
import { message } from "./fakes";

/** The controls' wishes as mocks; pictures come from the server and have a test in the browser. */
type Acts = Omit<MessageActions, "faces" | "attach">;
let actions: { [K in keyof Acts]: ReturnType<typeof vi.fn<Acts[K]>> } & { attach: ReturnType<typeof vi.fn<(document: string) => void>>; faces: Faces };
let list: TimelineList;

beforeEach(() => {
  actions = { say: vi.fn(), choose: vi.fn(), retry: vi.fn(), discard: vi.fn(), save: vi.fn(), announce: vi.fn(), focusField: vi.fn(), rate: vi.fn(() => Promise.resolve()), attach: vi.fn(), faces: new Faces(new Api("http://desk.test", fetch)) };
  list = new TimelineList(actions);
  document.body.replaceChildren(list.root);
});

function draw(messages: Message[], pending: Pending[] = []): HTMLElement {
  list.render(timeline({ messages, pending }));
  const rows = list.root.querySelectorAll<HTMLElement>('[data-testid="message"]');
  return rows[rows.length - 1] ?? list.root;
}
const bot = (act: Act, text = "words", seq = 1): Message => message({ seq, text, act });
const buttons = (root: HTMLElement): string[] => [...root.querySelectorAll<HTMLButtonElement>("button")].filter((entry) => entry.closest("[hidden], .tools") === null).map((entry) => entry.textContent);
const press = (root: HTMLElement, name: string): void => {
  const found = [...root.querySelectorAll("button")].find((entry) => (entry.getAttribute("aria-label") ?? entry.textContent) === name);
  if (found === undefined) throw new Error(`no button "${name}"`);
  found.click();
};

describe("an answer", () => {
  const act = { act: "answer", sources: [{ title: "Guide", url: "https://a.org/g" }], reviewed: "2026-11-22", next: [{ topic: "x", label: "Is it paid?" }] };

  it("shows its sources as safe links, and when it was reviewed, whatever the time zone", () => {
    const row = draw([bot(act)]);
    const link = row.querySelector<HTMLAnchorElement>('[data-testid="sources"] a');
    expect(link?.textContent).toBe("Guide (opens in a new tab)");
    expect([link?.href, link?.target, link?.rel]).toEqual(["https://a.org/g", "_blank", "noopener noreferrer"]);
    expect(row.querySelector('[data-testid="reviewed"]')?.textContent).toMatch(/^Reviewed on .*22.*2026$/);
  });

  it("offers its next questions by their place in the act", () => {
    press(draw([bot(act)]), "Is it paid?");
    expect(actions.choose).toHaveBeenCalledWith({ message: "m1", option: 0 }, "Is it paid?");
  });
});

describe("a file that a person sent", () => {
  const act = { act: "file", file: { id: "f1", name: "Offer <1>.pdf", size: 12_345 } };

  it("is saved by a button with its name", () => {
    press(draw([message({ seq: 1, from: "staff", text: "Your offer", act })]), "Offer <1>.pdf12 kB");
    expect(actions.save).toHaveBeenCalledWith("f1", "Offer <1>.pdf");
  });

  it("is not believed of anybody else", () => {
    expect(buttons(draw([bot(act)]))).toEqual([]);
  });
});

describe("buttons", () => {
  const clarify = { act: "clarify", options: [{ topic: "a", label: "A" }, { topic: "b", label: "B" }] };

  it("of older messages go away", () => {
    draw([bot(clarify)]);
    draw([bot(clarify), bot({ act: "answer", next: [{ label: "C" }] }, "more", 2)]);
    expect(buttons(list.root)).toEqual(["C"]);
  });

  it("go away when one is pressed, and the focus goes where writing continues", () => {
    const row = draw([bot(clarify)]);
    row.querySelector<HTMLButtonElement>('[data-option="1"]')?.focus();
    draw([bot(clarify)], [{ client_id: "c", text: "B", at: "2026-11-22T10:00:01Z", state: "sending", failure: null }]);
    expect(buttons(list.root)).toEqual([]);
    expect(actions.focusField).toHaveBeenCalled();
  });
});

describe("a question of the form", () => {
  it("shows the step in words and as a bar", () => {
    const row = draw([bot({ act: "question", field: "medical_school", step: 2, steps: 5 })]);
    expect(row.querySelector('[data-testid="progress"]')?.textContent).toBe("Step 2 of 5");
    expect(row.querySelectorAll(".bar [data-done]")).toHaveLength(2);
  });

  it("shows no step before the first", () => {
    expect(draw([bot({ act: "question", field: "consent", step: 0, steps: 5 })]).querySelector('[data-testid="progress"]')).toBeNull();
  });

  it("can be skipped when it is optional, and asked for its reason", () => {
    const row = draw([bot({ act: "question", field: "phone", step: 1, steps: 5, optional: true })]);
    expect(buttons(row)).toEqual(["Skip", "Why do you ask?"]);
    press(row, "Skip");
    expect(actions.say).toHaveBeenCalledWith("skip");
  });

  it("does not offer to skip twice", () => {
    expect(buttons(draw([bot({ act: "question", field: "match_year", optional: true, choices: ["2027", "Skip this"] })]))).toEqual(["2027", "Skip this"]);
  });
});

describe("the review", () => {
  const act = { act: "question", field: "review", step: 5, steps: 5, summary: [{ title: "About you", items: [{ field: "full_name", label: "Full name", value: "Amina <b>Bello</b>" }, { field: "usmle_step1", label: "USMLE Step 1", value: "" }] }] };

  it("is a list of terms and values, as text", () => {
    const row = draw([bot(act)]);
    expect([...row.querySelectorAll("dt")].map((entry) => entry.textContent)).toEqual(["Full name", "USMLE Step 1"]);
    expect([...row.querySelectorAll("dd:not(.change)")].map((entry) => entry.textContent)).toEqual(["Amina <b>Bello</b>", "not given"]);
  });

  it("lets each item be changed in words", () => {
    const row = draw([bot(act)]);
    press(row, "Change: Full name");
    press(row, "Change: USMLE Step 1");
    expect(actions.say.mock.calls).toEqual([["change my full name"], ["change my USMLE Step 1"]]);
  });

  it("can only be changed while it is the newest", () => {
    draw([bot(act)]);
    draw([bot(act), bot({ act: "answer" }, "later", 2)]);
    expect(buttons(list.root)).toEqual([]);
  });
});

describe("a sent application", () => {
  it("shows its reference and copies it", async () => {
    const writeText = vi.fn().mockResolvedValue(undefined);
    Object.defineProperty(navigator, "clipboard", { value: { writeText }, configurable: true });
    const row = draw([bot({ act: "application", event: "sent", reference: "CH-7KQ4" })]);
    expect(row.querySelector('[data-testid="reference"]')?.textContent).toBe("CH-7KQ4");
    press(row, "Copy: CH-7KQ4");
    await vi.waitFor(() => expect(actions.announce).toHaveBeenCalledWith("Copied"));
    expect(writeText).toHaveBeenCalledWith("CH-7KQ4");
  });
});

describe("help in a crisis", () => {
  it("is a card with numbers to dial", () => {
    const row = draw([bot({ act: "safety", kind: "crisis", contacts: [{ label: "Call or text 988 (US)", tel: "988" }, { label: "Find a line", url: "https://findahelpline.com/" }] })]);
    const links = [...row.querySelectorAll<HTMLAnchorElement>('[data-testid="contacts"] a')];
    expect(links.map((link) => link.getAttribute("href"))).toEqual(["tel:988", "https://findahelpline.com/"]);
    expect(row.dataset.act).toBe("safety");
  });

  it("finds the numbers in the text when the act brings none", () => {
    const row = draw([bot({ act: "safety", kind: "emergency" }, "Please call 911 now.")]);
    expect(row.querySelector('[data-testid="contacts"] a')?.textContent).toBe("Call 911");
  });
});

describe("people", () => {
  it("are named above their first message", () => {
    draw([message({ seq: 1, from: "staff", name: "Dr. Maya Chen" }), message({ seq: 2, from: "staff", name: "Dr. Maya Chen" })]);
    const who = [...list.root.querySelectorAll(".who")].map((entry) => [entry.textContent, entry.classList.contains("hidden")]);
    expect(who).toEqual([["Dr. Maya Chen", false], ["Dr. Maya Chen said:", true]]);
    expect(list.root.querySelector(".avatar")?.textContent).toBe("MC");
  });

  it("are announced with who speaks", () => {
    draw([message({ seq: 1, from: "applicant", client_id: "c" }), message({ seq: 2 })]);
    expect([...list.root.querySelectorAll(".who")].map((entry) => entry.textContent)).toEqual(["You said:", "Assistant said:"]);
  });
});

describe("a message on its way", () => {
  const pending = (part: Partial<Pending>): Pending => ({ client_id: "c", text: "hello", at: "2026-11-22T10:00:00Z", state: "sending", failure: null, ...part });

  it("stays the same element from sending to sent", () => {
    const before = draw([], [pending({})]);
    expect(before.dataset.state).toBe("sending");
    const after = draw([message({ seq: 1, from: "applicant", client_id: "c", text: "hello" })]);
    expect(after).toBe(before);
    expect(after.dataset).toMatchObject({ state: "sent", seq: "1" });
  });

  it("that was refused says why and can be sent again or removed", () => {
    const row = draw([], [pending({ state: "failed", failure: "Too long." })]);
    expect(row.querySelector('[data-testid="message-state"]')?.textContent).toBe("Not sent. Too long.");
    press(row, "Try again");
    press(row, "Remove");
    expect([actions.retry.mock.calls, actions.discard.mock.calls]).toEqual([[["c"]], [["c"]]]);
  });

  it("that waits can be tried at once", () => {
    press(draw([], [pending({ state: "waiting" })]), "Try again");
    expect(actions.retry).toHaveBeenCalledWith("c");
  });
});

describe("the log", () => {
  it("adds what is new and leaves every other element where it is", () => {
    draw([message({ seq: 2 }), message({ seq: 4 })]);
    const changes: MutationRecord[] = [];
    const observer = new MutationObserver((records) => changes.push(...records));
    observer.observe(list.root, { childList: true });
    draw([message({ seq: 1 }), message({ seq: 2 }), message({ seq: 3 }), message({ seq: 4 }), message({ seq: 5 })]);
    changes.push(...observer.takeRecords());
    // The day's line moves before the new first message; of the messages only the three new ones are added.
    const added = changes.flatMap((record) => [...record.addedNodes]).filter((node) => (node as HTMLElement).dataset.testid === "message");
    expect(added.map((node) => (node as HTMLElement).dataset.seq)).toEqual(["1", "3", "5"]);
    expect([...list.root.querySelectorAll<HTMLElement>("[data-seq]")].map((entry) => entry.dataset.seq)).toEqual(["1", "2", "3", "4", "5"]);
  });

  it("is empty after a new beginning", () => {
    draw([message({ seq: 1 })]);
    draw([]);
    expect(list.root.childElementCount).toBe(0);
  });
});
