/**
 * What a server may send, as data that can be made at random, made smaller, written down and played again: status, headers, bytes, chunks, pauses, and how it all ends.
 *
 * Half of it is what a provider does say, because pure noise would never come past the first look. It plays a reply as a `fetch` would; over sockets `Wire.ts` does.
 *
 * @module
 */
import * as Schema from "effect/Schema"

export const key = "sk-CANARY-0123456789abcdef"

const statuses = [
  200, 201, 202, 204, 205, 206, 300, 301, 302, 303, 304, 307, 400, 401, 402, 403, 404, 405, 408, 409, 410, 413, 421,
  422, 425, 429, 431, 451, 460, 499, 500, 501, 502, 503, 504, 520, 521, 522, 523, 524, 525, 526, 530, 599
] as const
const Status = Schema.Union([
  Schema.Literals(statuses),
  Schema.Int.check(Schema.isBetween({ minimum: 200, maximum: 599 }))
])

const words = [
  ...[
    "PENDING",
    "RUNNING",
    "SUCCEEDED",
    "FAILED",
    "CANCELLED",
    "THROTTLED",
    "QUEUED",
    "NOT_START",
    "SUBMITTED",
    "IN_PROGRESS",
    "SUCCESS",
    "FAILURE",
    "UNKNOWN"
  ],
  ...["", " succeeded\n", "DREAMING", "__proto__", "constructor", "task_not_exist"]
] as const
const outputs = ["none", "one", "two", "empty", "null", "text", "not https", "object"] as const
const codes = [
  ...[
    "task_not_exist",
    "invalid_request",
    "get_channel_failed",
    "channel:no_available_key",
    "channel_not_found",
    "model_not_found",
    "do_request_failed",
    "bad_response_body"
  ],
  ...["rate_limit_exceeded", "insufficient_user_quota", "", key]
] as const
const texts = [
  ...[
    "",
    " ",
    "null",
    "{",
    "[]",
    "true",
    "0",
    '"text"',
    "<!doctype html><title>502</title>",
    "upstream connect error",
    "error code: 524",
    `bad key ${key}`
  ],
  ...["{}}", "﻿{}", '{"id":"', "NaN", "BIG", "DEEP"]
] as const

const Extra = Schema.Record(
  Schema.Literals(["progress", "failure", "failureCode", "createdAt", "cost", "message", "code", "id", "fail_reason"]),
  Schema.Json
)

const Task = Schema.Struct({
  form: Schema.Literal("task"),
  shape: Schema.Literals(["bare", "row", "envelope", "text"]),
  status: Schema.Union([Schema.Literals(words), Schema.Json]),
  output: Schema.Literals(outputs),
  extra: Extra
})

const Body = Schema.Union([
  Task,
  Schema.Struct({
    form: Schema.Literal("error"),
    shape: Schema.Literals(["wrapped", "flat", "native", "problem"]),
    code: Schema.Union([Schema.Literals(codes), Schema.Json]),
    message: Schema.Union([Schema.Literals(codes), Schema.String]),
    id: Schema.Boolean
  }),
  Schema.Struct({ form: Schema.Literal("json"), json: Schema.Json }),
  Schema.Struct({ form: Schema.Literal("text"), text: Schema.Union([Schema.Literals(texts), Schema.String]) }),
  Schema.Struct({
    form: Schema.Literal("bytes"),
    bytes: Schema.Array(Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 255 }))).check(Schema.isMaxLength(40))
  })
])

const Header = Schema.Struct({
  name: Schema.Literals([
    "content-type",
    "content-length",
    "content-encoding",
    "retry-after",
    "retry-after-ms",
    "date",
    "location",
    "server",
    "cf-ray",
    "x-oneapi-request-id",
    "set-cookie"
  ]),
  value: Schema.Union([
    Schema.Literals([
      "application/json",
      "text/html",
      "0",
      "1",
      "7",
      "-1",
      "1e9",
      "99999999999999999999",
      "Infinity",
      "NaN",
      "gzip",
      "cloudflare",
      "https://elsewhere.example.com/a?sig=1"
    ]),
    Schema.Literals([
      "Thu, 01 Jan 2026 00:00:30 GMT",
      "Thu, 01 Jan 1970 00:00:00 GMT",
      "Fri, 31 Dec 9999 23:59:59 GMT",
      key
    ]),
    Schema.String
  ])
})

/** How the bytes come and how they end. */
const delivery = {
  headers: Schema.Union([Schema.Tuple([]), Schema.Array(Header).check(Schema.isMaxLength(4))]),
  /** Bytes of a chunk; 0 is all at once. */
  chunk: Schema.Literals([0, 1, 3, 64]),
  /** Milliseconds before the answer, and before each chunk. */
  after: Schema.Literals([0, 0, 1, 800, 59_999, 60_000, 90_000]),
  pause: Schema.Literals([0, 0, 5, 30_000]),
  /** How much of the body comes. */
  share: Schema.Literals([1, 1, 0.5, 0.9]),
  end: Schema.Literals(["whole", "whole", "reset", "closed", "stall"])
}

