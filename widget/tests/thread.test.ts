// Specifies the thread: every message once, in the order of the record, whatever way it came.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Thread } from "../src/thread";
import { message } from "./fakes";

describe("the thread", () => {
  it("orders by seq, whatever arrives first", () => {
    const thread = new Thread();
    for (const seq of [5, 1, 3, 2, 4]) thread.add(message({ seq }));
    expect(thread.messages.map((entry) => entry.seq)).toEqual([1, 2, 3, 4, 5]);
  });

  it("takes a message once, by id, by seq and by client id", () => {
    const thread = new Thread();
    expect(thread.add(message({ seq: 1, id: "a", from: "applicant", client_id: "c" }))).toBe(true);
    expect(thread.add(message({ seq: 1, id: "a", from: "applicant", client_id: "c" }))).toBe(false);
    expect(thread.add(message({ seq: 1, id: "b" }))).toBe(false);
    expect(thread.add(message({ seq: 2, id: "a" }))).toBe(false);
    expect(thread.add(message({ seq: 3, id: "d", from: "applicant", client_id: "c" }))).toBe(false);
    expect(thread.messages).toHaveLength(1);
  });

  it("knows which of our messages are on record", () => {
    const thread = new Thread();
    thread.add(message({ seq: 1, from: "applicant", client_id: "mine" }));
    expect(thread.holds("mine")).toBe(true);
    expect(thread.holds("other")).toBe(false);
  });

  it("never moves its cursor back, and not for a message alone", () => {
    const thread = new Thread();
    thread.add(message({ seq: 9 }));
    expect(thread.cursor).toBe(0);
    thread.confirm(4);
    thread.confirm(2);
    expect(thread.cursor).toBe(4);
  });

  it("is empty after clearing, and takes the same messages again", () => {
    const thread = new Thread();
    thread.add(message({ seq: 1 }));
    thread.clear();
    expect(thread.messages).toEqual([]);
    expect(thread.add(message({ seq: 1 }))).toBe(true);
  });

  it("ends the same for any order and any repetition of deliveries", () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 30 }), { maxLength: 80 }), (deliveries) => {
        const thread = new Thread();
        for (const seq of deliveries) thread.add(message({ seq }));
        expect(thread.messages.map((entry) => entry.seq)).toEqual([...new Set(deliveries)].sort((a, b) => a - b));
      }),
    );
  });
});
