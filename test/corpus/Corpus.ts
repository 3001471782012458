/**
 * The corpus: answers of a provider, one file each, with what the client is to read in them and what the contract says of them.
 *
 * It only loads and checks the files, and plays one as a `Response`. What is expected comes from the promises in README.md, never from
 * what the client does today.
 *
 * @module
 */
import { readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import * as Schema from "effect/Schema"

/** The bytes that arrive: a JSON value, a text as it stands, or base64 where it is no UTF-8. `followedBy` is appended that many times. */
const Body = Schema.Struct({
  json: Schema.optionalKey(Schema.Json),
  text: Schema.optionalKey(Schema.String),
  base64: Schema.optionalKey(Schema.String),
  followedBy: Schema.optionalKey(Schema.Struct({ text: Schema.String, times: Schema.Int }))
})

/** How an answer ends that does not end well. */
const Ends = Schema.Literals(["reset", "cut chunk", "wrong content-length", "bad checksum", "stalls"])

const Answer = Schema.Struct({
  status: Schema.Int,
  headers: Schema.Record(Schema.String, Schema.String),
  body: Body,
  ends: Schema.optionalKey(Ends)
})

/** What both operations may read in an answer that is no success. */
const problems = [
  "Unauthorized",
  "Forbidden",
  "Rejected",
  "RateLimited",
  "Unavailable",
  "Unreachable",
  "TaskNotFound"
] as const

const SubmitReading = Schema.Literals(["accepted", "OutcomeUnknown", ...problems])
const GetReading = Schema.Literals([
  "Queued",
  "Running",
  "Succeeded",
  "Failed",
  "Cancelled",
  "Finishing",
  "Unrecognised",
  "ConnectionLost",
  "UnexpectedAnswer",
  ...problems
])

const shared = {
  /** Whether a submission may be sent again, or a wait goes on. Left out where it follows from the state, or nothing settles it. */
  again: Schema.optionalKey(Schema.Boolean),
  requestId: Schema.optionalKey(Schema.String),
  retryAfterSeconds: Schema.optionalKey(Schema.Finite),
  /** Why this reading, where others could be thought of. */
  judgement: Schema.optionalKey(Schema.String)
}

const Contract = Schema.Union([
  Schema.Struct({ verdict: Schema.Literal("accepted") }),
  Schema.Struct({ verdict: Schema.Literal("refused"), why: Schema.String })
])

const entry = <Expect extends Schema.Top>(expect: Expect) =>
  Schema.Struct({ about: Schema.String, source: Schema.String, answer: Answer, expect, contract: Contract })

const SubmitEntry = entry(
  Schema.Struct({
    ...shared,
    reading: SubmitReading,
    /** Readings that are right too. */
    alsoRight: Schema.optionalKey(Schema.Array(SubmitReading)),
    /** The task's id that arrived, and must not be lost whatever the reading. */
    id: Schema.optionalKey(Schema.String)
  })
)

const GetEntry = entry(
  Schema.Struct({
    ...shared,
    reading: GetReading,
    /** Readings that are right too. */
    alsoRight: Schema.optionalKey(Schema.Array(GetReading)),
    output: Schema.optionalKey(Schema.Array(Schema.String)),
    failure: Schema.optionalKey(Schema.String),
    failureCode: Schema.optionalKey(Schema.String),
    /** From 0 to 1; null when none may be read. */
    progress: Schema.optionalKey(Schema.NullOr(Schema.Finite)),
    /** An ISO date; null when none may be read. */
    createdAt: Schema.optionalKey(Schema.NullOr(Schema.String)),
    /** A status that is not known, as it is to be kept. */
    word: Schema.optionalKey(Schema.String)
  })
)

export type Answer = typeof Answer.Type
export type SubmitEntry = typeof SubmitEntry.Type
export type GetEntry = typeof GetEntry.Type

/** A file of the corpus: its name, for test titles, and what it says. */
export interface Named<Entry> {
  readonly name: string
  readonly entry: Entry
}

const folder = fileURLToPath(new URL(".", import.meta.url))

/** What is wrong with a file that has the right form. */
const faultOf = ({ answer, expect }: SubmitEntry | GetEntry): string | undefined => {
  const bodies = ["json", "text", "base64"].filter((kind) => kind in answer.body)
  if (bodies.length !== 1) return "the body is to be one of json, text and base64"
  if (expect.alsoRight !== undefined && expect.judgement === undefined) return "alsoRight needs a judgement"
  return undefined
}

const load = <Entry extends SubmitEntry | GetEntry>(
  operation: string,
  schema: Schema.Codec<Entry, unknown>
): ReadonlyArray<Named<Entry>> => {
  const decode = Schema.decodeUnknownSync(Schema.fromJsonString(schema), { onExcessProperty: "error" })
  const read = (file: string): Named<Entry> => {
    try {
      const entry = decode(readFileSync(join(folder, operation, file), "utf8"))
      const fault = faultOf(entry)
      if (fault !== undefined) throw new Error(fault)
      return { name: file.replace(/\.json$/, ""), entry }
    } catch (cause) {
      throw new Error(`test/corpus/${operation}/${file} is not as README.md wants it: ${cause}`, { cause })
    }
  }
  return readdirSync(join(folder, operation)).sort().map(read)
}

/** Answers to the POST. */
export const submits = load("submit", SubmitEntry)

/** Answers to the GET. */
export const gets = load("get", GetEntry)

/** The bytes of an answer. */
export const bytesOf = ({ body: { json, text, base64, followedBy } }: Answer): Uint8Array => {
  const start = base64 === undefined ? Buffer.from(text ?? JSON.stringify(json)) : Buffer.from(base64, "base64")
  return followedBy === undefined
    ? start
    : Buffer.concat([start, Buffer.from(followedBy.text.repeat(followedBy.times))])
}

/** What a platform's `fetch` reports when a body does not end well (undici's forms). */
const ending: Readonly<Record<Exclude<typeof Ends.Type, "stalls">, () => Error>> = {
  reset: () => terminated("read ECONNRESET", { code: "ECONNRESET", syscall: "read" }),
  "cut chunk": () => terminated("other side closed", { code: "UND_ERR_SOCKET" }),
  "wrong content-length": () => terminated("other side closed", { code: "UND_ERR_SOCKET" }),
  "bad checksum": () => terminated("incorrect data check", { code: "Z_DATA_ERROR", errno: -3 })
}

const terminated = (message: string, fields: object) =>
  new TypeError("terminated", { cause: Object.assign(new Error(message), fields) })

/** The answer as `fetch` gives it: its bytes, and then its end, or none. */
export const play = (answer: Answer): Response => {
  const { status, headers, ends } = answer
  const bytes = bytesOf(answer)
  if (ends === undefined) return new Response(bytes.length === 0 ? null : new Uint8Array(bytes), { status, headers })
  let sent = bytes.length === 0
  const body = new ReadableStream<Uint8Array>({
    pull: async (controller) => {
      if (sent) {
        if (ends === "stalls") await new Promise(() => {})
        else controller.error(ending[ends]())
      } else {
        sent = true
        controller.enqueue(bytes)
      }
    }
  })
  return new Response(body, { status, headers })
}
