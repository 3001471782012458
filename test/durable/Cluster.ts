/**
 * One run of chaos on a cluster: three processes share the jobs of one PostgreSQL database, are killed, told to stop, frozen and woken up at random
 * instants, and started again; afterwards everything is counted.
 *
 * The instants come from a seed. (What a process does at such an instant does not, so a run cannot be repeated exactly.)
 *
 * @module
 */
import * as PgClient from "@effect/sql-pg/PgClient"
import { Ledger } from "cometapi-runway"
import { Runs } from "cometapi-runway-durable"
import * as Cluster from "cometapi-runway-durable/cluster"
import { RunwayMock } from "cometapi-runway-mock"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as Predicate from "effect/Predicate"
import * as Redacted from "effect/Redacted"
import { random } from "../ledger/Random.ts"
import type { Postgres } from "../support/Postgres.ts"
import { freePort } from "../support/Postgres.ts"
import * as Program from "./Program.ts"
import { haste, type Task } from "./Setting.ts"

export interface Account {
  readonly jobs: number
  readonly signals: Readonly<Record<string, number>>
  readonly posts: number
  /** Intents for which more than one job was paid. */
  readonly double: number
  /** Paid jobs. */
  readonly accepted: number
  /** Jobs that ended with a video. */
  readonly collected: number
  /** Jobs that ended in an error, by its reason. */
  readonly failed: Readonly<Record<string, number>>
  /** Paid jobs whose id is neither a result nor in the ledger, and for which the ledger names no unknown outcome. */
  readonly lost: number
  /** Jobs that had not ended when nothing had moved for a minute, with what the database said then. */
  readonly stuck: ReadonlyArray<string>
  readonly seconds: number
}

export interface Chaos {
  readonly seed: number
  readonly jobs: number
  readonly kills: number
  readonly freezes: number
  /** How many are told to stop and end in their own time, as in a deploy. */
  readonly ends: number
}

const scale = 50
const pause = (millis: number) => new Promise<void>((resolve) => setTimeout(resolve, millis))

/** The input of a job: its seed says which one it is, in every request. */
const jobOf = (seed: number) => ({
  intent: `job-${seed}`,
  input: {
    character: { type: "image", uri: "https://example.com/portrait.png" },
    reference: { type: "video", uri: "https://example.com/performance.mp4" },
    seed
  } as const
})

/** What the provider saw: how many requests came for each job, and which were accepted. */
const startProvider = async (seed: number, jobs: number) => {
  const posts = new Map<number, number>()
  const accepted = new Map<number, Array<string>>()
  const mock = await RunwayMock.start({
    port: 0,
    scale,
    seed,
    limits: { tasks: jobs * 2 },
    faults: [{ on: "submit", kind: "latency", median: "80 millis", p99: "250 millis" }],
    onRequest: ({ method, body, taskId }) => {
      if (method !== "POST" || !Predicate.hasProperty(body, "seed")) return
      const seed = Number(body.seed)
      posts.set(seed, (posts.get(seed) ?? 0) + 1)
      if (taskId !== undefined) accepted.set(seed, [...(accepted.get(seed) ?? []), taskId])
    }
  })
  return { mock, posts, accepted }
}

