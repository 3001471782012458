/** What is shown of what a server sent: never a credential, wherever and however it stands; and of the rest, all of it as it is. */
import { tmpdir } from "node:os"
import { inspect } from "node:util"
import * as NodeFileSystem from "@effect/platform-node/NodeFileSystem"
import * as NodePath from "@effect/platform-node/NodePath"
import { describe, expect, it } from "@effect/vitest"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import { Fetch } from "effect/http/FetchHttpClient"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as Metric from "effect/Metric"
import * as Redacted from "effect/Redacted"
import * as References from "effect/References"
import * as Schedule from "effect/Schedule"
import * as Tracer from "effect/Tracer"
import { CharacterPerformance, type Runway, type RunwayError, Task } from "../../src/index.ts"
import * as Shown from "../../src/Shown.ts"
import { accepted, input, provider, socketError } from "../support/Provider.ts"
import { recorder } from "../support/Spans.ts"
import * as VirtualTime from "../support/VirtualTime.ts"

const Disk = Layer.merge(NodeFileSystem.layer, NodePath.layer)
const canary = "CANARY"
const id = "5b91e444-c232-deaf-a4d7-8aef3e57336b"

const signed = `https://cdn.example.com/out/a.mp4?X-Amz-Expires=9&X-Amz-Signature=${canary}`
const html = (text: string) => text.replace(/[&/=]/g, (character) => `&#x${character.charCodeAt(0).toString(16)};`)

/** A signed URL, and others with a secret, in the spellings that gateways put into their texts. */
const spellings: Readonly<Record<string, string>> = {
  plain: signed,
  "upper case": signed.replace("https", "HTTPS"),
  "with JSON's escaped slashes": signed.replaceAll("/", "\\/"),
  "in JSON within JSON": signed.replaceAll("/", "\\\\\\/"),
  "with JSON's codes": signed.replace(/[:/?&=]/g, (character) => `\\u00${character.charCodeAt(0).toString(16)}`),
  "percent-encoded": encodeURIComponent(signed),
  "percent-encoded in lower case": encodeURIComponent(signed).toLowerCase().replace("canary", canary),
  "percent-encoded twice": encodeURIComponent(encodeURIComponent(signed)),
  "within another URL": `https://proxy.example.com/fetch/${encodeURIComponent(signed)}`,
  "escaped for HTML": html(signed),
  "of another scheme": signed.replace("https", "s3"),
  "with a fragment": `https://cdn.example.com/a.mp4#token=${canary}`,
  "with a bare query": `https://cdn.example.com/a.mp4?${canary}`,
  "without a scheme": `//cdn.example.com/a.mp4?sig=${canary}`,
  "as a path": `/out/a.mp4?_jwt=${canary}`,
  "as a query alone": `X-Amz-Expires=9&X-Amz-Signature=${canary}`,
  "with a password": `https://user:${canary}@cdn.example.com/a.mp4`,
  "with a password, JSON's slashes": `https:\\/\\/user:${canary}@cdn.example.com\\/a.mp4`,
  "with a password, percent-encoded": encodeURIComponent(`https://user:${canary}@cdn.example.com/a.mp4`),
  "with a password that has a slash": `https://user:${canary}/a+b@cdn.example.com/a.mp4`,
  "after words": `cannot load ${signed}, giving up`,
  "in brackets": `(see <${signed}>)`,
  "with a tag in it": signed.replace("X-Amz-Expires=9", "X-Amz-Expires=<b>9</b>"),
  "with an invisible mark in it": signed.replace("?", "?\u200b").replace("https", "ht\u00adtps"),
  "with a colour in it": signed.replace("://", ":\u001b[31m//")
}

/** What acts on a terminal or reorders what is read. */
const controls = "\u001b[2J\u001b]0;title\u0007\u009b31m\u0000\u0008\u007f\u202e\u2066\u200f\u200b\ufeff"
const acts = /(?![\n\r\t\u200c\u200d])[\p{Cc}\p{Cf}]/u

