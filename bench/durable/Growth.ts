/**
 * One measurement: so many durable jobs through one engine, in a process of its own, with a provider in memory that answers at once.
 *
 * All jobs are written down, then all are accepted and wait, then all end; what each part costs is printed as JSON. Started by `main.ts`.
 *
 * @module
 */
import { statSync } from "node:fs"
import { DatabaseSync } from "node:sqlite"
import * as PgClient from "@effect/sql-pg/PgClient"
import { Runway } from "cometapi-runway"
import { Engine, Generate, type Job, Runs } from "cometapi-runway-durable"
import * as Cluster from "cometapi-runway-durable/cluster"
import * as Effect from "effect/Effect"
import { Fetch } from "effect/http/FetchHttpClient"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as Redacted from "effect/Redacted"
import { SqlClient } from "effect/sql/SqlClient"
import { postgresMillis } from "./PostgresTime.ts"
import { profiled } from "./Profile.ts"

/** What is measured. */
export interface Task {
  readonly jobs: number
  /** A file of sqlite, or a database of PostgreSQL and the port on which this runner can be reached. */
  readonly store: { readonly file: string } | { readonly url: string; readonly port: number; readonly server: number }
  /** Whether to say in which code the time is spent. */
  readonly profile: boolean
}

/** What a part of the work has cost, for each job. */
export interface Cost {
  readonly wall: number
  /** Milliseconds of this process. */
  readonly cpu: number
  /** Milliseconds of PostgreSQL's processes. */
  readonly database: number
}

export interface Growth {
  readonly jobs: number
  readonly written: Cost
  readonly accepted: Cost
  readonly ended: Cost
  readonly rows: number
  /** Kilobytes of the disk. */
  readonly disk: number
  /** Kilobytes of memory for each job that waits. */
  readonly waiting: number
  /** Kilobytes of memory for each job that has ended. */
  readonly kept: number
  /** Megabytes of the whole process, at the most. */
  readonly peak: number
  /** Which code the processor was in, by its share of the time. */
  readonly profile: ReadonlyArray<readonly [string, number]>
  /** How many statements were run for each job, by their text. */
  readonly statements: ReadonlyArray<readonly [string, number]>
}

const { jobs, store, profile }: Task = JSON.parse(process.argv[2] ?? "{}")

/** A provider that lets every job wait until it is told to let them end. */
const provider = () => {
  let posts = 0
  const all = Promise.withResolvers<void>()
  const gate = Promise.withResolvers<void>()
  const fetch: typeof globalThis.fetch = async (input, init) => {
    if (new Request(input, init).method === "POST") {
      if (++posts === jobs) all.resolve()
      return Response.json({ id: `task-${posts}` })
    }
    await gate.promise
    return Response.json({ status: "SUCCEEDED", output: ["https://cdn.example.com/v.mp4"] })
  }
  return { fetch, accepted: Effect.promise(() => all.promise), end: Effect.sync(() => gate.resolve()) }
}

/** How often each statement was run in the file of this process; PostgreSQL counts its own. */
const statements = new Map<string, number>()
const { prepare } = DatabaseSync.prototype
DatabaseSync.prototype.prepare = function (sql) {
  // Only the beginning: some have the ids of their rows in them, and would be a text of their own each time.
  const text = sql.trimStart().slice(0, 60)
  statements.set(text, (statements.get(text) ?? 0) + 1)
  return prepare.call(this, sql)
}

const engine =
  "file" in store
    ? Engine.embedded({ file: store.file })
    : Cluster.runner({ host: "127.0.0.1", port: store.port }).pipe(
        Layer.provideMerge(PgClient.layer({ url: Redacted.make(store.url), maxConnections: 10 }))
      )

const live = (fetch: typeof globalThis.fetch) =>
  Generate.layer({ keep: ({ id }) => Effect.succeed({ place: `kept/${id}`, bytes: 1 }) }).pipe(
    Layer.provideMerge(engine),
    Layer.provide(
      // Nobody listens there, should a request ever miss the provider in memory.
      Runway.layer({
        apiKey: "sk-bench",
        baseUrl: "http://127.0.0.1:9",
        attemptTimeout: "1 hour",
        poll: { firstAfter: 0 }
      })
    ),
    Layer.provideMerge(Layer.mergeAll(Layer.succeed(Fetch, fetch), Logger.layer([])))
  )

