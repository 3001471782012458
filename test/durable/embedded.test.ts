/**
 * Durable jobs on the embedded engine, against the mock on a real socket.
 */
import { spawn } from "node:child_process"
import { once } from "node:events"
import { readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { describe, expect, it } from "@effect/vitest"
import { Ledger, Runway, RunwayError } from "cometapi-runway"
import { Engine, Generate, type Job, Runs } from "cometapi-runway-durable"
import { type Options as MockOptions, RunwayMock } from "cometapi-runway-mock"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as Redacted from "effect/Redacted"
import * as Schedule from "effect/Schedule"
import { DownloadFailed } from "../../src/RunwayError.ts"
import { folder } from "../ledger/Support.ts"
import { quick } from "./Setting.ts"

const key = "test-embedded"
const input = {
  character: { type: "image", uri: "https://example.com/portrait.png" },
  reference: { type: "video", uri: "https://example.com/performance.mp4" }
} as const
const job: Job = { intent: "order-42", input }

const noRoom = new DownloadFailed({ problem: "the disk is full", transient: false })

const startMock = (options: MockOptions = {}) =>
  Effect.acquireRelease(
    Effect.promise(() => RunwayMock.start({ port: 0, clock: "virtual", ...options })),
    (mock) => Effect.promise(() => mock.stop())
  )

const engine = (file: string, url: string, options: Generate.Options = {}) =>
  Generate.layer({ resubmit: Schedule.recurs(0), ...options }).pipe(
    Layer.provideMerge(Engine.embedded({ file, sharding: quick, ledger: { slack: "1 second" } })),
    Layer.provide(
      Runway.layer({
        apiKey: Redacted.make(key),
        baseUrl: url,
        attemptTimeout: "1 second",
        retry: Schedule.recurs(0),
        poll: { schedule: Schedule.spaced("10 millis"), firstAfter: 0 }
      })
    ),
    Layer.provide(Logger.layer([]))
  )

const fileIn = (path: string) => join(path, "jobs.sqlite")

describe("a durable job", () => {
  it.live("ends with its id and the place where its video is kept, and is settled in the ledger", () =>
    Effect.gen(function* () {
      const mock = yield* startMock()
      const live = engine(fileIn(yield* folder), mock.url, {
        keep: (task, { intent }) => Effect.succeed({ place: `${intent}/${task.id}.mp4`, bytes: 3 })
      })
      yield* Effect.gen(function* () {
        const { taskId, kept } = yield* Runs.result(job)
        expect(kept).toEqual({ place: `order-42/${taskId}.mp4`, bytes: 3 })
        const status = yield* Runs.status(job)
        expect(status).toMatchObject({ _tag: "Ended", run: 1, attempts: [{ taskId, outcome: "succeeded" }] })
      }).pipe(Effect.provide(live))
      mock.world(key).expectClean()
    })
  )

  it.live("is paid once, however often it is started", () =>
    Effect.gen(function* () {
      const mock = yield* startMock()
      yield* Effect.gen(function* () {
        yield* Effect.forEach([1, 2, 3], () => Runs.start(job), { concurrency: "unbounded" })
        const results = yield* Effect.forEach([1, 2, 3], () => Runs.result(job), { concurrency: "unbounded" })
        yield* Runs.again(job)
        expect(new Set([...results, yield* Runs.result(job)].map(({ taskId }) => taskId)).size).toBe(1)
      }).pipe(Effect.provide(engine(fileIn(yield* folder), mock.url)))
      expect(mock.world(key).report().submissions).toBe(1)
    })
  )

  it.live("is refused, and nothing is sent, when its intent is known with another input", () =>
    Effect.gen(function* () {
      const mock = yield* startMock()
      yield* Effect.gen(function* () {
        yield* Runs.result(job)
        const error = yield* Effect.flip(Runs.result({ intent: job.intent, input: { ...input, seed: 7 } }))
        expect(error.reason._tag).toBe("IntentConflict")
      }).pipe(Effect.provide(engine(fileIn(yield* folder), mock.url)))
      expect(mock.world(key).report().submissions).toBe(1)
    })
  )

  it.live("whose answer was lost waits for a person's word, and is then taken up without paying again", () =>
    Effect.gen(function* () {
      const mock = yield* startMock({ faults: [{ on: "submit", kind: "lost", first: 1 }] })
      yield* Effect.gen(function* () {
        const ledger = yield* Ledger
        expect((yield* Effect.flip(Runs.result(job))).reason._tag).toBe("OutcomeUnknown")
        yield* Runs.again(job)
        expect((yield* Effect.flip(Runs.result(job))).reason).toMatchObject({
          _tag: "IntentUnresolved",
          state: "unknown"
        })
        const [task] = mock.world(key).tasks()
        // The sender's time has to be over before a person may speak.
        const adopted = ledger
          .adopt(job.intent, task?.id ?? "")
          .pipe(Effect.repeat({ schedule: Schedule.spaced("50 millis"), until: ({ _tag }) => _tag !== "TooEarly" }))
        yield* adopted
        yield* Runs.again(job)
        expect((yield* Runs.result(job)).taskId).toBe(task?.id)
        expect(yield* Runs.status(job)).toMatchObject({ _tag: "Ended", run: 3 })
      }).pipe(Effect.provide(engine(fileIn(yield* folder), mock.url)))
      expect(mock.world(key).tasks()).toHaveLength(1)
    })
  )

  it.live("over its budget sends nothing, and is taken up when there is money", () =>
    Effect.gen(function* () {
      const mock = yield* startMock()
      const file = fileIn(yield* folder)
      const other = { ...job, intent: "order-43" }
      const refused = Effect.gen(function* () {
        yield* Runs.result(job)
        return yield* Effect.flip(Runs.result(other))
      })
      const error = yield* Effect.provide(refused, engine(file, mock.url, { budget: { jobs: 1 } }))
      expect(error.reason._tag).toBe("BudgetExceeded")
      expect(mock.world(key).report().submissions).toBe(1)
      const taken = Effect.andThen(Runs.again(other), Runs.result(other))
      yield* Effect.provide(taken, engine(file, mock.url, { budget: { jobs: 2 } }))
      expect(mock.world(key).report().submissions).toBe(2)
    })
  )

  it.live("whose video could not be kept is taken up at that step", () =>
    Effect.gen(function* () {
      const mock = yield* startMock()
      let full = true
      const live = engine(fileIn(yield* folder), mock.url, {
        keep: ({ id }) =>
          full
            ? Effect.fail(new RunwayError({ operation: "keep", reason: noRoom, taskId: id }))
            : Effect.succeed({ place: id, bytes: 1 })
      })
      yield* Effect.gen(function* () {
        const error = yield* Effect.flip(Runs.result(job))
        expect(error.taskId).toBe(mock.world(key).tasks()[0]?.id)
        full = false
        yield* Runs.again(job)
        expect((yield* Runs.result(job)).kept?.place).toBe(error.taskId)
      }).pipe(Effect.provide(live))
      expect(mock.world(key).report().submissions).toBe(1)
    })
  )

  it.live("can be stopped; its id stays in the ledger", () =>
    Effect.gen(function* () {
      const mock = yield* startMock({ scenario: "stuck" })
      yield* Effect.gen(function* () {
        yield* Runs.start(job)
        const accepted = Runs.status(job).pipe(
          Effect.repeat({
            schedule: Schedule.spaced("20 millis"),
            until: ({ attempts }) => attempts[0]?.state === "accepted"
          })
        )
        yield* accepted
        yield* Runs.stop(job)
        const ended = Runs.status(job).pipe(
          Effect.repeat({ schedule: Schedule.spaced("20 millis"), until: ({ _tag }) => _tag === "Ended" })
        )
        yield* ended
        const status = yield* Runs.status(job)
        expect(status._tag === "Ended" && Exit.hasInterrupts(status.exit)).toBe(true)
        expect(status.attempts).toMatchObject([{ state: "accepted", taskId: mock.world(key).tasks()[0]?.id }])
      }).pipe(Effect.provide(engine(fileIn(yield* folder), mock.url)))
    })
  )

  it.live("leaves no key and no URL of a video in its file", () =>
    Effect.gen(function* () {
      const mock = yield* startMock()
      const path = yield* folder
      const seen: Array<string> = []
      const live = engine(fileIn(path), mock.url, {
        keep: (task) => {
          seen.push(...task.output.map(Redacted.value))
          return Effect.fail(new RunwayError({ operation: "keep", reason: noRoom, taskId: task.id, lastTask: task }))
        }
      })
      yield* Effect.provide(Effect.flip(Runs.result(job)), live)
      const bytes = readdirSync(path).map((name) => readFileSync(join(path, name), "latin1"))
      expect(seen).not.toEqual([])
      for (const secret of [key, ...seen, ...seen.map((url) => new URL(url).search)]) {
        expect(bytes.filter((text) => text.includes(secret))).toEqual([])
      }
    })
  )
})

describe("a process that is killed", () => {
  it.live("leaves its jobs to the next one, which pays for none of them again", () =>
    Effect.gen(function* () {
      const mock = yield* startMock({ clock: "real", scale: 20 })
      const file = fileIn(yield* folder)
      const jobs = [1, 2, 3, 4, 5].map((seed) => ({ intent: `order-${seed}`, input: { ...input, seed } }))
      const start = () =>
        spawn(
          process.execPath,
          [join(import.meta.dirname, "Embedded.ts"), JSON.stringify({ file, url: mock.url, jobs })],
          {
            stdio: ["ignore", "inherit", "inherit"]
          }
        )
      const first = start()
      while (mock.world(key).report().polls < jobs.length) yield* Effect.sleep("10 millis")
      first.kill("SIGKILL")
      yield* Effect.promise(() => once(first, "exit"))
      const second = start()
      yield* Effect.promise(() => once(second, "exit"))
      expect(second.exitCode).toBe(0)
      expect(mock.world(key).report().submissions).toBe(5)
      yield* Effect.gen(function* () {
        const ledger = yield* Ledger
        const entries = yield* ledger.list()
        expect(entries.map(({ taskId }) => taskId).sort()).toEqual(
          mock
            .world(key)
            .tasks()
            .map(({ id }) => id)
            .sort()
        )
        expect(new Set(entries.map(({ state, outcome }) => `${state} ${outcome}`))).toEqual(
          new Set(["accepted succeeded"])
        )
      }).pipe(Effect.provide(engine(file, mock.url)))
    })
  )
})
