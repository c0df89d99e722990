// Test room: a front desk of the tests' own. It speaks the website API (conversations, messages, cursor, live stream,
// config), keeps everything in memory, and can be told to misbehave. It is never part of what visitors load.
// `node tests/mock-server.mjs` starts it on a free port with the demo page, and prints the address. With `--fresh` that is
// the address of a clerk: each POST there gives the address of another front desk that knows nothing of those before.

import { createHash, createHmac, randomBytes, randomUUID, timingSafeEqual } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { createServer } from "node:http";
import { fileURLToPath } from "node:url";

const PAGE_CSP = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'none'";
/** A red square of one pixel. */
const PICTURE = Buffer.from("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg==", "base64");
const GUIDE = "https://www.clinicalprograms.com/blogs/what-is-the-difference-between-internship-and-residency";

/** @typedef {{ text: string, act: Record<string, unknown> }} Reply */
/** @typedef {{ id: string, seq: number, at: string, from: string, name: string | null, text: string, act: object | null, client_id: string | null, in_reply_to: string | null, helpful: boolean | null, picture: string | null }} Message */
/**
 * @typedef {object} Talk
 * @property {string} id
 * @property {Message[]} messages
 * @property {Map<string, Message>} byClient
 * @property {{ holder: string, staff: { name: string, picture: string | null } | null, working: boolean, typing: boolean }} state
 * @property {Set<() => void>} waiting
 * @property {string | null} subject
 * @property {Set<import("node:http").ServerResponse>} streams
 * @property {Record<string, string> | null} form
 * @property {string | null} asking
 */

const QUESTIONS = /** @type {const} */ ({
  consent: { step: 0, text: "Before we start: may CHHA store what you tell me here to handle your application?", choices: ["Yes, I agree", "No"] },
  full_name: { step: 1, text: "What is your **full name**, as in your passport?" },
  email: { step: 1, text: "Which **email address** may we write to?" },
  phone: { step: 1, text: "And your **phone number**, with the country code? You may skip this.", optional: true },
  training_stage: { step: 2, text: "Are you a medical student or have you graduated?", choices: ["Medical student", "Graduate"] },
});
const ORDER = /** @type {(keyof typeof QUESTIONS)[]} */ (Object.keys(QUESTIONS));
const LABELS = { full_name: "Full name", email: "Email", phone: "Phone", training_stage: "Training stage" };

