/**
 * A process that is told to stop while submissions are on their way and more wait for their turn.
 *
 * The mock's answers are held back until the process has heard the signal, so that nothing here depends on how fast it hears it. No task ever
 * ends, so a process that ends at all does not wait for its jobs.
 */
import { type ChildProcess, spawn } from "node:child_process"
import { once } from "node:events"
import { join } from "node:path"
import * as PgClient from "@effect/sql-pg/PgClient"
import { describe, expect, it } from "@effect/vitest"
import { Ledger, Runway } from "cometapi-runway"
import { LedgerFile, LedgerSql, Sqlite } from "cometapi-runway/ledger"
import { Generate, type Job, Runs } from "cometapi-runway-durable"
import * as Cluster from "cometapi-runway-durable/cluster"
import { RunwayMock } from "cometapi-runway-mock"
import * as ClusterWorkflowEngine from "effect/cluster/ClusterWorkflowEngine"
import * as SingleRunner from "effect/cluster/SingleRunner"
import * as Digest from "effect/crypto/Digest"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as Redacted from "effect/Redacted"
import { folder } from "../ledger/Support.ts"
import { freePort, isInstalled, startPostgres } from "../support/Postgres.ts"
import * as Held from "./Held.ts"
import { haste, quick } from "./Setting.ts"

const jobs: ReadonlyArray<Job> = Array.from({ length: 40 }, (_, seed) => ({
  intent: `order-${seed}`,
  input: {
    character: { type: "image", uri: "https://example.com/portrait.png" },
    reference: { type: "video", uri: "https://example.com/performance.mp4" },
    seed
  }
}))

const startMock = Effect.acquireRelease(
  Effect.promise(() => RunwayMock.start({ port: 0, scenario: "stuck" })),
  (mock) => Effect.promise(() => mock.stop())
)

const program = (name: "Embedded.ts" | "Worker.ts", task: object) =>
  Effect.acquireRelease(
    Effect.sync(() =>
      spawn(process.execPath, [join(import.meta.dirname, name), JSON.stringify(task)], {
        stdio: ["ignore", "pipe", "inherit"]
      })
    ),
    (child) => Effect.sync(() => child.kill("SIGKILL"))
  )

/** Waits until it says that word. */
const says = (child: ChildProcess, word: string) =>
  Effect.callback<void>((resume) => {
    child.stdout?.on("data", (chunk) => {
      if (String(chunk).includes(word)) resume(Effect.void)
    })
  })

/** Tells it to stop and waits until it has heard. */
const tell = (child: ChildProcess) =>
  Effect.suspend(() => {
    child.kill("SIGTERM")
    return says(child, "stopping")
  })

describe("a program that launches the layer and is told to stop", () => {
  it.live(
    "lets the four submissions on their way finish, sends no other, ends, and leaves the rest to the next one",
    () =>
      Effect.gen(function* () {
        const mock = yield* startMock
        const world = mock.world("test-embedded")
        const door = yield* Held.before(mock.url)
        const file = join(yield* folder, "jobs.sqlite")
        const entries = Effect.flatMap(Ledger, (ledger) => ledger.list()).pipe(
          Effect.provide(LedgerFile.layer({ file }))
        )

        const first = yield* program("Embedded.ts", { file, url: door.url, jobs, service: true })
        yield* says(first, "up")
        while (door.posts() < 4) yield* Effect.sleep("20 millis")
        const ended = once(first, "exit")
        yield* tell(first)
        door.release()
        yield* Effect.promise(() => ended)
        expect(door.posts()).toBe(4)
        const known = yield* entries
        expect(known.map(({ state }) => state)).toEqual(Array(4).fill("accepted"))
        expect(known.map(({ taskId }) => taskId as string).sort()).toEqual(
          world
            .tasks()
            .map(({ id }) => id)
            .sort()
        )

        const second = yield* program("Embedded.ts", { file, url: door.url, jobs, service: true })
        const waited = new Set<string>()
        while (waited.size < jobs.length) {
          yield* Effect.sleep("50 millis")
          for (const { intent, state } of yield* entries) if (state === "accepted") waited.add(intent)
        }
        yield* tell(second)
        expect(door.posts()).toBe(jobs.length)
        expect(world.tasks()).toHaveLength(jobs.length)
      }),
    180_000
  )
})

