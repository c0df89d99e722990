// Specifies the outgoing queue: nothing is lost over reloads or between tabs, and the order is that of writing.
import { beforeEach, describe, expect, it } from "vitest";
import { Outbox } from "../src/outbox";
import { PREFIX, Storage } from "../src/storage";
import { Area } from "./fakes";

let area: Area;
const open = (now: () => number = () => 1_000) => new Outbox(new Storage(area.view()), now);

beforeEach(() => {
  area = new Area();
});

describe("the outbox", () => {
  it("keeps the order of writing, also within one millisecond", () => {
    const outbox = open();
    for (const text of ["one", "two", "three"]) outbox.add(`id-${text}`, text, null);
    expect(outbox.list().map((item) => item.text)).toEqual(["one", "two", "three"]);
  });

  it("is the same after a reload", () => {
    open().add("a", "hello", { message: "m1", option: 2 });
    expect(open().next()).toMatchObject({ client_id: "a", text: "hello", choice: { message: "m1", option: 2 }, attempts: 0 });
  });

  it("loses nothing when two tabs write and send at the same time", () => {
    const first = open(() => 1);
    const second = open(() => 2);
    first.add("a", "from the first", null);
    second.add("b", "from the second", null);
    first.remove("a");
    second.add("c", "and another", null);
    expect(first.list().map((item) => item.client_id)).toEqual(["b", "c"]);
  });

  it("does not bring back a message that another tab has sent meanwhile", () => {
    const outbox = open();
    outbox.add("a", "hello", null);
    open().remove("a");
    outbox.update("a", { attempts: 1 });
    expect(outbox.list()).toEqual([]);
  });

  it("passes over refused messages and sends one that is retried last, under its old id", () => {
    const outbox = open();
    outbox.add("a", "refused", null);
    outbox.add("b", "next", null);
    outbox.update("a", { failure: "too long" });
    expect(outbox.next()?.client_id).toBe("b");
    outbox.retry("a");
    expect(outbox.list().map((item) => [item.client_id, item.failure])).toEqual([["b", null], ["a", null]]);
  });

  it("turns pressed buttons into their words", () => {
    const outbox = open();
    outbox.add("a", "Graduate", { message: "m1", option: 1 });
    outbox.turnChoicesIntoText();
    expect(outbox.next()).toMatchObject({ text: "Graduate", choice: null });
  });

  it("passes over entries that are not its own or are broken", () => {
    area.data.set(`${PREFIX}outbox:x`, "{not json");
    area.data.set(`${PREFIX}outbox:y`, "[]");
    area.data.set("outbox:z", '{"client_id":"z","text":"of another script"}');
    expect(open().list()).toEqual([]);
  });

  it("works in memory where the browser refuses storage", () => {
    const refusing = new Storage({
      getItem: () => { throw new Error("blocked"); },
      setItem: () => { throw new Error("full"); },
      removeItem: () => { throw new Error("blocked"); },
      key: () => null,
      length: 0,
    });
    const outbox = new Outbox(refusing, () => 1);
    outbox.add("a", "hello", null);
    outbox.update("a", { attempts: 2 });
    expect(outbox.next()).toMatchObject({ client_id: "a", attempts: 2 });
    outbox.remove("a");
    expect(outbox.next()).toBeNull();
  });
});