/** @param {Talk} talk @param {string} text @returns {Reply[]} */
export function answer(talk, text) {
  const said = text.toLowerCase();
  if (/want to die|hopeless/.test(said)) {
    return [{
      text: "I'm really sorry you feel this way. You deserve help right now. In the US, call or text **988**, any time. Outside the US, call your local emergency number or find a line near you. If you are in danger now, call **911** in the US. Please also tell someone you trust.",
      act: { act: "safety", kind: "crisis", contacts: [{ label: "Call or text 988 (US)", tel: "988" }, { label: "Call 911 (US emergency)", tel: "911" }, { label: "Find a line in your country", url: "https://findahelpline.com/" }] },
    }];
  }
  if (/person|human/.test(said)) {
    talk.state = { ...talk.state, holder: "queued" };
    return [{ text: "I've asked a person on the CHHA team to join you here. Your application goes along, so you need not repeat anything.", act: { act: "handoff", reason: "asked", available: true, waiting: 5 } }];
  }
  if (/difference/.test(said)) {
    return [{
      text: "In CHHA's guide, an **internship** is a short clinical rotation during medical school. A **residency** is paid training in one specialty after you graduate, and it lasts several years.\n\nOne warning: in US hospitals, the word \"intern\" often means a first-year resident. If you tell me where you saw the word, I can say which meaning fits.",
      act: { act: "answer", topic: "difference_overview", stability: "stable", reviewed: "2026-11-22", sources: [{ title: "What is the Difference Between Internship and Residency? (CHHA)", url: GUIDE }, { title: "Residency definitions (Johns Hopkins)", url: "https://www.hopkinsmedicine.org/" }], next: [{ topic: "difference_duration", label: "How long does each one take?" }, { topic: "difference_pay", label: "Is either of them paid?" }] },
    }];
  }
  if (/paid/.test(said)) return [{ text: "A clinical rotation during medical school is not paid. Residency is paid work.", act: { act: "answer", topic: "difference_pay", reviewed: "2026-11-22", sources: [{ title: "CHHA's guide", url: GUIDE }], next: [{ topic: "apply", label: "How do I apply?" }] } }, ...again(talk)];
  if (/how long|long answer/.test(said)) {
    return [{ text: "It depends on the path:\n\n- **Clinical rotation:** a few weeks to a few months\n- **Residency:** 3 to 7 years, for example\n  1 field here\n- Internal medicine: 3 years\n- Neurosurgery: 7 years\n\nThe steps are:\n\n1. Medical school\n2. USMLE and ECFMG Certification\n3. The Match\n4. Residency, which begins around July 1\n\n" + (said.includes("long answer") ? "This paragraph makes the answer longer than the panel is high, so that it must be read from its beginning. ".repeat(14) : "") + "See [FREIDA](https://freida.ama-assn.org/) or https://www.nrmp.org/.", act: { act: "answer", topic: "difference_duration", reviewed: "2026-11-22", sources: [{ title: "FREIDA (AMA)", url: "https://freida.ama-assn.org/" }], next: [{ topic: "x", label: "When does residency start?" }] } }];
  }
  if (/^internship\??$/.test(said)) {
    return [{ text: "\"Internship\" has three common meanings. Which one do you mean?", act: { act: "clarify", options: [{ topic: "what_is_internship", label: "A clinical rotation in medical school" }, { topic: "intern_year_pgy1", label: "The first year of residency (PGY-1)" }, { topic: "home_country_internship", label: "A required year in my own country" }] } }];
  }
  if (/apply/.test(said) && talk.asking === null) {
    talk.form = {};
    return [{ text: "Let's begin. It takes about five minutes, and everything you enter is saved as you go.", act: { act: "application", event: "started" } }, ask(talk, "consent")];
  }
  if (/change my/.test(said) && talk.form !== null) {
    const field = ORDER.find((name) => said.includes((LABELS[/** @type {keyof typeof LABELS} */ (name)] ?? "-").toLowerCase()));
    if (field !== undefined) return [ask(talk, field)];
  }
  if (talk.asking !== null && talk.form !== null) return fill(talk, text);
  if (/attack/.test(said)) return [{ text: "<img src=x onerror=\"window.hacked=1\"> [click](javascript:alert(1)) **bold <script>window.hacked=1</script>** [ok](https://example.org)", act: { act: "fallback", tries: 1 } }];
  if (/salaam|سلام/.test(said)) return [{ text: "مرحبا! يمكنني المساعدة في التدريب السريري والطريق إلى الإقامة في الولايات المتحدة.", act: { act: "smalltalk", kind: "greet" } }];
  if (/^echo /.test(said)) return [{ text: text.slice(5), act: { act: "smalltalk", kind: "greet" } }];
  return [{ text: "I did not understand that. I can help with clinical rotations and the path to US residency.", act: { act: "fallback", tries: 1, options: [{ choice: "human", label: "Talk to a person" }, { choice: "capabilities", label: "What can you do?" }] } }];
}

/** @param {Talk} talk @param {keyof typeof QUESTIONS} field @returns {Reply} */
function ask(talk, field) {
  talk.asking = field;
  /** @type {{ step: number, text: string, choices?: readonly string[], optional?: boolean }} */
  const question = QUESTIONS[field];
  return {
    text: question.text,
    act: { act: "question", form: "application", field, step: question.step, steps: 5, optional: question.optional ?? false, ...(question.choices ? { choices: question.choices.map((label) => ({ label, value: label })) } : {}) },
  };
}

/** @param {Talk} talk @returns {Reply[]} */
function again(talk) {
  return talk.asking === null || talk.asking === "review" ? [] : [ask(talk, /** @type {keyof typeof QUESTIONS} */ (talk.asking))];
}

