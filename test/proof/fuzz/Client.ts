/**
 * One call of the client, by either door, to a server that answers from a list of replies.
 *
 * @module
 */
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import { Fetch } from "effect/http/FetchHttpClient"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import { CharacterPerformance, Runway, type RunwayError, Task } from "../../../src/index.ts"
import { createRunway } from "../../../src/promise.ts"
import { input } from "../../support/Provider.ts"
import { pass } from "../JumpingTime.ts"
import type { Seen } from "./Judge.ts"
import { arrivalOf, fetched, key, Reply } from "./Reply.ts"

const replies = Schema.Array(Reply).check(Schema.isMinLength(1), Schema.isMaxLength(4))
const calls = ["submit", "generate", "all", "get", "wait", "watch"] as const

export const Case = Schema.Struct({
  door: Schema.Literals(["effect", "promise"]),
  call: Schema.Literals(calls),
  /** What each POST and each GET is answered; the last one answers all that follow. */
  posts: replies,
  gets: replies
})
export type Case = typeof Case.Type

/** A `fetch`, and whether something real is under way that time has to wait for. */
export interface Server {
  /** What the client is made with, beside the key: for a client that is broken on purpose. */
  readonly options?: { readonly onUnknownOutcome?: "resend"; readonly attemptTimeout?: "1 hour" }
  readonly baseUrl?: string
  readonly fetch: typeof globalThis.fetch
  readonly isBusy?: () => boolean
}

/** What the server says, and who is told. */
export interface Record {
  readonly posts: Array<Reply>
  readonly accepted: Array<string>
  readonly told: Array<string>
  readonly said: Array<string>
  gets: number
}

/** The reply to the next request, and the id that it has if it accepts one. */
export const next = (
  record: Record,
  { posts, gets }: Case,
  method: string
): { readonly reply: Reply; readonly id: string } => {
  const list = method === "POST" ? posts : gets
  const number = method === "POST" ? record.posts.length : record.gets++
  const reply: Reply = list[Math.min(number, list.length - 1)] ?? { kind: "silence" }
  const id = `job-${number}`
  if (method !== "POST") return { reply, id }
  record.posts.push(reply)
  return { reply, id }
}

export const inProcess = (given: Case, record: Record): Server => ({
  fetch: async (input, init) => {
    const request = new Request(input, init)
    const { reply, id } = next(record, given, request.method)
    if (request.method === "POST") await request.text()
    if (reply.kind === "accepted" && request.method === "POST" && arrivalOf(reply, id) < 60_000)
      record.accepted.push(id)
    return fetched(reply, id, request.signal)
  }
})

/** How a task is waited for. */
const deadline = 120_000
const poll = { deadline, firstAfter: 1000, notFoundGrace: 20_000, outputGrace: 20_000 }

/** Five attempts of a minute, and four pauses of which each is a minute at most. */
const oneRequest = 5 * 60_000 + 4 * 60_000 + 30_000
const limits: Readonly<{ [Call in Case["call"]]: number }> = {
  submit: oneRequest,
  get: oneRequest,
  wait: deadline,
  watch: deadline,
  generate: oneRequest + deadline,
  all: oneRequest + deadline
}

const byEffect = async (
  { call }: Case,
  { fetch, baseUrl, options: own = {} }: Server,
  { told, said }: Record
): Promise<unknown> => {
  const options = { ...poll, onSubmitted: (id: string) => Effect.sync(() => told.push(id)) }
  const { onSubmitted } = options
  const effects: { readonly [Call in Case["call"]]: Effect.Effect<unknown, RunwayError, Runway> } = {
    submit: CharacterPerformance.submit(input, { onSubmitted }),
    generate: CharacterPerformance.generate(input, options),
    all: CharacterPerformance.generateAll(Stream.succeed(input), { ...options, concurrency: 1 }).pipe(
      Stream.runCollect,
      Effect.flatMap(([only]) =>
        only !== undefined && Result.isFailure(only.result) ? Effect.fail(only.result.failure) : Effect.void
      )
    ),
    get: Task.get("t-1"),
    wait: Task.wait("t-1", poll),
    watch: Stream.runDrain(Task.watch("t-1", poll))
  }
  const layer = Layer.mergeAll(
    Runway.layer({ apiKey: key, ...own, ...(baseUrl === undefined ? {} : { baseUrl }) }),
    Layer.succeed(Fetch, fetch),
    Logger.layer([Logger.map(Logger.formatLogFmt, (line) => said.push(line))])
  )
  const exit = await Effect.runPromiseExit(Effect.provide(effects[call], layer))
  if (Exit.isSuccess(exit)) return exit.value
  const [failure, ...rest] = exit.cause.reasons
  throw failure?._tag === "Fail" && rest.length === 0
    ? failure.error
    : new Error("a defect or an interruption", { cause: exit.cause })
}

const byPromise = async (
  { call }: Case,
  { fetch, baseUrl, options: own = {} }: Server,
  { told, said }: Record
): Promise<unknown> => {
  await using runway = createRunway({
    ...poll,
    apiKey: key,
    ...own,
    fetch,
    warn: (message) => said.push(message),
    ...(baseUrl === undefined ? {} : { baseUrl })
  })
  const options = { ...poll, onSubmitted: (id: string) => told.push(id) }
  switch (call) {
    case "submit":
      return told.push(await runway.characterPerformance.submit(input))
    case "generate":
      return await runway.characterPerformance(input, options)
    case "all":
      for await (const { ok, ...rest } of runway.characterPerformance.all([input], { ...options, concurrency: 1 })) {
        if (!ok && "error" in rest) throw rest.error
      }
      return undefined
    case "get":
      return await runway.get("t-1")
    case "wait":
      return await runway.task("t-1", poll)
    case "watch":
      for await (const task of runway.task("t-1", poll)) said.push(JSON.stringify(task))
      return undefined
  }
}

const uncaught: Array<unknown> = []
/** Notes promises that nobody caught. Vitest notes them too, and fails the run. */
export const note = (error: unknown): void => void uncaught.push(error)

/** Makes the call and says what was seen. */
export const call = async (given: Case, serve: (given: Case, record: Record) => Server = inProcess): Promise<Seen> => {
  uncaught.length = 0
  const record: Record = { posts: [], accepted: [], told: [], said: [], gets: 0 }
  const server = serve(given, record)
  const ended = await pass(() => (given.door === "effect" ? byEffect : byPromise)(given, server, record), server.isBusy)
  // A promise that nobody catches is noticed after the turn in which it was rejected.
  await new Promise((resolve) => setImmediate(resolve))
  return { ...record, ended, within: limits[given.call], uncaught }
}