export const run = async (postgres: Postgres, { seed, jobs, kills, freezes, ends }: Chaos): Promise<Account> => {
  const next = random(seed)
  const name = `cluster_${seed}`
  const database = postgres.database(name)
  const provider = await startProvider(seed, jobs)
  const started = performance.now()
  const start = async () => {
    const task: Task = { database, port: await freePort(), url: provider.mock.url, scale }
    return Program.start("Worker.ts", task)
  }
  const runners = [await start(), await start(), await start()]
  const signals: Record<string, number> = { SIGKILL: 0, SIGSTOP: 0, SIGTERM: 0 }
  const strikes = [
    ...Array<"SIGKILL">(kills).fill("SIGKILL"),
    ...Array<"SIGSTOP">(freezes).fill("SIGSTOP"),
    ...Array<"SIGTERM">(ends).fill("SIGTERM")
  ]
    .map((signal) => [next(), signal] as const)
    .sort(([a], [b]) => a - b)

  const strike = async () => {
    for (const [, signal] of strikes) {
      // Spread over the time in which the jobs are submitted and waited for.
      const goal = Math.floor((jobs * (Object.values(signals).reduce((a, b) => a + b) + next())) / (strikes.length + 1))
      while (provider.accepted.size < goal) await pause(20)
      await pause(next() * 500)
      const index = Math.floor(next() * runners.length)
      const runner = runners[index]
      if (runner === undefined) continue
      signals[signal] = (signals[signal] ?? 0) + 1
      runner.process.kill(signal)
      if (signal !== "SIGSTOP") {
        await runner.ended
        runners[index] = await start()
      } else {
        // Longer than its shards are kept for it: another process has taken its jobs over when it wakes up.
        await pause(14_000 + next() * 4000)
        runner.process.kill("SIGCONT")
      }
    }
  }

  const watch = async (): Promise<ReadonlyArray<string>> => {
    const [ended, moved] = [() => settled(postgres, name), () => provider.accepted.size + provider.posts.size]
    let seen = -1
    for (let still = 0; still < 60; still++) {
      const count = ended()
      if (count >= jobs) return []
      if (count + moved() !== seen) still = 0
      seen = count + moved()
      await pause(1000)
    }
    return evidence(postgres, name)
  }

  const program = Effect.gen(function* () {
    const seeds = Array.from({ length: jobs }, (_, seed) => seed)
    yield* Effect.forEach(seeds, (seed) => Runs.start(jobOf(seed)), { concurrency: 16, discard: true })
    const [stuck] = yield* Effect.promise(() => Promise.all([watch(), strike()]))
    const statuses = yield* Effect.forEach(seeds, (seed) => Runs.status(jobOf(seed)), { concurrency: 16 })
    const entries = yield* everyEntry
    return { stuck, statuses, entries }
  })
  const live = Cluster.client({ sharding: haste }).pipe(
    Layer.provide(PgClient.layer({ url: Redacted.make(database), maxConnections: 8 })),
    Layer.merge(Logger.layer([]))
  )
  try {
    await Promise.all(runners.map(({ up }) => up))
    const { stuck, statuses, entries } = await Effect.runPromise(Effect.provide(program, live))
    const results = statuses.flatMap((status) =>
      status._tag === "Ended" && Exit.isSuccess(status.exit) ? [status.exit.value.taskId as string] : []
    )
    const failed: Record<string, number> = {}
    for (const status of statuses) {
      if (status._tag === "Open") failed["not ended"] = (failed["not ended"] ?? 0) + 1
      else if (Exit.isFailure(status.exit)) {
        const error = Exit.findErrorOption(status.exit)
        const why = error._tag === "Some" ? error.value.reason._tag : "Interrupted or defect"
        failed[why] = (failed[why] ?? 0) + 1
      }
    }
    const known = new Set([...results, ...entries.flatMap(({ taskId }) => taskId ?? [])])
    const unknown = new Set(entries.filter(({ state }) => state === "unknown").map(({ intent }) => intent))
    const paid = [...provider.accepted]
    return {
      jobs,
      signals,
      posts: [...provider.posts.values()].reduce((a, b) => a + b, 0),
      double: paid.filter(([, ids]) => ids.length > 1).length,
      accepted: paid.flatMap(([, ids]) => ids).length,
      collected: results.length,
      failed,
      lost: paid.flatMap(([seed, ids]) => ids.filter((id) => !known.has(id) && !unknown.has(`job-${seed}`))).length,
      stuck,
      seconds: (performance.now() - started) / 1000
    }
  } finally {
    for (const { process } of runners) process.kill("SIGKILL")
    await Promise.all(runners.map(({ ended }) => ended))
    await provider.mock.stop()
  }
}

const everyEntry = Effect.gen(function* () {
  const ledger = yield* Ledger
  const all = []
  for (let offset = 0; ; offset += 1000) {
    const page = yield* ledger.list({ offset })
    all.push(...page)
    if (page.length < 1000) return all
  }
})

/** How many runs have ended. */
const settled = ({ query }: Postgres, database: string): number =>
  Number(
    query(
      database,
      `SELECT count(DISTINCT request_id) FROM cluster_replies JOIN cluster_messages USING (request_id)
       WHERE tag = 'run' AND cluster_replies.kind = 0 AND cluster_replies.payload LIKE '%Complete%'`
    )[0]
  )

/** What a person needs to see of a cluster in which nothing moves. */
const evidence = ({ query }: Postgres, database: string): ReadonlyArray<string> => [
  ...query(
    database,
    "SELECT entity_type, entity_id, tag, processed, last_read FROM cluster_messages WHERE NOT processed LIMIT 20"
  ),
  ...query(database, "SELECT * FROM cluster_runners"),
  ...query(database, "SELECT state, count(*) FROM runway_ledger_entry GROUP BY state")
]
