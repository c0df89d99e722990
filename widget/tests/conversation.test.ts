// Specifies a visitor's conversation against a front desk over HTTP: what is written arrives once and in order, what is
// answered is shown once and in order, over cuts, reloads, lost answers, lost tokens and several tabs.
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Fetch } from "../src/api";
import { Area, makeLock, openTab, type Tab } from "./fakes";
import { createMock } from "./mock-server.mjs";

let mock: ReturnType<typeof createMock>;
let url: string;
let area: Area;
const tabs: Tab[] = [];

const until = async (condition: () => void): Promise<void> => vi.waitFor(condition, { timeout: 15_000, interval: 5 });
const open = (options: Parameters<typeof openTab>[2] = {}, shared = area): Tab => {
  const tab = openTab(url, shared, options);
  tabs.push(tab);
  tab.conversation.start();
  return tab;
};
const onRecord = (): string[] => (mock.control.last()?.messages ?? []).map((entry) => entry.text);
const sent = (): string[] => (mock.control.last()?.messages ?? []).filter((entry) => entry.from === "applicant").map((entry) => entry.text);

beforeEach(async () => {
  mock = createMock({ thinking: 5, ping: 50, reply: (_talk, text) => [{ text: `re: ${text}`, act: { act: "smalltalk", kind: "greet" } }] });
  url = await mock.start();
  area = new Area();
});

afterEach(async () => {
  for (const tab of tabs.splice(0)) tab.kill();
  await mock.stop();
});

describe("beginning", () => {
  it("asks the server for nothing before the first message", async () => {
    const tab = open();
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(mock.control.seen).toMatchObject({ posts: 0, streams: 0, reads: 0, conversations: 0 });
    expect(tab.snapshot()).toMatchObject({ messages: [], loaded: true, connection: "none" });
  });

  it("shows a message at once and the reply when it comes", async () => {
    const tab = open();
    tab.conversation.send("  hello  ");
    expect(tab.snapshot().pending).toMatchObject([{ text: "hello", state: "sending" }]);
    await until(() => expect(tab.texts()).toEqual(["hello", "re: hello"]));
    await until(() => expect(tab.snapshot().pending).toEqual([]));
  });

  it("makes one conversation for several messages written at once, and keeps their order", async () => {
    const tab = open();
    for (const text of ["one", "two", "three"]) tab.conversation.send(text);
    await until(() => expect(sent()).toEqual(["one", "two", "three"]));
    expect(mock.control.seen.conversations).toBe(1);
  });

  it("sends nothing for empty words", () => {
    const tab = open();
    tab.conversation.send(" \n ");
    expect(tab.snapshot().pending).toEqual([]);
  });
});

describe("over reloads", () => {
  it("shows the same thread again", async () => {
    const before = open();
    before.conversation.send("hello");
    await until(() => expect(before.texts()).toEqual(["hello", "re: hello"]));
    before.kill();
    const after = open();
    expect(after.snapshot().loaded).toBe(false);
    await until(() => expect(after.texts()).toEqual(["hello", "re: hello"]));
    await until(() => expect(after.snapshot().loaded).toBe(true));
  });

  it("fetches a long thread in full", async () => {
    const before = open();
    before.conversation.send("hello");
    await until(() => expect(before.texts()).toHaveLength(2));
    before.kill();
    for (let index = 0; index < 450; index += 1) mock.control.bot(`more ${index}`);
    const after = open();
    await until(() => expect(after.texts()).toHaveLength(452));
    expect(after.texts()).toEqual(onRecord());
  });

  it("sends what a killed tab could not send", async () => {
    mock.control.faults.down = true;
    const before = open();
    before.conversation.send("written offline");
    await until(() => expect(before.snapshot().pending).toMatchObject([{ state: "waiting" }]));
    before.kill();
    mock.control.faults.down = false;
    const after = open();
    await until(() => expect(after.texts()).toEqual(["written offline", "re: written offline"]));
  });
});