const jobOf = (seed: number): Job => ({
  intent: `order-${seed}`,
  input: {
    character: { type: "image", uri: "https://example.com/portrait.png" },
    reference: { type: "video", uri: "https://example.com/performance.mp4" },
    seed
  }
})

const usage = () => {
  const { user, system } = process.cpuUsage()
  return {
    wall: performance.now(),
    cpu: (user + system) / 1000,
    database: "server" in store ? postgresMillis(store.server) : 0
  }
}

/** What an effect costs, for each job. */
const costOf = <E, R>(effect: Effect.Effect<unknown, E, R>): Effect.Effect<Cost, E, R> =>
  Effect.gen(function* () {
    const before = usage()
    yield* effect
    const after = usage()
    const each = (name: keyof Cost) => (after[name] - before[name]) / jobs
    return { wall: each("wall"), cpu: each("cpu"), database: each("database") }
  })

const heap = Effect.sync(() => {
  globalThis.gc?.()
  return process.memoryUsage().heapUsed / 1024
})

/** Rows and kilobytes of all tables. */
const size = Effect.gen(function* () {
  const sql = yield* SqlClient
  const isFile = "file" in store
  const tables = isFile
    ? yield* sql<{ name: string }>`SELECT name FROM sqlite_master WHERE type = 'table'`
    : yield* sql<{
        name: string
      }>`SELECT table_name AS name FROM information_schema.tables WHERE table_schema = 'public'`
  let rows = 0
  for (const { name } of tables) {
    const [counted] = yield* sql<{ count: number }>`SELECT count(*) AS count FROM ${sql(name)}`
    rows += Number(counted?.count ?? 0)
  }
  if (isFile) return { rows, kilobytes: (statSync(store.file).size + statSync(`${store.file}-wal`).size) / 1024 }
  const [disk] = yield* sql<{ bytes: number }>`SELECT pg_database_size(current_database()) AS bytes`
  return { rows, kilobytes: Number(disk?.bytes ?? 0) / 1024 }
})

/** Counts the statements from now on. */
const countFromNow = Effect.gen(function* () {
  statements.clear()
  if ("server" in store) yield* (yield* SqlClient)`SELECT pg_stat_statements_reset()`
})

/** How many statements there were for each job, by their text, the most frequent first. */
const counted = Effect.gen(function* () {
  if ("server" in store) {
    const sql = yield* SqlClient
    const rows = yield* sql<{ query: string; calls: string }>`SELECT query, calls FROM pg_stat_statements`
    for (const { query, calls } of rows) statements.set(query, Number(calls))
  }
  return [...statements]
    .sort(([, a], [, b]) => b - a)
    .map(([text, count]) => [text.replace(/\s+/g, " ").trim().slice(0, 110), count / jobs] as const)
})

const measure = Effect.gen(function* () {
  const { fetch, accepted, end } = provider()
  const all = Array.from({ length: jobs }, (_, index) => jobOf(index + 1))
  return yield* Effect.gen(function* () {
    const empty = yield* size
    const idle = yield* heap
    yield* countFromNow
    const written = yield* costOf(Effect.forEach(all, Runs.start, { concurrency: 16, discard: true }))
    const taken = yield* costOf(accepted)
    // The last ones still have to be written down as accepted.
    yield* Effect.sleep("2 seconds")
    const waiting = yield* heap
    const results = Effect.forEach(all, Runs.result, { concurrency: 200, discard: true })
    const ended = yield* costOf(Effect.andThen(end, results))
    const texts = yield* counted
    const kept = yield* heap
    const full = yield* size
    return {
      jobs,
      written,
      accepted: taken,
      ended,
      rows: (full.rows - empty.rows) / jobs,
      disk: (full.kilobytes - empty.kilobytes) / jobs,
      waiting: (waiting - idle) / jobs,
      kept: (kept - idle) / jobs,
      peak: process.resourceUsage().maxRSS / 1024,
      statements: texts
    }
  }).pipe(Effect.provide(live(fetch)))
})

const { result, shares } = await profiled(profile, () => Effect.runPromise(measure))
const growth: Growth = { ...result, profile: shares }
process.stdout.write(JSON.stringify(growth))