const Answered = Schema.Struct({ kind: Schema.Literal("answer"), status: Status, body: Body, ...delivery })

/** An acceptance whose id arrives, whatever comes behind it. */
const Accepted = Schema.Struct({
  kind: Schema.Literal("accepted"),
  status: Schema.Literals([200, 201, 202]),
  around: Schema.Literals(["bare", "data", "task_id", "result", "text"]),
  ...delivery
})

/** A task as it is meant to be shown: its status is one that the client knows. */
const Shown = Schema.Struct({
  kind: Schema.Literal("answer"),
  status: Schema.Literal(200),
  body: Schema.Struct({ ...Task.fields, status: Schema.Literals(words) }),
  ...delivery
})

/** The refusals that mean the most. */
const Refusal = Schema.Struct({
  kind: Schema.Literal("answer"),
  status: Schema.Literals([400, 401, 403, 425, 429, 500, 503, 521]),
  body: Body,
  ...delivery
})

/** What says neither that a job was accepted nor that it was not, though it may look like a refusal or like a proof. */
const Doubtful = Schema.Struct({
  kind: Schema.Literal("answer"),
  status: Schema.Literals([408, 409, 421, 424, 460, 499, 500, 502, 503, 504, 520, 522, 524]),
  body: Body,
  ...delivery
})

/** What `fetch` rejects with. Those of the first row prove that nothing was sent. */
export const failures = {
  refused: () => broken("ECONNREFUSED", "connect"),
  "no such name": () => broken("ENOTFOUND", "getaddrinfo"),
  "connect timed out": () => broken("UND_ERR_CONNECT_TIMEOUT"),
  reset: () => broken("ECONNRESET", "read"),
  "broken pipe": () => broken("EPIPE", "write"),
  "read timed out": () => broken("ETIMEDOUT", "read"),
  "other side closed": () => broken("UND_ERR_SOCKET"),
  "no code": () => new TypeError("Failed to fetch"),
  "an AbortError": () => new DOMException("aborted", "AbortError"),
  "a circle": () => {
    const error = new Error("a")
    error.cause = new Error("b", { cause: error })
    return error
  },
  "a text": () => `no ${key}`,
  nothing: () => undefined,
  "an object without a prototype": () => Object.create(null),
  "a symbol": () => Symbol("x"),
  "many errors": () => new AggregateError([broken("ECONNREFUSED", "connect"), broken("ECONNRESET", "read")])
} satisfies Record<string, () => unknown>

const broken = (code: string, syscall?: string): Error =>
  new TypeError("fetch failed", {
    cause: Object.assign(new Error(`${syscall ?? ""} ${code}`), { code }, syscall === undefined ? {} : { syscall })
  })

const failureNames = Object.keys(failures) as ReadonlyArray<keyof typeof failures>

/** What no server sends, but what some function in the place of `fetch` might give. */
const oddities = [
  "undefined",
  "an error response",
  "no body",
  "a body that was read",
  "a body that is locked",
  "chunks of text"
] as const

export const Reply = Schema.Union([
  Answered,
  // Twice, because what comes after an acceptance is what most can be lost by.
  Accepted,
  Accepted,
  Shown,
  Refusal,
  Doubtful,
  Schema.Struct({ kind: Schema.Literal("failure"), of: Schema.Literals(failureNames) }),
  Schema.Struct({ kind: Schema.Literal("silence") }),
  Schema.Struct({ kind: Schema.Literal("odd"), of: Schema.Literals(oddities) })
])
export type Reply = typeof Reply.Type

/** What a part of a case is replaced with to make it smaller. */
export const simplest: ReadonlyArray<unknown> = [{ kind: "silence" }, { form: "text", text: "" }, 200, "one"]

/** A reply that has bytes. */
export type Worded = Extract<Reply, { readonly kind: "answer" | "accepted" }>

const outputOf = (form: (typeof outputs)[number]): unknown => {
  const url = "https://cdn.example.com/out.mp4?sig=SIGNED"
  const forms = {
    one: [url],
    two: [url, url],
    empty: [],
    null: null,
    text: url,
    "not https": ["ftp://x"],
    object: { url }
  }
  return form === "none" ? undefined : forms[form]
}

const taskText = ({ shape, status, output, extra }: Extract<typeof Body.Type, { form: "task" }>): string => {
  const named: Readonly<Record<string, unknown>> = { id: "t-1" }
  const bare = { ...named, ...extra, status, output: outputOf(output) }
  const row = {
    task_id: "t-1",
    ...extra,
    status,
    data: bare,
    result_url: Array.isArray(bare.output) ? bare.output[0] : undefined
  }
  const bodies = { bare, row, envelope: { code: "success", message: "", data: row }, text: JSON.stringify(bare) }
  return JSON.stringify(bodies[shape])
}