describe("while the network fails", () => {
  it("keeps messages and sends each once when it is back", async () => {
    const tab = open();
    tab.conversation.send("first");
    await until(() => expect(tab.texts()).toHaveLength(2));
    mock.control.faults.down = true;
    mock.control.cut();
    for (const text of ["a", "b", "c"]) tab.conversation.send(text);
    await until(() => expect(tab.snapshot()).toMatchObject({ connection: "down" }));
    expect(tab.snapshot().pending.map((entry) => entry.text)).toEqual(["a", "b", "c"]);
    mock.control.faults.down = false;
    await until(() => expect(sent()).toEqual(["first", "a", "b", "c"]));
    await until(() => expect(tab.texts()).toEqual(onRecord()));
  });

  it("does not double a message whose answer was lost on the way", async () => {
    mock.control.faults.loseAnswers = 2;
    const tab = open();
    tab.conversation.send("once");
    await until(() => expect(tab.texts()).toEqual(["once", "re: once"]));
    await until(() => expect(tab.snapshot().pending).toEqual([]));
    expect(sent()).toEqual(["once"]);
  });

  it("reads on from its cursor after the stream was cut", async () => {
    const tab = open();
    tab.conversation.send("hello");
    await until(() => expect(tab.snapshot().connection).toBe("live"));
    await until(() => expect(tab.texts()).toHaveLength(2));
    mock.control.cut();
    mock.control.bot("said during the break");
    await until(() => expect(tab.texts().at(-1)).toBe("said during the break"));
    await until(() => expect(tab.snapshot().connection).toBe("live"));
    expect(tab.texts()).toEqual(onRecord());
  });

  it("notices a stream that has died without ending", async () => {
    const tab = open();
    tab.conversation.send("hello");
    await until(() => expect(tab.texts()).toHaveLength(2));
    mock.control.faults.stream = "silent";
    mock.control.cut();
    await until(() => expect(mock.control.seen.streams).toBeGreaterThan(1));
    mock.control.bot("into the silence");
    mock.control.faults.stream = "ok";
    await until(() => expect(tab.texts().at(-1)).toBe("into the silence"));
  });

  it("polls where streams are refused, and streams again when they are not", async () => {
    mock.control.faults.stream = "refuse";
    const tab = open();
    tab.conversation.send("hello");
    await until(() => expect(tab.snapshot().connection).toBe("polling"));
    await until(() => expect(tab.texts()).toEqual(["hello", "re: hello"]));
    mock.control.faults.stream = "ok";
    await until(() => expect(tab.snapshot().connection).toBe("live"));
  });

  it("looks in now and then while nobody looks, and streams when somebody does", async () => {
    const tab = open();
    tab.conversation.send("hello");
    await until(() => expect(tab.snapshot().connection).toBe("live"));
    tab.pace = "idle";
    tab.conversation.wake();
    await until(() => expect(tab.snapshot().connection).toBe("polling"));
    expect(mock.control.last()?.streams.size).toBe(0);
    mock.control.bot("still here");
    await until(() => expect(tab.texts().at(-1)).toBe("still here"));
    tab.pace = "live";
    tab.conversation.wake();
    await until(() => expect(tab.snapshot().connection).toBe("live"));
  });

  // CHHA_WIDGET_MESSAGES asks for a longer run.
  const MESSAGES = Number(process.env.CHHA_WIDGET_MESSAGES ?? 60);

  it(`carries ${MESSAGES} messages each way through cuts, lost answers and restarts, once and in order`, { timeout: 30_000 + MESSAGES * 200 }, async () => {
    const trouble = setInterval(() => {
      const { faults, cut } = mock.control;
      const dice = Math.random();
      if (dice < 0.3) cut();
      else if (dice < 0.5) faults.loseAnswers = 1;
      else if (dice < 0.65) faults.refuse = { times: 2, status: 503, body: { title: "busy" } };
      else if (dice < 0.8) {
        faults.down = true;
        cut();
      } else faults.down = false;
    }, 25);
    let tab = open();
    try {
      for (let index = 0; index < MESSAGES; index += 1) {
        tab.conversation.send(`message ${index}`);
        if (index % 12 === 11) {
          tab.kill(); // and whatever was under way with it
          tab = open();
        }
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
    } finally {
      clearInterval(trouble);
      Object.assign(mock.control.faults, { down: false, loseAnswers: 0, refuse: null });
    }
    const wanted = Array.from({ length: MESSAGES }, (_, index) => `message ${index}`);
    await vi.waitFor(() => expect(sent()).toEqual(wanted), { timeout: 20_000 + MESSAGES * 100, interval: 20 });
    await until(() => expect(onRecord()).toHaveLength(2 * MESSAGES));
    await until(() => expect(tab.texts()).toEqual(onRecord()));
    expect(new Set(tab.texts()).size).toBe(2 * MESSAGES);
  });
});

describe("refusals", () => {
  it("shows a refused message with the reason, sends the others, and tries again on demand", async () => {
    mock.control.faults.refuse = { times: 1, status: 422, body: { title: "Unprocessable", detail: "That cannot be read." } };
    const tab = open();
    tab.conversation.send("refused");
    tab.conversation.send("fine");
    await until(() => expect(tab.texts()).toContain("re: fine"));
    expect(tab.snapshot().pending).toMatchObject([{ text: "refused", state: "failed", failure: "That cannot be read." }]);
    tab.conversation.retry(tab.snapshot().pending[0]?.client_id ?? "");
    await until(() => expect(sent()).toEqual(["fine", "refused"]));
    await until(() => expect(tab.snapshot().pending).toEqual([]));
  });

  it("forgets a refused message that the visitor removes", async () => {
    mock.control.faults.refuse = { times: 1, status: 422, body: {} };
    const tab = open();
    tab.conversation.send("refused");
    await until(() => expect(tab.snapshot().pending).toMatchObject([{ state: "failed" }]));
    tab.conversation.discard(tab.snapshot().pending[0]?.client_id ?? "");
    expect(tab.snapshot().pending).toEqual([]);
    expect(area.data.size).toBe(1); // the identity alone
  });

  it("waits as long as the server asks, also over a reload", async () => {
    mock.control.faults.refuse = { times: 1, status: 429, body: { title: "Too many", retry_after: 0.4 } };
    const before = open();
    const began = Date.now();
    before.conversation.send("hello");
    await until(() => expect(before.snapshot().pausedUntil).toBeGreaterThan(began));
    before.kill();
    const after = open();
    after.conversation.wake();
    await until(() => expect(after.texts()).toContain("re: hello"));
    expect(Date.now() - began).toBeGreaterThanOrEqual(400);
    expect(mock.control.seen.posts).toBe(2);
  });

  it("does not hammer a server that asks for no pause at all", async () => {
    mock.control.faults.refuse = { times: 1_000, status: 429, body: {}, headers: { "Retry-After": "0" } };
    const tab = open();
    tab.conversation.send("hello");
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(mock.control.seen.posts).toBeLessThan(20);
  });
});

describe("a token that is no longer valid", () => {
  it("leads to a new conversation that begins with what was not sent", async () => {
    const tab = open();
    tab.conversation.send("old");
    await until(() => expect(tab.texts()).toHaveLength(2));
    mock.control.revoke();
    tab.conversation.send("new");
    await until(() => expect(tab.texts()).toEqual(["new", "re: new"]));
    expect(tab.snapshot().renewed).toBe(true);
    expect(mock.control.seen.conversations).toBe(2);
  });

  it("is noticed without a message, and no conversation is made for nothing", async () => {
    const tab = open();
    tab.conversation.send("old");
    await until(() => expect(tab.texts()).toHaveLength(2));
    mock.control.revoke();
    await until(() => expect(tab.snapshot()).toMatchObject({ messages: [], renewed: true, connection: "none" }));
    expect(mock.control.seen.conversations).toBe(1);
    expect(area.data.size).toBe(0);
  });

  it("is replaced by the one that the server renews it with, in every tab, and the thread goes on", async () => {
    const tab = open();
    tab.conversation.send("one");
    await until(() => expect(tab.texts()).toHaveLength(2));
    const other = open();
    await until(() => expect(other.texts()).toHaveLength(2));
    const old = tab.conversation.session?.token ?? "";
    mock.control.faults.renew = true;
    tab.conversation.send("two");
    await until(() => expect(tab.texts()).toHaveLength(4));
    mock.control.faults.renew = false;
    await until(() => expect(other.conversation.session?.token).toBe(tab.conversation.session?.token));
    expect(tab.conversation.session?.token).not.toBe(old);
    mock.control.faults.refused = [old];
    mock.control.cut();
    other.conversation.send("three");
    await until(() => expect(tab.texts()).toEqual(["one", "re: one", "two", "re: two", "three", "re: three"]));
    expect(other.snapshot().renewed).toBe(false);
  });

  it("does not end the conversation when another tab has a newer one", async () => {
    const deaf = open();
    deaf.conversation.send("one");
    await until(() => expect(deaf.texts()).toHaveLength(2));
    const stale = deaf.conversation.session?.token ?? "";
    mock.control.faults.renew = true;
    const other = open();
    await until(() => expect(other.conversation.session?.token).not.toBe(stale));
    mock.control.faults.renew = false;
    mock.control.faults.refused = [stale];
    deaf.conversation.send("two");
    await until(() => expect(deaf.texts()).toEqual(["one", "re: one", "two", "re: two"]));
    expect(mock.control.seen.conversations).toBe(1);
  });

  it("does not make conversations in a loop when the server refuses each new token", async () => {
    const refusing: Fetch = (input, init) =>
      init?.method === "POST" && input.endsWith("/messages")
        ? Promise.resolve(new Response("{}", { status: 401 }))
        : fetch(input, init);
    const tab = open({ fetch: refusing, timing: { backoff: { first: 100, longest: 1_000 } } });
    tab.conversation.send("hello");
    await new Promise((resolve) => setTimeout(resolve, 500));
    expect(mock.control.seen.conversations).toBeLessThan(8);
    expect(tab.snapshot().pending).toMatchObject([{ text: "hello", state: "waiting" }]);
  });
});

describe("buttons", () => {
  const offer = { act: "clarify", options: [{ label: "Student" }, { label: "Graduate" }] };
  const offered = async (tab: Tab): Promise<string> => {
    tab.conversation.send("hello");
    await until(() => expect(tab.texts()).toHaveLength(2));
    mock.control.bot("Which one?", offer);
    await until(() => expect(tab.texts()).toHaveLength(3));
    return tab.snapshot().messages.at(-1)?.id ?? "";
  };

  it("send the place of the option and show its label meanwhile", async () => {
    const tab = open();
    const id = await offered(tab);
    tab.conversation.choose({ message: id, option: 1 }, "Graduate");
    expect(tab.snapshot().pending).toMatchObject([{ text: "Graduate" }]);
    await until(() => expect(tab.texts().slice(-2)).toEqual(["Graduate", "re: Graduate"]));
  });

  it("send their words when the server no longer knows the offer", async () => {
    const tab = open();
    await offered(tab);
    tab.conversation.choose({ message: "gone", option: 1 }, "Graduate");
    await until(() => expect(tab.texts().slice(-2)).toEqual(["Graduate", "re: Graduate"]));
    await until(() => expect(tab.snapshot().pending).toEqual([]));
  });

  it("send their words in the new conversation when the old one is gone", async () => {
    const tab = open();
    const id = await offered(tab);
    mock.control.faults.down = true;
    mock.control.cut();
    tab.conversation.choose({ message: id, option: 0 }, "Student");
    mock.control.revoke();
    mock.control.faults.down = false;
    await until(() => expect(tab.texts()).toEqual(["Student", "re: Student"]));
  });
});

describe("two tabs", () => {
  it("show one thread, each message once", async () => {
    const lock = makeLock();
    const first = open({ lock });
    const second = open({ lock });
    first.conversation.send("from the first");
    await until(() => expect(second.texts()).toEqual(["from the first", "re: from the first"]));
    second.conversation.send("from the second");
    await until(() => expect(first.texts()).toHaveLength(4));
    expect(first.texts()).toEqual(second.texts());
    expect(mock.control.seen.conversations).toBe(1);
  });

  it("lose and double nothing when both write at once without locks", async () => {
    const first = open();
    const second = open();
    for (let index = 0; index < 10; index += 1) {
      first.conversation.send(`first ${index}`);
      second.conversation.send(`second ${index}`);
    }
    await until(() => expect(first.texts()).toHaveLength(40));
    await until(() => expect(second.texts()).toEqual(first.texts()));
    // One of the two may have made a conversation that stays empty; both follow the other.
    const record = mock.control.talks.get(first.conversation.session?.conversation ?? "")?.messages ?? [];
    expect(first.texts()).toEqual(record.map((entry) => entry.text));
    for (const name of ["first", "second"]) {
      const own = record.filter((entry) => entry.from === "applicant" && entry.text.startsWith(name)).map((entry) => entry.text);
      expect(own).toEqual(Array.from({ length: 10 }, (_, index) => `${name} ${index}`));
    }
  });

  it("never lets a message blink while the other tab hands it over", async () => {
    const lock = makeLock();
    const first = open({ lock });
    first.conversation.send("hello");
    await until(() => expect(first.texts()).toHaveLength(2));
    const second = open({ lock });
    await until(() => expect(second.texts()).toHaveLength(2));
    const seen = new Set<number>();
    first.conversation.send("watched");
    await until(() => {
      seen.add(second.texts().filter((text) => text === "watched").length);
      expect(second.texts()).toContain("re: watched");
    });
    expect([...seen].filter((count) => count > 1)).toEqual([]);
    expect(second.texts().filter((text) => text === "watched")).toHaveLength(1);
  });

  it("begin anew together", async () => {
    const first = open();
    const second = open();
    first.conversation.send("hello");
    await until(() => expect(second.texts()).toHaveLength(2));
    second.conversation.restart();
    await until(() => expect(first.texts()).toEqual([]));
    expect(area.data.size).toBe(0);
    first.conversation.send("again");
    await until(() => expect(second.texts()).toEqual(["again", "re: again"]));
  });
});

describe("what is shown besides", () => {
  it("tells who holds the conversation and whether the bot works, as the server says it", async () => {
    const tab = open();
    tab.conversation.send("hello");
    await until(() => expect(tab.texts()).toHaveLength(2));
    mock.control.state({ working: true });
    await until(() => expect(tab.snapshot().state.working).toBe(true));
    mock.control.claim("Maya Chen");
    mock.control.state({ working: false });
    await until(() => expect(tab.snapshot().state).toEqual({ holder: "assigned", staff: { name: "Maya Chen", picture: null }, working: false, typing: false }));
  });

  it("learns of a change that happened while it was away", async () => {
    const before = open();
    before.conversation.send("hello");
    await until(() => expect(before.texts()).toHaveLength(2));
    before.kill();
    mock.control.claim("Maya Chen");
    const after = open();
    await until(() => expect(after.snapshot().state.staff?.name).toBe("Maya Chen"));
  });

  it("counts what others wrote until the visitor has seen it, over reloads too", async () => {
    const before = open();
    before.conversation.send("hello");
    await until(() => expect(before.snapshot().unread).toBe(1));
    before.conversation.markRead();
    expect(before.snapshot().unread).toBe(0);
    mock.control.staff("Maya", "one");
    mock.control.system("a note");
    await until(() => expect(before.texts()).toHaveLength(4));
    before.kill();
    const after = open();
    await until(() => expect(after.snapshot().unread).toBe(1));
  });

  it("closes its stream when the page is put away and reads on when it is back", async () => {
    const tab = open();
    tab.conversation.send("hello");
    await until(() => expect(tab.snapshot().connection).toBe("live"));
    tab.conversation.suspend();
    await until(() => expect(mock.control.last()?.streams.size).toBe(0));
    mock.control.bot("meanwhile");
    tab.conversation.resume();
    await until(() => expect(tab.texts().at(-1)).toBe("meanwhile"));
  });
});

describe("storage", () => {
  it("keeps an identity for its own server only", async () => {
    const tab = open();
    tab.conversation.send("hello");
    await until(() => expect(tab.texts()).toHaveLength(2));
    const other = createMock({});
    const elsewhere = openTab(await other.start(), area);
    tabs.push(elsewhere);
    elsewhere.conversation.start();
    expect(elsewhere.conversation.session).toBeNull();
    await other.stop();
  });
});

describe("where streams fail", () => {
  it("a read waits at the server and brings the news at once", async () => {
    mock.control.faults.stream = "refuse";
    const tab = open({ timing: { wait: 20, streamPause: 60_000 } });
    tab.conversation.send("hello");
    await until(() => expect(tab.texts()).toEqual(["hello", "re: hello"]));
    await until(() => expect(mock.control.seen.waits).toBeGreaterThan(0));
    const { reads } = mock.control.seen;
    mock.control.staff("Maya", "A person writes");
    await until(() => expect(tab.texts()).toHaveLength(3));
    // The one that waited brought it, and perhaps the next began.
    expect(mock.control.seen.reads - reads).toBeLessThanOrEqual(2);
  });

  it("a server that does not let reads wait is asked at a pace", async () => {
    Object.assign(mock.control.faults, { stream: "refuse", impatient: true });
    const tab = open({ timing: { pollLive: 100, streamPause: 60_000 } });
    tab.conversation.send("hello");
    await until(() => expect(tab.snapshot().connection).toBe("polling"));
    const { reads } = mock.control.seen;
    await new Promise((resolve) => setTimeout(resolve, 500));
    expect(mock.control.seen.reads - reads).toBeLessThanOrEqual(14);
  });
});

describe("consent", () => {
  it("is asked for before anything is taken, and nothing written is lost", async () => {
    mock.control.config.consent_notice = { version: "v1", text: "We keep this chat." };
    const options: Parameters<typeof openTab>[2] = {};
    const tab = open(options);
    tab.conversation.send("hello");
    await until(() => expect(tab.snapshot().consentMissing).toBe(true));
    expect(mock.control.seen.conversations).toBe(0);
    options.consent = "v1";
    tab.conversation.agreed();
    await until(() => expect(tab.texts()).toEqual(["hello", "re: hello"]));
  });
});

describe("a proof of work", () => {
  it("is made when it is asked for, and the message goes out", async () => {
    mock.control.faults.prove = true;
    const tab = open();
    tab.conversation.send("hello");
    await until(() => expect(tab.texts()).toEqual(["hello", "re: hello"]));
    expect(mock.control.seen.proofs).toEqual([4321]);
  });
});

describe("ratings", () => {
  it("are shown at once, and taken back when the server does not take them", async () => {
    const tab = open();
    tab.conversation.send("hello");
    await until(() => expect(tab.texts()).toHaveLength(2));
    const answer = (): { id: string; helpful: boolean | null } | undefined => tab.snapshot().messages[1];
    const id = answer()?.id ?? "";
    await tab.conversation.rate(id, true);
    expect(mock.control.last()?.messages[1]?.helpful).toBe(true);
    mock.control.faults.refuseRatings = true;
    const refused = tab.conversation.rate(id, false);
    expect(answer()?.helpful).toBe(false);
    await expect(refused).rejects.toThrow();
    expect(answer()?.helpful).toBe(true);
  });
});

describe("a person whom the site vouches for", () => {
  it("finds the thread again on another device", async () => {
    const phone = open();
    await phone.conversation.identify("amina");
    phone.conversation.send("from the phone");
    await until(() => expect(phone.texts()).toHaveLength(2));
    const laptop = open({}, new Area());
    await laptop.conversation.identify("amina");
    await until(() => expect(laptop.texts()).toEqual(phone.texts()));
  });

  it("does not see the thread of another on the same device, and signing out forgets it", async () => {
    const tab = open();
    await tab.conversation.identify("amina");
    tab.conversation.send("private");
    await until(() => expect(tab.texts()).toHaveLength(2));
    await tab.conversation.identify("bola");
    expect(tab.texts()).toEqual([]);
    await tab.conversation.identify("amina");
    await until(() => expect(tab.texts()).toHaveLength(2));
    await tab.conversation.identify(null);
    expect(tab.texts()).toEqual([]);
    expect([...area.data.keys()]).toEqual([]);
  });

  it("stays unknown where the token is not taken, and can still write", async () => {
    vi.spyOn(console, "warn").mockReturnValue();
    const tab = open();
    await tab.conversation.identify("bad");
    tab.conversation.send("hello");
    await until(() => expect(tab.texts()).toHaveLength(2));
    vi.restoreAllMocks();
  });
});

describe("a message for the team", () => {
  it("goes to people with the address for the answer", async () => {
    const tab = open();
    tab.conversation.leave(" Please call ", "amina@example.org");
    await until(() => expect(tab.snapshot().state.holder).toBe("queued"));
    expect(mock.control.seen.left).toEqual(["amina@example.org"]);
    expect(sent()).toEqual(["Please call"]);
  });
});
