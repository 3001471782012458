/**
 * Every fault of the mock, on every operation, once and always, before the client over real sockets: what comes of it.
 *
 * @module
 */
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import * as NodeFileSystem from "@effect/platform-node/NodeFileSystem"
import * as NodePath from "@effect/platform-node/NodePath"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as Result from "effect/Result"
import * as Schedule from "effect/Schedule"
import type { Fault, Running, WorldControl } from "../../../mock/src/index.ts"
import { CharacterPerformance, Runway, type RunwayError, type RunwayOptions, Task } from "../../../src/index.ts"
import { input } from "../../support/Provider.ts"

type WithoutOperation<Kind> = Kind extends Fault ? Omit<Kind, "on"> : never

/** A fault without its operation, and its name in the table. */
interface Case {
  readonly name: string
  readonly fault: WithoutOperation<Fault>
}

const status = (status: number, example?: string): Case => ({
  name: `${status}${example === undefined ? "" : ` ${example}`}`,
  fault: { kind: "status", status, ...(example === undefined ? {} : { example }) }
})

/** What can go wrong before the provider has taken the job on, and after it; for reads that is the same. */
const cases: ReadonlyArray<Case> = [
  ...[400, 401, 403, 404, 408, 409, 421, 425].map((code) => status(code)),
  status(429, "rate-limited"),
  ...[460, 499, 418].map((code) => status(code)),
  ...["generic", "invalid-request"].map((example) => status(500, example)),
  status(502),
  ...["overloaded", "model-not-found", "page"].map((example) => status(503, example)),
  ...[504, 520, 521, 522, 523, 524, 525, 526].map((code) => status(code)),
  { name: "reset before anything is done", fault: { kind: "reset", accepted: false } },
  { name: "reset", fault: { kind: "reset", accepted: true } },
  { name: "lost", fault: { kind: "lost" } },
  { name: "stall", fault: { kind: "stall" } },
  { name: "drip", fault: { kind: "drip", bytes: 16, every: "1 millis" } },
  { name: "truncated", fault: { kind: "truncated" } },
  { name: "cut in half", fault: { kind: "cut" } },
  { name: "cut at the last byte", fault: { kind: "cut", bytes: 1_000_000 } },
  { name: "html", fault: { kind: "html" } },
  { name: "redirect", fault: { kind: "redirect" } },
  { name: "empty", fault: { kind: "empty" } },
  { name: "content-type", fault: { kind: "content-type" } },
  { name: "oversized", fault: { kind: "oversized", bytes: 2_000_000 } },
  { name: "latency", fault: { kind: "latency", median: "5 millis" } }
]

/** What `accepted` says is about a POST only. */
const on = (target: Fault["on"], { fault }: Case, once: boolean): Fault => {
  const passedOver = new Set([...(target === "submit" ? [] : ["accepted"]), ...(target === "asset" ? ["example"] : [])])
  const kept = Object.fromEntries(Object.entries(fault).filter(([name]) => !passedOver.has(name)))
  // A fault of the same kind, with fewer of its fields.
  return { ...kept, on: target, ...(once ? { once } : {}) } as Fault
}

/** Everything at once but what takes its time: pauses between attempts are none, and an attempt may take five seconds on a busy machine. */
const patience = "5 seconds"
const retry = Schedule.recurs(2)

/** What the client is made with besides: for one that is broken on purpose. */
type Broken = Pick<RunwayOptions, "onUnknownOutcome">

const clientOf = (mock: Running, key: string, broken: Broken = {}) =>
  Layer.mergeAll(
    Runway.layer({
      ...broken,
      apiKey: key,
      baseUrl: mock.url,
      attemptTimeout: patience,
      retry,
      poll: { schedule: Schedule.spaced(1), firstAfter: 0 }
    }),
    NodeFileSystem.layer,
    NodePath.layer,
    Logger.layer([])
  )

const tagOf = (result: Result.Result<unknown, RunwayError>): string => {
  if (Result.isSuccess(result)) return "done"
  const { reason, taskId } = result.failure
  return reason._tag === "OutcomeUnknown" && taskId !== undefined ? "OutcomeUnknown with the id" : reason._tag
}

