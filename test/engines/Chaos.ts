/**
 * One trial of an engine: its only worker is ended at random instants and started again; afterwards everything is counted.
 *
 * The instants come from a seed. (What the worker does at such an instant does not, so a trial cannot be repeated exactly.)
 *
 * @module
 */
import { createInterface } from "node:readline"
import { RunwayMock } from "cometapi-runway-mock"
import * as Effect from "effect/Effect"
import * as Predicate from "effect/Predicate"
import { Ledger } from "../../src/Ledger.ts"
import { random } from "../ledger/Random.ts"
import { type Engine, ready, start } from "./Engine.ts"

export interface Chaos {
  readonly seed: number
  readonly jobs: number
  /** How the worker is ended three times. */
  readonly signal: "SIGKILL" | "SIGTERM"
}

export interface Account {
  readonly jobs: number
  readonly signal: string
  /** Submissions that reached the provider. */
  readonly posts: number
  /** Paid jobs. */
  readonly accepted: number
  /** Intents for which more than one job was paid. */
  readonly double: number
  /** Jobs that ended with a video that was kept. */
  readonly kept: number
  /** Jobs that ended in an error, by its reason. */
  readonly failed: Readonly<Record<string, number>>
  /** Jobs of which nothing was heard. */
  readonly open: number
  /** Intents that the ledger says a person must look for. */
  readonly unknown: number
  /** Paid jobs whose id is neither a result nor in the ledger, and for which the ledger names no unknown outcome. */
  readonly lost: number
  /** Whether the URL of a video, or the key, is in what the engine has stored. */
  readonly secrets: number
  readonly seconds: number
}

const blows = 3
const key = "key-of-the-engines"
const pause = (millis: number) => new Promise<void>((resolve) => setTimeout(resolve, millis))

/** The input of a job: its seed says which one it is, in every request. One in ten has an asset that makes its task fail. */
const jobOf = (seed: number) => ({
  intent: `job-${seed}`,
  input: {
    character: `https://${seed % 10 === 9 ? "scenario.mock.test/failed-asset" : "example.com"}/portrait.png`,
    reference: "https://example.com/performance.mp4",
    seed
  }
})

/** What the provider saw: how many requests came, and which ids were given for each job. */
const startProvider = async (seed: number, jobs: number) => {
  const seen = { posts: 0, accepted: new Map<number, ReadonlyArray<string>>() }
  const mock = await RunwayMock.start({
    port: 0,
    scale: 10,
    seed,
    limits: { tasks: jobs * 2 },
    faults: [
      { on: "submit", kind: "latency", median: "120 millis", p99: "400 millis" },
      { on: "poll", kind: "reset", rate: 0.1 },
      { on: "asset", kind: "cut", rate: 0.1 }
    ],
    onRequest: ({ method, body, taskId }) => {
      if (method !== "POST" || !Predicate.hasProperty(body, "seed")) return
      seen.posts++
      const job = Number(body.seed)
      if (taskId !== undefined) seen.accepted.set(job, [...(seen.accepted.get(job) ?? []), taskId])
    }
  })
  return { mock, seen }
}

/** What the example's own program says of a job. */
interface Result {
  readonly intent: string
  readonly taskId?: string
  readonly place?: string
  readonly error?: string
}

export const run = async (engine: Engine, { seed, jobs, signal }: Chaos): Promise<Account> => {
  const next = random(seed)
  const started = performance.now()
  const { mock, seen } = await startProvider(seed, jobs)
  const env = {
    COMETAPI_KEY: key,
    COMETAPI_BASE_URL: mock.url,
    // So that the time of a sender that was killed is soon over.
    COMETAPI_ATTEMPT_TIMEOUT: "5 seconds"
  }
  const results: Array<Result> = []
  let worker = start(engine, "worker.ts", env)
  const giver = start(engine, "jobs.ts", env)

  const read = async () => {
    if (giver.process.stdout === null) return
    for await (const line of createInterface(giver.process.stdout)) results.push(JSON.parse(line))
  }

  // A trial in which nothing moves any more ends too, and its open jobs are counted.
  const stop = AbortSignal.timeout(1_200_000)
  const strike = async () => {
    for (let blow = 0; blow < blows; blow++) {
      // Spread over the time in which the jobs are submitted.
      const goal = Math.floor((jobs * (blow + next())) / (blows + 1))
      while (seen.accepted.size < goal && !stop.aborted) await pause(10)
      if (stop.aborted) return
      await pause(next() * 200)
      worker.process.kill(signal)
      await worker.ended
      worker = start(engine, "worker.ts", env)
      await ready(worker)
    }
  }

  try {
    await ready(worker)
    await engine.register()
    giver.process.stdin?.end(Array.from({ length: jobs }, (_, seed) => JSON.stringify(jobOf(seed))).join("\n"))
    const late = new Promise<void>((resolve) => stop.addEventListener("abort", () => resolve()))
    await Promise.race([Promise.all([read(), strike()]), late])
    const entries = await Effect.runPromise(Effect.provide(entriesOf(jobs), engine.ledger))
    const stored = await engine.stored()
    if (!stored.includes(results.find(({ taskId }) => taskId)?.taskId ?? "no result"))
      throw new Error("what was stored could not be read, so nothing can be said of secrets")
    return {
      signal,
      ...account(jobs, seen, results, entries),
      // Every URL of an output has this parameter, and nothing else here has.
      secrets: ["_jwt", key].filter((secret) => stored.includes(secret)).length,
      seconds: Math.round((performance.now() - started) / 1000)
    }
  } finally {
    for (const { process } of [worker, giver]) process.kill("SIGKILL")
    await Promise.all([worker.ended, giver.ended])
    await mock.stop()
  }
}

const entriesOf = (jobs: number) => Effect.flatMap(Ledger, (ledger) => ledger.list({ limit: jobs * 10 }))

type Entries = Effect.Success<ReturnType<typeof entriesOf>>
type Seen = Awaited<ReturnType<typeof startProvider>>["seen"]

const account = (jobs: number, { posts, accepted }: Seen, results: ReadonlyArray<Result>, entries: Entries) => {
  const failed: Record<string, number> = {}
  for (const { error } of results) {
    if (error === undefined) continue
    const why = /: (?<reason>[A-Z]\w+)(?: \[task \S+\])?\s+why: /.exec(error)?.groups?.["reason"] ?? error
    failed[why] = (failed[why] ?? 0) + 1
  }
  const unknown = new Set(entries.filter(({ state }) => state === "unknown").map(({ intent }) => intent))
  const known = new Set([...results, ...entries].flatMap(({ taskId }) => taskId ?? []))
  const paid = [...accepted]
  return {
    jobs,
    posts,
    accepted: paid.flatMap(([, ids]) => ids).length,
    double: paid.filter(([, ids]) => ids.length > 1).length,
    kept: results.filter(({ place }) => place !== undefined).length,
    failed,
    open: jobs - new Set(results.map(({ intent }) => intent)).size,
    unknown: unknown.size,
    lost: paid.flatMap(([seed, ids]) => ids.filter((id) => !known.has(id) && !unknown.has(`job-${seed}`))).length
  }
}
