// Specifies the parser of the live stream: whole events out of any pieces, by the rules of the HTML standard.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { EventStreamParser } from "../src/event-stream";

function parse(...pieces: string[]) {
  const parser = new EventStreamParser();
  return pieces.flatMap((piece) => parser.push(piece));
}

describe("the event stream", () => {
  it("hands out an event at the empty line, not before", () => {
    const parser = new EventStreamParser();
    expect(parser.push("event: message\nid: 7\ndata: {}\n")).toEqual([]);
    expect(parser.push("\n")).toEqual([{ event: "message", data: "{}" }]);
  });

  it("joins several data lines with line feeds", () => {
    expect(parse("data: one\ndata: two\ndata\ndata:  four\n\n")[0]?.data).toBe("one\ntwo\n\n four");
  });

  it("calls an event without a name a message", () => {
    expect(parse("data: x\n\n")[0]?.event).toBe("message");
  });

  it("takes lines that end in a carriage return, a line feed or both", () => {
    const wanted = [{ event: "state", data: "a" }, { event: "message", data: "b" }];
    for (const end of ["\n", "\r", "\r\n"]) {
      expect(parse(["event: state", "data: a", "", "data: b", "", ""].join(end))).toEqual(wanted);
    }
  });

  it("does not take a carriage return and line feed in two pieces for an empty line", () => {
    expect(parse("data: a\r", "\ndata: b\r", "\n\r", "\n")).toEqual([{ event: "message", data: "a\nb" }]);
  });

  it("passes over comments, unknown fields and events without data", () => {
    expect(parse(": ping\n\nevent: state\n\nfoo: bar\ndata: x\n\n")).toEqual([{ event: "message", data: "x" }]);
  });

  it("tells the reconnection time that the server asks for, when it is a number", () => {
    const parser = new EventStreamParser();
    parser.push("retry: soon\n");
    expect(parser.retry).toBeNull();
    parser.push("retry: 2500\n");
    expect(parser.retry).toBe(2500);
  });

  it("gives the same events however the stream is cut into pieces", () => {
    const line = fc.constantFrom("data: a", "data: ü😀", "data:", "event: state", "id: 4", ": ping", "", "", "nonsense");
    const stream = fc.array(fc.tuple(line, fc.constantFrom("\n", "\r\n", "\r")), { maxLength: 40 }).map((lines) => lines.map((pair) => pair.join("")).join(""));
    fc.assert(
      fc.property(stream, fc.array(fc.nat(12), { minLength: 1, maxLength: 60 }), (text, cuts) => {
        const pieces: string[] = [];
        let at = 0;
        for (let index = 0; at < text.length; index += 1) {
          const size = cuts[index % cuts.length] ?? 1;
          pieces.push(text.slice(at, at + size));
          at += Math.max(size, index % 2);
          if (size === 0 && index % 2 === 1) pieces.push(text.slice(at - 1, at));
        }
        expect(parse(...pieces)).toEqual(parse(pieces.join("")));
      }),
    );
  });
});