/** What comes of one submission: how it ends, and how many POSTs and jobs that made. */
const submitted = async (mock: Running, world: WorldControl, key: string, broken?: Broken): Promise<string> => {
  const result = await Effect.runPromise(
    CharacterPerformance.submit(input).pipe(Effect.result, Effect.provide(clientOf(mock, key, broken)))
  )
  const { submissions, accepted } = world.report()
  const posts = submissions === 1 ? "" : `, ${submissions} POSTs`
  const jobs = accepted < 2 ? "" : `, ${accepted} jobs`
  return `${tagOf(result)}${posts}${jobs}`
}

/** What comes of looking at a finished task: waiting for it where the fault is over at some time, a single look where it is not. */
const polled = async (mock: Running, world: WorldControl, key: string, once: boolean): Promise<string> => {
  const { id } = world.seed({ at: "10 minutes" })
  const look = once ? Effect.asVoid(Task.wait(id)) : Effect.asVoid(Task.get(id))
  return tagOf(await Effect.runPromise(look.pipe(Effect.result, Effect.provide(clientOf(mock, key)))))
}

/** What comes of saving a finished video. */
const saved = async (mock: Running, world: WorldControl, key: string): Promise<string> => {
  const { id } = world.seed({ at: "10 minutes" })
  const folder = mkdtempSync(join(tmpdir(), "matrix-"))
  try {
    const save = Task.wait(id).pipe(
      Effect.flatMap((task) => Task.download(task, { to: join(folder, "v.mp4"), retry, stallTimeout: patience }))
    )
    return tagOf(await Effect.runPromise(save.pipe(Effect.result, Effect.provide(clientOf(mock, key)))))
  } finally {
    rmSync(folder, { recursive: true })
  }
}

/** The columns of the table. */
export const columns = [
  "submit, once",
  "submit, always",
  "wait, once",
  "get, always",
  "download, once",
  "download, always"
] as const

const play = (mock: Running, which: Case, column: (typeof columns)[number], key: string): Promise<string> => {
  const world = mock.world(key)
  const once = column.endsWith("once")
  const target = column.startsWith("submit") ? "submit" : column.startsWith("download") ? "asset" : "poll"
  world.inject(on(target, which, once))
  if (target === "submit") return submitted(mock, world, key)
  return target === "asset" ? saved(mock, world, key) : polled(mock, world, key, once)
}

/** What a fault comes to, once, at a submission by a client that is broken on purpose. */
export const brokenCell = (mock: Running, fault: string, broken: Broken): Promise<string> => {
  const which = cases.find(({ name }) => name === fault)
  if (which === undefined) throw new Error(`there is no fault called ${fault}`)
  const key = `matrix-broken-${fault}`
  const world = mock.world(key)
  world.inject(on("submit", which, true))
  return submitted(mock, world, key, broken)
}

/** Does something for each of many, a few at a time. */
const inParallel = async <A, B>(
  items: ReadonlyArray<A>,
  work: (item: A, index: number) => Promise<B>,
  width = 12
): Promise<ReadonlyArray<B>> =>
  Effect.runPromise(
    Effect.forEach(items, (item, index) => Effect.promise(() => work(item, index)), { concurrency: width })
  )

/** The table's cells, row by row. */
export const rows = async (mock: Running): Promise<ReadonlyArray<ReadonlyArray<string>>> => {
  // The first requests of all wait while programs are loaded, on a busy machine for longer than an attempt may take.
  await Effect.runPromise(
    Effect.result(CharacterPerformance.submit(input)).pipe(
      Effect.provide(Runway.layer({ apiKey: "matrix-warm-up", baseUrl: mock.url }))
    )
  )
  const cells = cases.flatMap((which) => columns.map((column) => ({ which, column })))
  const outcomes = await inParallel(
    cells,
    ({ which, column }, index) => play(mock, which, column, `matrix-${index}`),
    24
  )
  return cases.map(({ name }, row) => [name, ...outcomes.slice(row * columns.length, (row + 1) * columns.length)])
}