describe("a text that is shown", () => {
  for (const [how, text] of Object.entries(spellings)) {
    it(`has no credential of a URL ${how}`, () => {
      for (const shown of [Shown.line(text), Shown.word(text), Shown.text(text, 1000), Shown.excerpt(text)]) {
        expect(shown).not.toContain(canary)
      }
      expect(Shown.value(text)).not.toContain(canary)
      expect(Shown.withoutQuery(text)).not.toContain(canary)
    })
  }

  it("still says which host and file it was", () => {
    expect(Shown.line(`cannot load ${signed} now`)).toBe("cannot load https://cdn.example.com/out/a.mp4?… now")
    expect(Shown.line(spellings["with JSON's escaped slashes"] ?? "")).toBe(
      "https:\\/\\/cdn.example.com\\/out\\/a.mp4?…"
    )
    expect(Shown.line(spellings["with a password"] ?? "")).toBe("https://…@cdn.example.com/a.mp4")
  })

  it("has no control character, no escape sequence and no mark that reorders it", () => {
    expect(Shown.line(`one${controls} two\u202e\nthree\u2028four`)).toBe("one two three four")
    expect(Shown.word(`SAFE\u001b[31mTY`)).toBe("SAFETY")
  })

  it("is of limited length, and cut between characters", () => {
    for (const text of ["x".repeat(1e6), "\u{1f600}".repeat(1e5)]) {
      expect(Shown.line(text).length).toBeLessThanOrEqual(301)
      expect(Shown.word(text).length).toBeLessThanOrEqual(121)
      expect(Shown.word(`y${text}`).isWellFormed()).toBe(true)
    }
    expect(Shown.line("\ud800 alone").isWellFormed()).toBe(true)
  })

  it("is made in no time, whatever it is made of", () => {
    const began = performance.now()
    for (const part of [
      "?",
      "#",
      "\\",
      "%25",
      "https://",
      "https:\\/\\/",
      "a",
      "&#x",
      "<",
      "\u001b[",
      "sig=",
      "a@",
      "=?"
    ]) {
      for (const make of [Shown.line, Shown.word, Shown.excerpt, Shown.hiding("sk-test-secret")]) make(part.repeat(3e5))
    }
    // A pattern that tries again at every character takes hours here, not seconds.
    expect(performance.now() - began).toBeLessThan(60_000)
  })

  for (const text of [
    "SUCCEEDED",
    "IN_PROGRESS",
    "SAFETY.INPUT.IMAGE",
    "INTERNAL.BAD_OUTPUT.CODE01",
    "task_not_exist",
    "get_channel_failed",
    "20260801123456789-abcDEF",
    "req_01H8/XYZ+abc==",
    "promptText: must be at most 1000 characters (got 1001)",
    "Is this it? Yes: a = b, and 100% of it.",
    "当前分组上游负载已饱和,请稍后再试",
    "ratio should be one of 1280:720, 720:1280",
    "see https://docs.dev.runwayml.com/errors/task-failures/",
    "user@example.com",
    "👩‍🔬 نمی‌خواهم"
  ]) {
    it(`stays as it is when it hides nothing (${text})`, () => {
      expect(Shown.word(text)).toBe(text)
      expect(Shown.line(text)).toBe(text)
    })
  }
})

describe("a key that a server echoes", () => {
  const key = "sk-Te/st+secret-0042"
  const hide = Shown.hiding(key)
  const forms: Readonly<Record<string, string>> = {
    plain: key,
    "upper case": key.toUpperCase(),
    "escaped for JSON": key.replaceAll("/", "\\/"),
    "in JSON's codes": key.replace(/[^a-z]/gi, (character) => `\\u00${character.charCodeAt(0).toString(16)}`),
    "percent-encoded": encodeURIComponent(key),
    "percent-encoded throughout": key.replace(/./g, (character) => `%${character.charCodeAt(0).toString(16)}`),
    "percent-encoded twice": encodeURIComponent(encodeURIComponent(key)),
    "escaped for HTML": key.replace(/[^a-z]/gi, (character) => `&#${character.charCodeAt(0)};`),
    "in base64": btoa(key),
    "in base64 after a name": btoa(`u:${key}`),
    "in base64 after a longer name": btoa(`me:${key}!`),
    "in base64 for URLs": btoa(`Bearer ${key}`).replaceAll("+", "-").replaceAll("/", "_")
  }
  for (const [how, text] of Object.entries(forms)) {
    it(`is not shown ${how}`, () => {
      const shown = hide(`before ${text} after`)
      expect(shown).toContain("<redacted>")
      expect(shown.toLowerCase()).not.toContain("secret")
      // The middle of each form, where every character is the key's own.
      expect(shown).not.toContain(text.slice(8, 14))
      expect(shown).toMatch(/^before .* after$/)
    })
  }

  it("leaves other texts as they are", () => {
    for (const text of ["sk-Te", "sk-Te/st+secret-0043", btoa("another text altogether"), "", "%", "\\"]) {
      expect(hide(text)).toBe(text)
    }
  })
})