const errorText = ({ shape, code, message, id }: Extract<typeof Body.Type, { form: "error" }>): string => {
  const own = id ? { id: "other-1", task_id: "other-2" } : {}
  const bodies = {
    wrapped: { ...own, error: { message, type: "comet_api_error", param: "", code } },
    flat: { ...own, code, message, data: null },
    native: { ...own, error: message, issues: [{ path: ["character"], message }] },
    problem: { ...own, type: "about:blank", title: message, status: code, detail: message }
  }
  return JSON.stringify(bodies[shape])
}

const sizes = { BIG: () => "x".repeat(1_200_000), DEEP: () => "[".repeat(20_000) }

/** The bytes of a body before anything happens to them. */
const bytesOf = (reply: Worded, id: string): Uint8Array => {
  if (reply.kind === "accepted") {
    const forms = {
      bare: { id },
      data: { data: { id } },
      task_id: { task_id: id },
      result: { result: { task_id: id } },
      text: JSON.stringify({ id })
    }
    return Buffer.from(JSON.stringify(forms[reply.around]))
  }
  const { body } = reply
  switch (body.form) {
    case "task":
      return Buffer.from(taskText(body))
    case "error":
      return Buffer.from(errorText(body))
    case "json":
      return Buffer.from(JSON.stringify(body.json))
    case "text":
      return Buffer.from(body.text === "BIG" || body.text === "DEEP" ? sizes[body.text]() : body.text)
    case "bytes":
      return Uint8Array.from(body.bytes)
  }
}

/** The chunks that arrive. An acceptance arrives at least up to its id's closing quotation mark. */
export const chunksOf = (reply: Worded, id: string): ReadonlyArray<Uint8Array> => {
  const bytes = bytesOf(reply, id)
  const least =
    reply.kind === "accepted" && reply.around !== "text"
      ? Buffer.from(bytes).lastIndexOf('"') + 1
      : reply.kind === "accepted"
        ? bytes.length
        : 0
  const arriving = bytes.subarray(0, Math.max(least, Math.floor(bytes.length * reply.share)))
  // A huge body byte by byte would only be slow.
  const size = reply.chunk === 0 || arriving.length > 2000 ? Math.max(1, arriving.length) : reply.chunk
  return Array.from({ length: Math.ceil(arriving.length / size) }, (_, index) =>
    arriving.subarray(index * size, (index + 1) * size)
  )
}

/** The milliseconds after which all chunks have arrived. */
export const arrivalOf = (reply: Worded, id: string): number =>
  reply.after + reply.pause * Math.min(paused, chunksOf(reply, id).length)

/** How many chunks at the end come with a pause: many would be a long time, which another reply shows more quickly. */
const paused = 8

/** Headers as a response can hold them: what cannot stand in one is left out. */
export const headersOf = (reply: Worded): Array<[string, string]> =>
  reply.headers.map(({ name, value }) => [name, value.replace(/[^\x20-\x7e]/g, "").trim()])

const isBodiless = (status: number): boolean => [204, 205, 304].includes(status)

const wait = (millis: number): Promise<void> =>
  millis === 0 ? Promise.resolve() : new Promise((resolve) => setTimeout(resolve, millis))

const streamOf = (reply: Worded, id: string): ReadableStream<Uint8Array> => {
  const chunks = [...chunksOf(reply, id)]
  return new ReadableStream(
    {
      pull: async (controller) => {
        const chunk = chunks.shift()
        if (chunk !== undefined) {
          if (chunks.length < paused) await wait(reply.pause)
          return controller.enqueue(chunk)
        }
        if (reply.end === "stall") return new Promise(() => {})
        if (reply.end === "whole") return controller.close()
        controller.error(failures[reply.end === "reset" ? "reset" : "other side closed"]())
      }
    },
    { highWaterMark: 0 }
  )
}

const oddly = async (of: (typeof oddities)[number]): Promise<unknown> => {
  const response = Response.json({ id: "t-1" })
  switch (of) {
    case "undefined":
      return undefined
    case "an error response":
      return Response.error()
    case "no body":
      return new Response(null)
    case "a body that was read":
      await response.text()
      return response
    case "a body that is locked":
      response.body?.getReader()
      return response
    case "chunks of text":
      return new Response(new ReadableStream({ start: (controller) => controller.enqueue("text") }))
  }
}

const play = async (reply: Reply, id: string): Promise<unknown> => {
  if (reply.kind === "failure") throw failures[reply.of]()
  if (reply.kind === "silence") return new Promise(() => {})
  if (reply.kind === "odd") return oddly(reply.of)
  await wait(reply.after)
  const init = { status: reply.status, headers: headersOf(reply) }
  return new Response(isBodiless(reply.status) ? null : streamOf(reply, id), init)
}

/** Plays a reply in the place of `fetch`: it gives up when the request does, the reading of the body included. */
export const fetched = (reply: Reply, id: string, signal: AbortSignal): Promise<Response> =>
  new Promise((resolve, reject) => {
    signal.addEventListener("abort", () => reject(signal.reason), { once: true })
    // What some function gives need not be a response.
    play(reply, id).then((response) => resolve(response as Response), reject)
  })