const client = (database: string) =>
  Cluster.client({ sharding: haste }).pipe(
    Layer.provide(PgClient.layer({ url: Redacted.make(database), maxConnections: 4 })),
    Layer.provide(Logger.layer([]))
  )

const postgres = Effect.acquireRelease(
  Effect.promise(() => startPostgres()),
  (server) => Effect.promise(() => server.stop())
)

describe.skipIf(!isInstalled())("a runner of a cluster that is told to stop", () => {
  it.live(
    "does the same, and the next runner sends the rest",
    () =>
      Effect.gen(function* () {
        const database = (yield* postgres).database("drain")
        const mock = yield* startMock
        const world = mock.world("test-cluster")
        const door = yield* Held.before(mock.url)
        const runner = Effect.flatMap(
          Effect.promise(() => freePort()),
          (port) => program("Worker.ts", { database, port, url: door.url, scale: 1 })
        )
        const first = yield* runner
        yield* says(first, "up")
        yield* Effect.gen(function* () {
          yield* Effect.forEach(jobs, Runs.start, { concurrency: 4, discard: true })
          while (door.posts() < 4) yield* Effect.sleep("20 millis")
          const ended = once(first, "exit")
          yield* tell(first)
          door.release()
          yield* Effect.promise(() => ended)
          expect(door.posts()).toBe(4)
          const ledger = yield* Ledger
          const known = yield* ledger.list()
          expect(known.map(({ state }) => state)).toEqual(Array(4).fill("accepted"))

          const second = yield* runner
          const isSent = Effect.map(ledger.list(), (all) => all.filter(({ state }) => state === "accepted").length)
          while ((yield* isSent) < jobs.length) yield* Effect.sleep("100 millis")
          yield* tell(second)
          expect(door.posts()).toBe(jobs.length)
          expect(world.tasks()).toHaveLength(jobs.length)
        }).pipe(Effect.provide(client(database)))
      }),
    300_000
  )
})

/** An engine that somebody has put together: its cluster is not known to the layer of jobs. */
const ownEngine = (file: string, url: string) =>
  Generate.layer().pipe(
    Layer.provideMerge(
      Layer.mergeAll(
        ClusterWorkflowEngine.layer.pipe(
          Layer.provide(
            SingleRunner.layer({
              runnerStorage: "memory",
              shardingConfig: { ...quick, entityTerminationTimeout: "2 seconds" }
            })
          ),
          Layer.provide(Digest.layerWebCrypto)
        ),
        LedgerSql.layer()
      )
    ),
    Layer.provide(Sqlite.layer({ file })),
    Layer.provide(Runway.layer({ apiKey: Redacted.make("test-own"), baseUrl: url, poll: { firstAfter: 0 } })),
    Layer.provide(Logger.layer([]))
  )

describe("an engine whose cluster is not known to the layer of jobs", () => {
  it.live(
    "sends no other submission either when it ends, and fails no job",
    () =>
      Effect.gen(function* () {
        const mock = yield* startMock
        const door = yield* Held.before(mock.url)
        const file = join(yield* folder, "jobs.sqlite")
        const stopping = yield* Deferred.make<void>()
        const says = Layer.effectDiscard(Effect.addFinalizer(() => Deferred.succeed(stopping, undefined)))
        const first = yield* Effect.gen(function* () {
          yield* Effect.forEach(jobs, Runs.start, { concurrency: 4, discard: true })
          while (door.posts() < 4) yield* Effect.sleep("20 millis")
        }).pipe(Effect.provide(Layer.provideMerge(says, ownEngine(file, door.url))), Effect.forkChild)
        yield* Deferred.await(stopping)
        door.release()
        yield* Fiber.join(first)
        expect(door.posts()).toBe(4)
        yield* Effect.gen(function* () {
          const ledger = yield* Ledger
          const isSent = Effect.map(ledger.list(), (all) => all.filter(({ state }) => state === "accepted").length)
          while ((yield* isSent) < jobs.length) yield* Effect.sleep("100 millis")
          expect(door.posts()).toBe(jobs.length)
        }).pipe(Effect.provide(ownEngine(file, door.url)))
      }),
    180_000
  )
})