/** Everything that a run shows to anybody. */
const watched = () => {
  const shown: Array<string> = []
  const show = (what: unknown) =>
    shown.push(String(what), inspect(what, { depth: Infinity, maxStringLength: Infinity }), safeJson(what))
  const logger = Logger.make((entry) => {
    shown.push(Logger.formatLogFmt.log(entry), Logger.formatJson.log(entry), Logger.formatSimple.log(entry))
  })
  const { spans, tracer } = recorder()
  const registry: Metric.MetricRegistry = new Map()
  /** What an effect comes to, and all that was shown on the way, its end included. */
  const run = <A, E>(ended: Effect.Effect<Exit.Exit<A, E>>) =>
    Effect.gen(function* () {
      const exit = yield* ended
      show(exit)
      if (Exit.isFailure(exit)) {
        shown.push(Cause.pretty(exit.cause))
        show(Cause.squash(exit.cause))
      } else show(exit.value)
      for (const span of spans) show([span.name, [...span.attributes], span.events, span.status])
      show(yield* Metric.snapshot)
      return { exit, text: shown.join("\n") }
    }).pipe(
      Effect.provideService(Metric.MetricRegistry, registry),
      Effect.provideService(References.MinimumLogLevel, "Trace"),
      Effect.provide(Layer.merge(Layer.succeed(Tracer.Tracer, tracer), Logger.layer([logger])))
    )
  return { run }
}

const safeJson = (what: unknown): string => {
  try {
    return JSON.stringify(what, (_, value: unknown) => (typeof value === "bigint" ? String(value) : value)) ?? ""
  } catch {
    return ""
  }
}

/**
 * Every answer that has a text put into one of its fields, by the field's name.
 *
 * All but the id that a submission is answered: it is kept as it came, because without it the job cannot be found again.
 */
const ownId = "a task's own id"
const bare = { id, status: "RUNNING", createdAt: "2026-08-01T00:00:00Z", progress: 0.5 }
const failed = { ...bare, status: "FAILED", failure: "no", failureCode: "INTERNAL" }
const envelope = (row: object) => ({
  code: "success",
  message: "",
  data: { task_id: id, status: "IN_PROGRESS", ...row }
})
const answers: ReadonlyArray<readonly [string, (text: string) => Response]> = [
  ["a task's status", (text) => Response.json({ ...bare, status: text })],
  ["a task's time", (text) => Response.json({ ...bare, createdAt: text })],
  ["a task's progress", (text) => Response.json({ ...bare, progress: text })],
  [ownId, (text) => Response.json({ ...bare, id: text })],
  ["a field that nobody knows", (text) => Response.json({ ...failed, [text]: text, more: { deep: [text] } })],
  ["a failure", (text) => Response.json({ ...failed, failure: text })],
  ["a failure's code", (text) => Response.json({ ...failed, failureCode: text })],
  ["an output", (text) => Response.json({ ...bare, status: "SUCCEEDED", output: [signed, text] })],
  ["an envelope's code", (text) => Response.json({ ...envelope({ status: "FAILURE" }), code: text })],
  ["an envelope's message", (text) => Response.json({ ...envelope({ status: "FAILURE" }), message: text })],
  ["a row's status", (text) => Response.json(envelope({ status: text }))],
  ["a row's failure", (text) => Response.json(envelope({ status: "FAILURE", fail_reason: text }))],
  ["a row's output in its failure", (text) => Response.json(envelope({ status: "SUCCESS", fail_reason: text }))],
  ["a row's action", (text) => Response.json(envelope({ action: text, platform: text, progress: text }))],
  ["a copy's status", (text) => Response.json(envelope({ data: { ...bare, status: text } }))],
  [
    "a copy's failure",
    (text) => Response.json(envelope({ status: "FAILURE", data: { ...failed, failure: text, failureCode: text } }))
  ],
  [
    "a page",
    (text) => new Response(`<html><p>${text}</p><a href="${text}">x</a>`, { headers: { "content-type": "text/html" } })
  ],
  ["plain words", (text) => new Response(text)],
  ...[200, 400, 401, 403, 404, 409, 418, 429, 500, 503].flatMap(
    (status): ReadonlyArray<readonly [string, (text: string) => Response]> => [
      [
        `a ${status}'s message`,
        (text) => Response.json({ error: { message: text, type: "t", code: "c" } }, { status })
      ],
      [`a ${status}'s code`, (text) => Response.json({ error: { message: "no", type: text, code: text } }, { status })],
      [`a ${status}'s flat words`, (text) => Response.json({ code: text, message: text, data: null }, { status })],
      [
        `a ${status}'s issues`,
        (text) =>
          Response.json({ error: text, issues: [{ path: [text, 0, "uri"], message: text }], docUrl: text }, { status })
      ],
      [
        `a ${status}'s request id`,
        (text) => Response.json({ error: { message: `no (request id: ${text})`, code: "c" } }, { status })
      ],
      [`a ${status} of something in between`, (text) => new Response(`<h1>${text}</h1> ${text}`, { status })],
      [`a ${status} in JSON of no known form`, (text) => Response.json({ [text]: text, detail: [text] }, { status })]
    ]
  ),
  [
    "headers",
    (text) =>
      Response.json(
        {},
        { status: 500, headers: { "x-oneapi-request-id": encodeHeader(text), "retry-after": encodeHeader(text) } }
      )
  ],
  ["a redirect", (text) => new Response(null, { status: 302, headers: { location: encodeHeader(text) } })]
]