/** @param {Talk} talk @param {string} text @returns {Reply[]} */
function fill(talk, text) {
  const form = talk.form ?? {};
  if (/why do you ask/i.test(text)) return [{ text: "So that our team can reach you about your application. We use it for nothing else.", act: { act: "answer", topic: "explain_why", sources: [] } }, ...again(talk)];
  if (talk.asking === "review") {
    if (!/yes|send/i.test(text)) return [{ text: "Your draft is kept. Come back any time.", act: { act: "application", event: "paused" } }];
    talk.asking = null;
    talk.form = null;
    return [{ text: "Thank you. Our team reads your application and writes to you about the next steps. Applying does not guarantee a rotation or a residency.", act: { act: "application", event: "sent", reference: "CH-7KQ4-M2XW" } }];
  }
  if (talk.asking !== null) form[talk.asking] = /^skip$/i.test(text) ? "" : text;
  const next = ORDER.find((field) => form[field] === undefined);
  if (next !== undefined) return [ask(talk, next)];
  talk.asking = "review";
  const item = (/** @type {keyof typeof LABELS} */ field) => ({ field, label: LABELS[field], value: form[field] ?? "" });
  return [{
    text: `Step 5 of 5: Review. Here is your application:\nAbout you\n${["full_name", "email", "phone"].map((field) => `- ${LABELS[/** @type {keyof typeof LABELS} */ (field)]}: ${form[field] ?? ""}`).join("\n")}\nMedical school\n- Training stage: ${form["training_stage"] ?? ""}\nApplying guarantees neither a rotation nor a residency.\nIs everything right? Say yes to send it, or tell me what to change.`,
    act: { act: "question", form: "application", field: "review", step: 5, steps: 5, optional: false, choices: [{ label: "Yes, send it", value: "yes" }, { label: "Not yet", value: "no" }], summary: [{ title: "About you", items: [item("full_name"), item("email"), item("phone")] }, { title: "Medical school", items: [item("training_stage")] }] },
  }];
}

/**
 * @param {{ dist?: URL, demo?: URL, pages?: URL, thinking?: number, ping?: number, reply?: (talk: Talk, text: string) => Reply[], quiet?: boolean }} options
 */
