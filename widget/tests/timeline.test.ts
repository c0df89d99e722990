// Specifies the rows of the log: days, groups, and which buttons may be pressed.
import { describe, expect, it } from "vitest";
import type { Pending } from "../src/conversation";
import { type MessageRow, timeline } from "../src/timeline";
import { message } from "./fakes";

const pending = (part: Partial<Pending>): Pending => ({ client_id: "p", text: "mine", at: "2026-11-22T10:01:00Z", state: "sending", failure: null, ...part });
const rows = (...parameters: Parameters<typeof timeline>): MessageRow[] => timeline(...parameters).filter((row) => row.kind === "message");
const active = (...parameters: Parameters<typeof timeline>): string[] => rows(...parameters).filter((row) => row.active).map((row) => row.text);

describe("rows", () => {
  it("are the stored messages, then what is on its way", () => {
    const all = rows({ messages: [message({ seq: 1 }), message({ seq: 2 })], pending: [pending({})] });
    expect(all.map((row) => [row.text, row.state])).toEqual([["text 1", "sent"], ["text 2", "sent"], ["mine", "sending"]]);
  });

  it("keep their key when the server has taken them, so that nothing is announced twice", () => {
    const [before] = rows({ messages: [], pending: [pending({ client_id: "c" })] });
    const [after] = rows({ messages: [message({ seq: 1, from: "applicant", client_id: "c" })], pending: [] });
    expect(after?.key).toBe(before?.key);
  });

  it("have a line between days", () => {
    const messages = [message({ seq: 1, at: "2026-11-20T12:00:00Z" }), message({ seq: 2, at: "2026-11-20T12:01:00Z" }), message({ seq: 3, at: "2026-11-22T12:00:00Z" })];
    expect(timeline({ messages, pending: [] }).map((row) => row.kind)).toEqual(["day", "message", "message", "day", "message"]);
  });

  it("form groups of one sender, broken by time, by another person and by a failure", () => {
    const messages = [
      message({ seq: 1, from: "bot", at: "2026-11-22T10:00:00Z" }),
      message({ seq: 2, from: "bot", at: "2026-11-22T10:01:00Z" }),
      message({ seq: 3, from: "bot", at: "2026-11-22T10:20:00Z" }),
      message({ seq: 4, from: "staff", name: "Maya", at: "2026-11-22T10:21:00Z" }),
      message({ seq: 5, from: "staff", name: "Omar", at: "2026-11-22T10:21:00Z" }),
    ];
    expect(rows({ messages, pending: [] }).map(({ first, last }) => [first, last])).toEqual([[true, false], [false, true], [true, true], [true, true], [true, true]]);
  });

  it("of messages without a usable time are shown all the same", () => {
    expect(rows({ messages: [message({ seq: 1, at: "" })], pending: [] })).toMatchObject([{ at: null, text: "text 1" }]);
  });
});

describe("buttons", () => {
  it("are active on the bot's newest message alone", () => {
    expect(active({ messages: [message({ seq: 1 }), message({ seq: 2 })], pending: [] })).toEqual(["text 2"]);
  });

  it("rest as soon as the visitor has answered, before the server knows", () => {
    expect(active({ messages: [message({ seq: 1 })], pending: [pending({})] })).toEqual([]);
    expect(active({ messages: [message({ seq: 1 }), message({ seq: 2, from: "applicant" })], pending: [] })).toEqual([]);
  });

  it("come back when the answer was refused", () => {
    expect(active({ messages: [message({ seq: 1 })], pending: [pending({ state: "failed", failure: "no" })] })).toEqual(["text 1"]);
  });

  it("rest when a person has spoken, but not for a note", () => {
    expect(active({ messages: [message({ seq: 1 }), message({ seq: 2, from: "staff" })], pending: [] })).toEqual([]);
    expect(active({ messages: [message({ seq: 1 }), message({ seq: 2, from: "system" })], pending: [] })).toEqual(["text 1"]);
  });
});