/** A header holds no control characters and nothing beyond Latin-1. */
const encodeHeader = (text: string) => text.replace(/[^\x20-\x7e]/g, "")

const calls: Readonly<Record<"get" | "wait" | "submit", Effect.Effect<unknown, RunwayError, Runway>>> = {
  get: Task.get(id),
  wait: Task.wait(id, { schedule: Schedule.spaced("5 seconds"), deadline: "20 seconds", notFoundGrace: "1 second" }),
  submit: CharacterPerformance.submit(input)
}

const callNames = ["get", "wait", "submit"] as const

/** The whole of every call with an answer; the key is the provider's layer's. */
const shownOf = (call: keyof typeof calls, reply: (text: string) => Response, text: string) => {
  const api = provider(() => reply(text))
  return watched().run(
    VirtualTime.exitOf(Effect.provide(calls[call], api.layer({ apiKey: key, retry: Schedule.recurs(0) })))
  )
}
const key = "sk-Canary/Key+0042"

describe("no error, log, span or metric shows", () => {
  for (const [field, reply] of answers) {
    it.effect(`a credential out of ${field}`, () =>
      Effect.gen(function* () {
        const allowed = callNames.filter((call) => field !== ownId || call !== "submit")
        // Which spellings are recognised is shown above for every function of `Shown`. So here each spelling takes one of the calls, in turn,
        // and each call meets eight of the spellings or more.
        for (const [n, [how, text]] of Object.entries(spellings).entries()) {
          const call = allowed[n % allowed.length] ?? "get"
          const { text: shown } = yield* shownOf(call, reply, text)
          expect(shown.includes(canary), `${call}, ${how}: ${around(shown, canary)}`).toBe(false)
        }
      })
    )

    it.effect(`the key or a control character out of ${field}`, () =>
      Effect.gen(function* () {
        const texts = [
          key,
          key.replaceAll("/", "\\/"),
          encodeURIComponent(key),
          btoa(`u:${key}`),
          `Bearer ${key}`,
          `${controls} words ${controls}`
        ]
        for (const call of ["get", "submit"] as const) {
          if (field === ownId && call === "submit") continue
          for (const text of texts) {
            const { text: shown } = yield* shownOf(call, reply, text)
            for (const secret of ["Canary/Key", "Canary\\/Key", "Canary%2FKey", btoa(`u:${key}`).slice(6, 20)]) {
              expect(shown.includes(secret), `${call}: ${around(shown, secret)}`).toBe(false)
            }
            expect(
              acts.exec(shown)?.[0],
              `${call}: ${JSON.stringify(around(shown, acts.exec(shown)?.[0] ?? "-"))}`
            ).toBe(undefined)
          }
        }
      })
    )
  }

  it.effect("a credential out of the platform's own words for a lost connection", () =>
    Effect.gen(function* () {
      for (const call of callNames) {
        for (const [how, text] of Object.entries(spellings)) {
          const lost = socketError("ECONNRESET", text)
          const api = provider(lost)
          const { text: shown } = yield* watched().run(
            VirtualTime.exitOf(Effect.provide(calls[call], api.layer({ retry: Schedule.recurs(0) })))
          )
          expect(shown.includes(canary), `${call}, ${how}: ${around(shown, canary)}`).toBe(false)
        }
      }
    })
  )

  it.effect("a credential out of an input", () =>
    Effect.gen(function* () {
      const api = provider(accepted())
      for (const [how, text] of Object.entries(spellings)) {
        for (const odd of [
          { ...input, character: { type: "image", uri: `ftp:${text}` } },
          { ...input, ratio: text },
          { ...input, [text]: 1 },
          { ...input, character: { type: text, uri: input.character.uri } }
        ]) {
          const submit = CharacterPerformance.submit(odd as unknown as CharacterPerformance.Input)
          const { text: shown, exit } = yield* watched().run(VirtualTime.exitOf(Effect.provide(submit, api.layer())))
          if (Exit.isFailure(exit)) expect(shown.includes(canary), `${how}: ${around(shown, canary)}`).toBe(false)
        }
      }
    })
  )
})

