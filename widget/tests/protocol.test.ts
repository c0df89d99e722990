// Specifies how the server's JSON is read: what can be used is used, what cannot is refused or left out, never trusted.
import { afterEach, describe, expect, it, vi } from "vitest";
import { readConfig, readMessage, readPage, readSession, readState, ShapeError } from "../src/protocol";
import { message } from "./fakes";

afterEach(() => vi.restoreAllMocks());

describe("a message", () => {
  it("is read with its act", () => {
    const given = message({ seq: 3, act: { act: "answer", topic: "x" } });
    expect(readMessage(JSON.parse(JSON.stringify(given)))).toEqual(given);
  });

  it("from a sender of a later version is shown as a note", () => {
    expect(readMessage({ id: 5, seq: 1, from: "robot", text: "x" })).toMatchObject({ id: "5", from: "system" });
  });

  it("without an id or a place in the thread is refused", () => {
    for (const value of [null, [], { seq: 1 }, { id: "a" }, { id: "a", seq: "1" }, { id: "a", seq: -1 }, { id: "a", seq: 1.5 }]) {
      expect(() => readMessage(value)).toThrow(ShapeError);
    }
  });

  it("with an act that is no act is a message without one", () => {
    expect(readMessage({ id: "a", seq: 1, act: "answer" }).act).toBeNull();
    expect(readMessage({ id: "a", seq: 1, act: { kind: "x" } }).act).toBeNull();
  });
});

describe("a page", () => {
  it("leaves out what cannot be read and says so", () => {
    const warn = vi.spyOn(console, "warn").mockImplementation(() => undefined);
    const page = readPage({ messages: [message({ seq: 4 }), { broken: true }], cursor: 5, state: { holder: "queued" } }, 3);
    expect(page.messages.map((entry) => entry.seq)).toEqual([4]);
    expect(page).toMatchObject({ cursor: 5, state: { holder: "queued", staff: null, working: false } });
    expect(warn).toHaveBeenCalledOnce();
  });

  it("never moves the cursor back, and finds it in the messages when it is missing", () => {
    expect(readPage({ messages: [], cursor: 1 }, 3).cursor).toBe(3);
    expect(readPage({ messages: [message({ seq: 9 })] }, 3).cursor).toBe(9);
  });

  it("that is not one is refused", () => {
    expect(() => readPage({ detail: "x" }, 0)).toThrow(ShapeError);
  });
});

describe("the rest", () => {
  it("takes a state only with a holder that it knows", () => {
    expect(readState({ holder: "assigned", staff: { name: "Maya" }, working: true })).toEqual({ holder: "assigned", staff: { name: "Maya", picture: null }, working: true, typing: false });
    expect(readState({ holder: "nobody" })).toBeNull();
    expect(readState("bot")).toBeNull();
  });

  it("refuses an identity without a token", () => {
    expect(() => readSession({ conversation: "a" })).toThrow(ShapeError);
  });

  it("opens with plain defaults when the configuration is missing parts", () => {
    expect(readConfig({ greeting: "Hello", hours: { open: "yes" } })).toEqual({ name: "CHHA", greeting: "Hello", max_text: 4000, notice: null, consent: null, files: null, mail: false, hours: null });
    expect(readConfig(null).max_text).toBe(4000);
  });
});
