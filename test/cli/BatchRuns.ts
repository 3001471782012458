/**
 * A batch of many lines in front of a mock that fails at every fifth request, killed again and again, and what it comes to in the end.
 *
 * After each kill it is as late as it has to be for nobody to wait for an answer any more; a person then says what became of the requests
 * whose answer was lost, as the provider's console shows it.
 *
 * @module
 */
import { readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import type { Fault } from "cometapi-runway-mock"
import { RunwayMock } from "cometapi-runway-mock"
import * as Effect from "effect/Effect"
import { TestClock } from "effect/testing"
import { Ledger } from "../../src/ledger/Ledger.ts"
import * as LedgerFile from "../../src/ledger/LedgerFile.ts"
import { random } from "../ledger/Random.ts"
import { folder, start } from "./Support.ts"

/** One in five requests of each kind goes wrong. */
const faults: ReadonlyArray<Fault> = [
  { on: "submit", kind: "status", status: 503, rate: 0.08 },
  { on: "submit", kind: "reset", rate: 0.04 },
  { on: "submit", kind: "lost", rate: 0.04 },
  { on: "submit", kind: "cut", rate: 0.04 },
  { on: "poll", kind: "status", status: 500, rate: 0.1 },
  { on: "poll", kind: "html", rate: 0.05 },
  { on: "poll", kind: "reset", rate: 0.05 },
  { on: "asset", kind: "status", status: 503, rate: 0.1 },
  { on: "asset", kind: "cut", rate: 0.1 }
]

/** What a batch came to. */
interface Account {
  readonly runs: number
  readonly kills: number
  /** Jobs that the provider has accepted. */
  readonly accepted: number
  /** Lines for which it has accepted more than one. */
  readonly double: number
  /** Accepted jobs whose id is not in the ledger. */
  readonly missing: number
  /** Lines without a video in the last run. */
  readonly failed: number
  /** Words of the person. */
  readonly adopted: number
  readonly released: number
  /** The exit code of the last run. */
  readonly code: number | null
  /** Megabytes that the command had in memory at the first, the middle and the last tenth of its longest run. */
  readonly memory: ReadonlyArray<number>
}

const heap = "--max-old-space-size=128 --max-semi-space-size=8"

const lineOf = (n: number): string =>
  JSON.stringify({
    intent: `job-${n}`,
    character: "https://example.com/a.png",
    reference: "https://example.com/b.mp4",
    seed: n
  })

const seedOf = (body: unknown): number => Number((body as { readonly seed?: number } | undefined)?.seed)

const megabytes = (pid: number | undefined): number => {
  try {
    const [, kilobytes = "0"] = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8")) ?? []
    return Math.round(Number(kilobytes) / 1024)
  } catch {
    return 0
  }
}

/** Runs the batch until it ends, or is killed once so many jobs were accepted. */
const runOnce = Effect.fnUntraced(function* (
  args: ReadonlyArray<string>,
  env: Readonly<Record<string, string>>,
  accepted: () => number,
  killAt: number
) {
  const command = yield* start(args, env)
  const samples: Array<number> = []
  const watching = setInterval(() => {
    samples.push(megabytes(command.child.pid))
    if (accepted() >= killAt) command.child.kill("SIGKILL")
  }, 50)
  const end = yield* Effect.ensuring(
    command.end,
    Effect.sync(() => clearInterval(watching))
  )
  return { ...end, samples: samples.filter((sample) => sample > 0) }
})

/** What a person does, a while later: every request whose end nobody knows is looked up in the provider's console. */
const reconcile = (file: string, jobOf: (intent: string) => string | undefined) =>
  Effect.gen(function* () {
    yield* TestClock.setTime(Date.now() + 600_000)
    const ledger = yield* Ledger
    const words = { adopted: 0, released: 0 }
    yield* ledger.sweep
    for (const { intent } of yield* ledger.list({ state: "unknown", limit: 1_000_000 })) {
      const id = jobOf(intent)
      if (id === undefined) yield* ledger.release(intent, "not in the console")
      else yield* ledger.adopt(intent, id)
      words[id === undefined ? "released" : "adopted"]++
    }
    return words
  }).pipe(Effect.provide([LedgerFile.layer({ file }), TestClock.layer()]))

/** Makes a batch of so many lines, kills it so often, and takes it to its end. */
export const account = Effect.fnUntraced(function* (options: {
  readonly lines: number
  readonly kills: number
  readonly concurrency: number
  readonly seed: number
}) {
  const { lines, kills, concurrency, seed } = options
  const next = random(seed)
  const jobs = new Map<number, Array<string>>()
  let accepted = 0
  const mock = yield* RunwayMock.serve({
    port: 0,
    scale: 200,
    seed,
    faults,
    limits: { tasks: lines * 2, journal: 1 },
    onRequest: ({ method, taskId, body }) => {
      if (method !== "POST" || taskId === undefined) return
      accepted++
      jobs.set(seedOf(body), [...(jobs.get(seedOf(body)) ?? []), taskId])
    }
  })
  const home = yield* folder
  const file = join(home, "jobs.jsonl")
  writeFileSync(file, `${Array.from({ length: lines }, (_, n) => lineOf(n)).join("\n")}\n`)
  const ledger = `${file}.ledger.sqlite`
  const args = ["batch", file, "--live", "--yes", "--out", join(home, "videos"), "--order", "ended"]
  // With a heap of this size V8 gives back what it does not need, and a program that keeps its lines comes to its end.
  const env = { COMETAPI_KEY: "batch", COMETAPI_BASE_URL: mock.url, NODE_OPTIONS: heap }
  const jobOf = (intent: string) => jobs.get(Number(/job-(\d+)$/.exec(intent)?.[1]))?.[0]

  const words = { adopted: 0, released: 0 }
  let last: Effect.Success<ReturnType<typeof runOnce>> | undefined
  let longest: ReadonlyArray<number> = []
  let runs = 0
  for (; runs < kills + 8 && (runs <= kills || last?.code !== 0); runs++) {
    // Somewhere in its part of the way.
    const killAt =
      runs < kills ? Math.floor(((runs + 0.2 + 0.6 * next()) / (kills + 1)) * lines) : Number.POSITIVE_INFINITY
    last = yield* Effect.scoped(runOnce([...args, "--concurrency", String(concurrency)], env, () => accepted, killAt))
    if (last.samples.length > longest.length) longest = last.samples
    const { adopted, released } = yield* reconcile(ledger, jobOf)
    words.adopted += adopted
    words.released += released
  }
  const entries = yield* Effect.flatMap(Ledger, (ledger) => ledger.list({ state: "accepted", limit: 1_000_000 })).pipe(
    Effect.provide(LedgerFile.layer({ file: ledger }))
  )
  const known = new Set(entries.map(({ taskId }) => taskId))
  const results = (last?.lines ?? []).map((line): { readonly ok: boolean } => JSON.parse(line))
  const tenth = Math.max(1, Math.floor(longest.length / 10))
  const mean = (samples: ReadonlyArray<number>) =>
    Math.round(samples.reduce((sum, one) => sum + one, 0) / samples.length)
  const result: Account = {
    runs,
    kills,
    accepted,
    double: [...jobs.values()].filter((ids) => ids.length > 1).length,
    missing: [...jobs.values()].flat().filter((id) => !known.has(id)).length,
    failed: lines - results.filter(({ ok }) => ok).length,
    ...words,
    code: last?.code ?? null,
    memory: [0, Math.floor((longest.length - tenth) / 2), longest.length - tenth].map((from) =>
      mean(longest.slice(from, from + tenth))
    )
  }
  return result
})