describe("a download shows no credential out of", () => {
  const output = new Task.Succeeded({
    id: Task.TaskId.make(id),
    status: "SUCCEEDED",
    output: [Redacted.make(`https://cdn.example.com/a.mp4?sig=${canary}`)]
  })
  const hosts: ReadonlyArray<readonly [string, (text: string) => Response]> = [
    ["a redirect", (text) => new Response(null, { status: 302, headers: { location: encodeHeader(text) } })],
    ["a type", (text) => new Response("x", { headers: { "content-type": `text/${encodeHeader(text)}` } })],
    ["a page", (text) => new Response(`<p>${text}`, { headers: { "content-type": "video/mp4" } })],
    ["a status", (text) => new Response(text, { status: 403, statusText: encodeHeader(text) })],
    ["a range", (text) => new Response("x", { status: 206, headers: { "content-range": encodeHeader(text) } })],
    [
      "words for a lost connection",
      (text) => {
        throw socketError("ECONNRESET", text)
      }
    ]
  ]
  for (const [field, reply] of hosts) {
    it.live(`${field}`, () =>
      Effect.gen(function* () {
        for (const [how, text] of Object.entries(spellings)) {
          const api = provider(() => reply(text))
          const download = Task.download(output, { to: "/dev/null/one.mp4", retry: Schedule.recurs(0) })
          const elsewhere = Task.download(output, {
            to: `${tmpdir()}/cometapi-runway-shown/`,
            retry: Schedule.recurs(0)
          })
          for (const one of [download, elsewhere]) {
            const { text: shown, exit } = yield* watched().run(
              one.pipe(Effect.provideService(Fetch, api.fetch), Effect.provide(Disk), Effect.exit)
            )
            expect(Exit.isFailure(exit)).toBe(true)
            expect(shown.includes(canary), `${how}: ${around(shown, canary)}`).toBe(false)
          }
        }
      })
    )
  }
})

describe("the id that a submission is answered", () => {
  it.effect("is kept as it came, and a message shows it without what acts on a terminal", () =>
    Effect.gen(function* () {
      const odd = "t-1\u001b[31m\u202e"
      const api = provider(accepted(odd), Response.json({ ...failed }))
      const taken = yield* CharacterPerformance.submit(input).pipe(Effect.provide(api.layer()))
      expect(taken).toBe(odd)
      const error = yield* Effect.flip(Task.wait(taken).pipe(Effect.provide(api.layer()), VirtualTime.run))
      expect(error.taskId).toBe(odd)
      expect(error.message).toContain("[task t-1…]")
      expect(error.message).not.toMatch(acts)
    })
  )
})

const around = (text: string, what: string): string => {
  const at = text.indexOf(what)
  return at < 0 ? "" : text.slice(Math.max(0, at - 120), at + 80)
}

describe("what programs read", () => {
  it.effect("keeps its words: a status, a failure's code, a request's id", () =>
    Effect.gen(function* () {
      const one = provider(Response.json({ ...bare, status: "WARMING_UP" }))
      expect((yield* Task.get(id).pipe(Effect.provide(one.layer()))).status).toBe("WARMING_UP")
      const two = provider(Response.json({ ...failed, failureCode: "SAFETY.INPUT.IMAGE" }))
      expect(yield* Task.get(id).pipe(Effect.provide(two.layer()))).toMatchObject({ failureCode: "SAFETY.INPUT.IMAGE" })
      const three = provider(
        Response.json(
          { error: { message: "no (request id: 2026-abc)", type: "t", code: "model_not_found" } },
          { status: 503 }
        )
      )
      const error = yield* Effect.flip(Task.get(id, { retry: Schedule.recurs(0) }).pipe(Effect.provide(three.layer())))
      expect(error).toMatchObject({ requestId: "2026-abc", reason: { code: "model_not_found" } })
    })
  )
})