export function createMock(options = {}) {
  const { thinking = 60, ping = 15_000, reply = answer } = options;
  const secret = randomBytes(16);
  /** @type {Map<string, Talk>} */
  const talks = new Map();
  /** Faults the tests switch on. */
  const faults = {
    /** every connection is cut before an answer */
    down: false,
    /** POSTs of messages are stored, but their answer is cut: how many still */
    loseAnswers: 0,
    /** POSTs of messages answer this problem: how many still */
    refuse: /** @type {{ times: number, status: number, body: object, headers?: Record<string, string> } | null} */ (null),
    /** "ok" | "refuse" (503) | "silent" (opens and says nothing) */
    stream: "ok",
    /** tokens signed before are no longer valid */
    epoch: 0,
    /** answers bring a new token along */
    renew: false,
    /** single tokens that are no longer valid */
    refused: /** @type {string[]} */ ([]),
    /** waiting reads are answered at once */
    impatient: false,
    /** a new conversation needs a proof of work */
    prove: false,
    refuseRatings: false,
    /** files are refused: how many still */
    refuseFiles: 0,
    /** files that are on their way stay so */
    holdFiles: false,
    /** the bot thinks until this is switched off */
    thinks: false,
  };
  const seen = { posts: 0, streams: 0, reads: 0, waits: 0, conversations: 0, uploads: 0, files: /** @type {{ id: string, name: string, document: string | null }[]} */ ([]), mails: /** @type {string[]} */ ([]), left: /** @type {(string | null)[]} */ ([]), proofs: /** @type {number[]} */ ([]) };
  const config = {
    name: "CHHA",
    greeting: "Hello! I'm CHHA's automated assistant. I can answer questions about **clinical rotations** and the path to **US residency**, take your application, or bring in a person from our team.",
    max_text: 4000,
    notice: /** @type {string | null} */ ("By writing here you agree that CHHA keeps this conversation to answer you. Please don't send passport numbers, exam IDs or health records."),
    consent_notice: /** @type {{ version: string, text: string } | null} */ (null),
    files: /** @type {{ max_size: number, accept: string } | null} */ ({ max_size: 1_000_000, accept: "" }),
    mail: true,
    hours: { open: false, next_open: /** @type {string | null} */ (new Date(Date.now() + 86_400_000).toISOString()) },
  };

  const sign = (/** @type {string} */ id, nonce = randomBytes(4).toString("hex")) =>
    `${nonce}.${createHmac("sha256", secret).update(`${faults.epoch}:${id}:${nonce}`).digest("base64url")}`;
  const valid = (/** @type {string} */ id, /** @type {string} */ header) => {
    const given = header.replace(/^Bearer /, "");
    const wanted = sign(id, given.split(".")[0]);
    return !faults.refused.includes(given) && given.length === wanted.length && timingSafeEqual(Buffer.from(given), Buffer.from(wanted));
  };

  /** @param {Talk} talk @param {Partial<Message>} part */
  const store = (talk, part) => {
    /** @type {Message} */
    const message = { id: randomUUID(), seq: talk.messages.length + 1, at: new Date().toISOString(), from: "bot", name: null, text: "", act: null, client_id: null, in_reply_to: null, helpful: null, picture: null, ...part };
    talk.messages.push(message);
    if (message.client_id !== null) talk.byClient.set(message.client_id, message);
    for (const stream of talk.streams) stream.write(`event: message\nid: ${message.seq}\ndata: ${JSON.stringify(message)}\n\n`);
    for (const wake of talk.waiting) wake();
    return message;
  };
  /** @param {Talk} talk @param {Partial<Talk["state"]>} change */
  const setState = (talk, change) => {
    talk.state = { ...talk.state, ...change };
    for (const stream of talk.streams) stream.write(`event: state\ndata: ${JSON.stringify(talk.state)}\n\n`);
    for (const wake of talk.waiting) wake();
  };
  /** @param {Talk} talk @param {Message} message */
  const turn = (talk, message) => {
    if (talk.state.holder === "closed") setState(talk, { holder: "bot" });
    if (talk.state.holder !== "bot") return;
    setState(talk, { working: true });
    const speak = () => {
      if (faults.thinks) {
        setTimeout(speak, 20);
        return;
      }
      for (const { text, act } of reply(talk, message.text)) store(talk, { from: "bot", text, act, in_reply_to: message.id });
      setState(talk, { working: false });
    };
    setTimeout(speak, thinking);
  };

  /** @param {import("node:http").ServerResponse} response @param {number} status @param {unknown} body @param {Record<string, string>} [headers] */
  const send = (response, status, body, headers = {}) => {
    const type = status < 400 ? "application/json" : "application/problem+json";
    response.writeHead(status, { "Content-Type": type, "Cache-Control": "no-store", ...headers });
    response.end(JSON.stringify(body));
  };
  const problem = (/** @type {import("node:http").ServerResponse} */ response, /** @type {number} */ status, /** @type {string} */ title, kind = "test") =>
    send(response, status, { type: `urn:chha:problem:${kind}`, title, status, detail: null });
  const tag = (/** @type {Talk} */ talk) => createHash("sha256").update(JSON.stringify(talk.state)).digest("hex").slice(0, 8);

  /** @param {import("node:http").IncomingMessage} request */
  const readBody = async (request) => {
    /** @type {Buffer[]} */
    const parts = [];
    for await (const part of request) parts.push(/** @type {Buffer} */ (part));
    const raw = Buffer.concat(parts).toString();
    return raw === "" ? {} : JSON.parse(raw);
  };

  /** @param {import("node:http").IncomingMessage} request @param {import("node:http").ServerResponse} response @param {URL} url */
  const api = async (request, response, url) => {
    const { method } = request;
    if (url.pathname === "/api/widget/config") return send(response, 200, config);
    if (url.pathname.startsWith("/api/staff-pictures/")) {
      response.writeHead(200, { "Content-Type": "image/png" });
      return response.end(PICTURE);
    }
    if (url.pathname === "/api/identity" && method === "POST") {
      const { identity, conversation } = await readBody(request);
      if (identity === "bad") return problem(response, 401, "Not valid", "identity");
      const talk = talks.get(conversation);
      if (talk) {
        if (talk.subject !== null && talk.subject !== identity) return problem(response, 409, "Another person", "other-person");
        talk.subject = identity;
      }
      const threads = [...talks.values()].filter(({ subject, messages }) => subject === identity && messages.length > 0).reverse();
      return send(response, 200, { name: null, threads: threads.map(({ id, messages }) => ({ conversation: id, token: sign(id), updated_at: new Date().toISOString(), began_with: messages[0]?.text ?? null })) });
    }
    if (url.pathname === "/api/conversations" && method === "POST") {
      const given = await readBody(request);
      if (config.consent_notice !== null && given.consent !== config.consent_notice.version) return problem(response, 422, "Agree first", "consent");
      if (faults.prove && request.headers["x-proof-of-work"] === undefined) {
        const salt = "73616c74?expires=9999999999";
        const challenge = createHash("sha256").update(`${salt}4321`).digest("hex");
        return send(response, 428, { type: "urn:chha:problem:proof", status: 428, challenge: { algorithm: "SHA-256", challenge, maxnumber: 20_000, salt, signature: "s" } });
      }
      if (faults.prove) seen.proofs.push(JSON.parse(Buffer.from(String(request.headers["x-proof-of-work"]), "base64").toString()).number);
      seen.conversations += 1;
      const id = randomUUID();
      talks.set(id, { id, messages: [], byClient: new Map(), state: { holder: "bot", staff: null, working: false, typing: false }, streams: new Set(), waiting: new Set(), subject: given.identity ?? null, form: null, asking: null });
      return send(response, 201, { conversation: id, token: sign(id) });
    }
    const match = /^\/api\/conversations\/([^/]+)\/(messages|events|files|transcript|messages\/[^/]+\/rating)$/.exec(url.pathname);
    if (match === null) return problem(response, 404, "Not found");
    const [, id = "", what] = match;
    if (!valid(id, request.headers.authorization ?? "")) return problem(response, 401, "Token missing or invalid");
    const talk = talks.get(id);
    if (talk === undefined) return problem(response, 404, "No such conversation");
    if (faults.renew) response.setHeader("X-Visitor-Token", sign(id));
    const after = Number(request.headers["last-event-id"] ?? url.searchParams.get("after") ?? 0);

    if (what === "events") {
      seen.streams += 1;
      if (faults.stream === "refuse") return problem(response, 503, "No streams now");
      response.writeHead(200, { "Content-Type": "text/event-stream", "Cache-Control": "no-store" });
      response.flushHeaders();
      if (faults.stream === "silent") return;
      for (const message of talk.messages) {
        if (message.seq > after) response.write(`event: message\nid: ${message.seq}\ndata: ${JSON.stringify(message)}\n\n`);
      }
      response.write(`event: state\ndata: ${JSON.stringify(talk.state)}\n\n`);
      talk.streams.add(response);
      const pinging = setInterval(() => response.write(": ping\n\n"), ping);
      response.on("close", () => {
        clearInterval(pinging);
        talk.streams.delete(response);
      });
      return;
    }
    if (what?.endsWith("/rating")) {
      const { helpful } = await readBody(request);
      if (faults.refuseRatings) return problem(response, 503, "Not now");
      const rated = talk.messages.find(({ id }) => id === what.split("/")[1]);
      if (rated === undefined) return problem(response, 404, "No such message");
      rated.helpful = helpful;
      response.writeHead(204);
      return response.end();
    }
    if (what === "transcript") {
      if (method === "POST") {
        seen.mails.push((await readBody(request)).email);
        return send(response, 202, {});
      }
      response.writeHead(200, { "Content-Type": "text/plain; charset=utf-8" });
      return response.end(talk.messages.map(({ from, text }) => `${from}: ${text}`).join("\n"));
    }
    if (what === "files") {
      /** @type {Buffer[]} */
      const parts = [];
      for await (const part of request) {
        parts.push(/** @type {Buffer} */ (part));
        if (faults.holdFiles) await new Promise((resolve) => request.on("close", resolve));
      }
      const body = Buffer.concat(parts).toString("latin1");
      seen.uploads += 1;
      if (faults.refuseFiles > 0) {
        faults.refuseFiles -= 1;
        return send(response, 415, { type: "urn:chha:problem:kind", title: "Unsupported", status: 415, detail: "Only documents are taken here." });
      }
      const name = /filename="([^"]*)"/.exec(body)?.[1] ?? "";
      const id = /name="client_id"\r\n\r\n([^\r]*)/.exec(body)?.[1] ?? "";
      if (!seen.files.some((file) => file.id === id)) {
        seen.files.push({ id, name, document: /name="document"\r\n\r\n([^\r]*)/.exec(body)?.[1] ?? null });
        store(talk, { from: "applicant", text: `File: ${name}`, act: { file: { name } } });
      }
      return send(response, 201, { file: { id, name }, seq: talk.messages.length });
    }
    if (method === "GET") {
      seen.reads += 1;
      const wait = Number(url.searchParams.get("wait") ?? 0);
      const known = url.searchParams.get("known") ?? tag(talk);
      if (wait > 0 && !faults.impatient && !talk.messages.some(({ seq }) => seq > after) && known === tag(talk)) {
        seen.waits += 1;
        await new Promise((resolve) => {
          const wake = () => resolve(undefined);
          talk.waiting.add(wake);
          setTimeout(wake, wait * 1_000);
          response.on("close", wake);
        });
      }
      const limit = Math.min(Number(url.searchParams.get("limit") ?? 50), 200);
      const messages = talk.messages.filter((message) => message.seq > after).slice(0, limit);
      return send(response, 200, { messages, state: talk.state, cursor: messages.at(-1)?.seq ?? after, state_tag: tag(talk) });
    }
    seen.posts += 1;
    const body = await readBody(request);
    if (faults.refuse !== null && faults.refuse.times > 0) {
      faults.refuse.times -= 1;
      return send(response, faults.refuse.status, faults.refuse.body, faults.refuse.headers);
    }
    const known = talk.byClient.get(body.client_id);
    if (known !== undefined) return send(response, 200, { message: known, duplicate: true });
    let text = body.text;
    if (body.choice !== undefined) {
      /** @type {any} */
      const act = talk.messages.find((message) => message.id === body.choice.message)?.act;
      const option = (act?.options ?? act?.choices ?? act?.next)?.[body.choice.option];
      if (option === undefined) return problem(response, 422, "That choice is no longer on offer");
      text = option.label;
    }
    if (typeof text !== "string" || text === "" || text.length > config.max_text) return problem(response, 422, "The text is empty or too long.");
    if (body.for_the_team) {
      talk.state = { ...talk.state, holder: "queued" };
      seen.left.push(body.for_the_team.email ?? null);
    }
    const message = store(talk, { from: "applicant", text, client_id: body.client_id });
    if (body.for_the_team) {
      store(talk, { from: "system", text: "Your message is with CHHA's team." });
      setState(talk, {});
    }
    turn(talk, message);
    if (faults.loseAnswers > 0) {
      faults.loseAnswers -= 1;
      return request.socket.destroy();
    }
    send(response, 202, { message, duplicate: false });
  };

  /** What the tests may do from outside, on the last conversation unless one is named. */
  const control = {
    faults,
    seen,
    config,
    talks,
    last: () => [...talks.values()].at(-1),
    /** @param {string} name @param {string | null} [picture] */
    claim: (name, picture = null) => {
      const talk = control.last();
      if (talk) setState(talk, { holder: "assigned", staff: { name, picture } });
    },
    /** @param {string} name @param {string} text @param {string | null} [picture] */
    staff: (name, text, picture = null) => {
      const talk = control.last();
      if (talk) store(talk, { from: "staff", name, text, picture });
    },
    /** Many lines at once, as a long history. @param {Partial<Message>[]} lines */
    fill: (lines) => {
      const talk = control.last();
      if (talk) for (const line of lines) store(talk, line);
    },
    /** @param {string} text */
    system: (text) => {
      const talk = control.last();
      if (talk) store(talk, { from: "system", text });
    },
    /** @param {string} text @param {Record<string, unknown>} [act] */
    bot: (text, act) => {
      const talk = control.last();
      if (talk) store(talk, { from: "bot", text, act: act ?? null });
    },
    /** @param {Partial<Talk["state"]>} change */
    state: (change) => {
      const talk = control.last();
      if (talk) setState(talk, change);
    },
    cut: () => {
      for (const talk of talks.values()) for (const stream of talk.streams) stream.destroy();
    },
    revoke: () => {
      faults.epoch += 1;
      control.cut();
    },
  };

  const files = /** @type {Record<string, { file: URL, type: string }>} */ ({});
  if (options.dist) files["/widget.js"] = { file: new URL("widget.js", options.dist), type: "text/javascript; charset=utf-8" };
  if (options.demo) {
    files["/"] = { file: new URL("index.html", options.demo), type: "text/html; charset=utf-8" };
    files["/demo.css"] = { file: new URL("demo.css", options.demo), type: "text/css; charset=utf-8" };
  }

  if (options.pages) {
    for (const name of readdirSync(options.pages)) {
      const type = name.endsWith(".css") ? "text/css; charset=utf-8" : name.endsWith(".js") ? "text/javascript; charset=utf-8" : "text/html; charset=utf-8";
      files[`/pages/${name}`] = { file: new URL(name, options.pages), type };
    }
  }

  const server = createServer((request, response) => {
    const url = new URL(request.url ?? "/", "http://localhost");
    const run = async () => {
      if (url.pathname === "/__mock" && request.method === "POST") {
        const { call, args = [], set } = await readBody(request);
        Object.assign(faults, set?.faults);
        Object.assign(config, set?.config);
        if (call) /** @type {any} */ (control)[call](...args);
        if (faults.down) control.cut();
        return send(response, 200, { seen, faults, messages: control.last()?.messages ?? [] });
      }
      if (faults.down) return request.socket.destroy();
      if (url.pathname.startsWith("/api/")) return api(request, response, url);
      const part = /^\/widget\/([\w.-]+\.js)$/.exec(url.pathname)?.[1];
      if (part !== undefined && options.dist) {
        response.writeHead(200, { "Content-Type": "text/javascript; charset=utf-8", "Access-Control-Allow-Origin": "*" });
        response.end(readFileSync(new URL(`widget/${part}`, options.dist)));
        return;
      }
      const found = files[url.pathname];
      if (found === undefined) {
        response.writeHead(404).end();
        return;
      }
      response.writeHead(200, { "Content-Type": found.type, "Cache-Control": "no-store", "Content-Security-Policy": PAGE_CSP });
      response.end(readFileSync(found.file));
    };
    run().catch((error) => {
      console.error(error);
      request.socket.destroy();
    });
  });

  return {
    control,
    /** @returns {Promise<string>} the address */
    start: () =>
      new Promise((resolve) => {
        server.listen(0, "127.0.0.1", () => {
          const address = /** @type {import("node:net").AddressInfo} */ (server.address());
          resolve(`http://127.0.0.1:${address.port}`);
        });
      }),
    /** @returns {Promise<void>} */
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const open = () =>
    createMock({ dist: new URL("../dist/", import.meta.url), demo: new URL("../../frontdesk/channels/demo/", import.meta.url), pages: new URL("browser/pages/", import.meta.url) });
  if (process.argv[2] === "--fresh") {
    let desk = open();
    const clerk = createServer((request, response) => {
      request.resume();
      void desk.stop();
      desk = open();
      void desk.start().then((address) => response.end(address));
    });
    clerk.listen(0, "127.0.0.1", () => {
      console.log(`http://127.0.0.1:${/** @type {import("node:net").AddressInfo} */ (clerk.address()).port}`);
    });
  } else console.log(await open().start());
}
