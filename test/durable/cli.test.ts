/**
 * The command as a process: a file of jobs, a mock over a real socket.
 */
import { type ChildProcess, spawn } from "node:child_process"
import { once } from "node:events"
import { readdirSync, statSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { DatabaseSync } from "node:sqlite"
import { describe, expect, it } from "@effect/vitest"
import { Ledger, LedgerSql, Sqlite } from "cometapi-runway/ledger"
import { type Options as MockOptions, RunwayMock } from "cometapi-runway-mock"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { folder } from "../ledger/Support.ts"

const key = "test-durable-command"
const main = join(import.meta.dirname, "../../durable/src/cli/main.ts")

const startMock = (options: MockOptions = {}) =>
  Effect.acquireRelease(
    Effect.promise(() => RunwayMock.start({ port: 0, scale: 60, ...options })),
    (mock) => Effect.promise(() => mock.stop())
  )

const line = (seed: number) =>
  JSON.stringify({
    intent: `order-${seed}`,
    character: { type: "image", uri: "https://example.com/portrait.png" },
    reference: { type: "video", uri: "https://example.com/performance.mp4" },
    seed
  })

/** A folder with a file of so many jobs. */
const withJobs = Effect.fnUntraced(function* (jobs: number) {
  const home = yield* folder
  writeFileSync(join(home, "jobs.jsonl"), Array.from({ length: jobs }, (_, seed) => `${line(seed)}\n`).join(""))
  return home
})

/** What stands in the ledger of the file of jobs. */
const ledgerOf = (home: string) =>
  Effect.flatMap(Ledger, (ledger) => ledger.list()).pipe(
    Effect.provide(Layer.provide(LedgerSql.layer(), Sqlite.layer({ file: join(home, "jobs.sqlite") })))
  )

/** Writes into the ledger that every request was sent an hour earlier, so that a person may say what became of it. */
const sendersTimeIsOver = (home: string) => {
  const database = new DatabaseSync(join(home, "jobs.sqlite"))
  const hour = 3_600_000
  database.exec(`UPDATE runway_ledger_entry SET sent_at = sent_at - ${hour}, answer_by = answer_by - ${hour}`)
  database.close()
}

interface Said {
  readonly process: ChildProcess
  readonly ended: Promise<{ readonly code: number | null; readonly out: string; readonly err: string }>
}

const command = (home: string, url: string, ...args: ReadonlyArray<string>): Said => {
  const child = spawn(process.execPath, [main, ...args], {
    cwd: home,
    env: { ...process.env, NO_COLOR: "1", COMETAPI_KEY: key, COMETAPI_BASE_URL: url },
    stdio: ["ignore", "pipe", "pipe"]
  })
  const said = { out: "", err: "" }
  child.stdout.on("data", (chunk) => {
    said.out += String(chunk)
  })
  child.stderr.on("data", (chunk) => {
    said.err += String(chunk)
  })
  return { process: child, ended: once(child, "close").then(([code]) => ({ code: code as number | null, ...said })) }
}

describe("cometapi-runway-durable", () => {
  it.live(
    "makes the videos of a file of jobs, and pays for none of them when it is called again",
    () =>
      Effect.gen(function* () {
        const mock = yield* startMock()
        const home = yield* withJobs(3)
        const first = yield* Effect.promise(() => command(home, mock.url, "run", "jobs.jsonl", "--live").ended)
        expect(first).toMatchObject({ code: 0, err: expect.stringContaining("3 of 3 videos") })
        const rows = first.out
          .trim()
          .split("\n")
          .map((row) => row.split("\t"))
        expect(rows.map(([intent]) => intent).sort()).toEqual(["order-0", "order-1", "order-2"])
        for (const [, , place = ""] of rows) expect(statSync(join(home, place)).size).toBeGreaterThan(0)
        const second = yield* Effect.promise(() => command(home, mock.url, "run", "jobs.jsonl", "--live").ended)
        expect(second.out.trim().split("\n").sort()).toEqual(first.out.trim().split("\n").sort())
        mock.world(key).expectClean()
        expect(mock.world(key).report().submissions).toBe(3)
        const status = yield* Effect.promise(() => command(home, mock.url, "status").ended)
        expect(status.out).toContain("3  paid, and succeeded")
        expect(status.out).toContain("(3 jobs) spent")
      }),
    // Several processes, one after the other.
    180_000
  )

  it.live(
    "says which job is not known, takes a person's word, and goes on",
    () =>
      Effect.gen(function* () {
        const mock = yield* startMock({ faults: [{ on: "submit", kind: "lost", first: 1 }] })
        const home = yield* withJobs(1)
        const ask = (...args: ReadonlyArray<string>) => Effect.promise(() => command(home, mock.url, ...args).ended)
        const lost = yield* ask("run", "jobs.jsonl", "--live")
        expect(lost).toMatchObject({ code: 1, err: expect.stringContaining("status --file jobs.sqlite") })
        const status = yield* ask("status")
        expect(status.out).toMatch(/1 {2}unknown[\s\S]*\(1 jobs\) held[\s\S]*order-0[\s\S]*adopt INTENT TASK-ID/)
        expect((yield* ask("release", "order-0")).code).toBe(1)
        // A person's word counts when the sender's time is over; that is a minute and a half here, so the ledger's clock is not waited for.
        expect((yield* ask("adopt", "order-0", mock.world(key).tasks()[0]?.id ?? "")).err).toContain(
          "Nothing was changed"
        )
        expect(mock.world(key).tasks()).toHaveLength(1)
      }),
    180_000
  )

  it.live(
    "takes a person's word for a job when its sender's time is over, and makes its video without paying again",
    () =>
      Effect.gen(function* () {
        const mock = yield* startMock({ faults: [{ on: "submit", kind: "lost", first: 1 }] })
        const home = yield* withJobs(1)
        const ask = (...args: ReadonlyArray<string>) => Effect.promise(() => command(home, mock.url, ...args).ended)
        expect((yield* ask("run", "jobs.jsonl", "--live")).code).toBe(1)
        sendersTimeIsOver(home)
        const id = mock.world(key).tasks()[0]?.id ?? ""
        expect(yield* ask("adopt", "order-0", id)).toMatchObject({ code: 0, out: `order-0 is the task ${id}.\n` })
        const again = yield* ask("again", "jobs.jsonl", "--live")
        expect(again).toMatchObject({ code: 0, out: expect.stringContaining(`order-0\t${id}\t`) })
        expect((yield* ask("status")).out).toContain("1  paid, and succeeded")
        expect((yield* ask("release", "order-0", "--yes")).err).toContain("nothing about order-0 is unknown")
        expect(mock.world(key).report().submissions).toBe(1)
      }),
    180_000
  )

  it.live(
    "pays for a job again only when a person has said that there is none",
    () =>
      Effect.gen(function* () {
        // The request is lost before the provider has seen it.
        const mock = yield* startMock({ faults: [{ on: "submit", kind: "reset", first: 1 }] })
        const home = yield* withJobs(1)
        const ask = (...args: ReadonlyArray<string>) => Effect.promise(() => command(home, mock.url, ...args).ended)
        expect((yield* ask("run", "jobs.jsonl", "--live")).code).toBe(1)
        sendersTimeIsOver(home)
        expect((yield* ask("again", "jobs.jsonl", "--live")).code).toBe(1)
        expect(mock.world(key).tasks()).toHaveLength(0)
        const released = yield* ask("release", "order-0", "--yes")
        expect(released).toMatchObject({ code: 0, out: expect.stringContaining("may be sent, and paid, again") })
        const again = yield* ask("again", "jobs.jsonl", "--live")
        expect(again).toMatchObject({ code: 0, err: expect.stringContaining("1 of 1 videos") })
        expect(mock.world(key).tasks()).toHaveLength(1)
      }),
    180_000
  )

  it.live(
    "lets submissions that have left finish when it is told to stop, sends no other, and goes on with the rest when it is called again",
    () =>
      Effect.gen(function* () {
        const mock = yield* startMock({
          faults: [{ on: "submit", kind: "latency", median: "1 second", p99: "2 seconds" }]
        })
        const world = mock.world(key)
        const home = yield* withJobs(20)
        const running = command(home, mock.url, "run", "jobs.jsonl", "--live")
        while (world.report().submissions < 2) yield* Effect.sleep("50 millis")
        running.process.kill("SIGTERM")
        const { err } = yield* Effect.promise(() => running.ended)
        // Four are under way at once; as many again may have left before the signal was heard.
        const before = world.report().submissions
        expect(before).toBeLessThanOrEqual(8)
        expect(err).toMatch(/^Stopping: .* Call the same again to go on\.\n$/)
        const entries = yield* ledgerOf(home)
        expect(entries.map(({ state }) => state)).toEqual(entries.map(() => "accepted"))
        expect(entries.map(({ taskId }) => taskId as string).sort()).toEqual(
          world
            .tasks()
            .map(({ id }) => id)
            .sort()
        )
        const status = yield* Effect.promise(() => command(home, mock.url, "status").ended)
        expect(status.out).toContain(`${20 - before}  written down and not sent, the oldest since 20`)
        const second = yield* Effect.promise(() => command(home, mock.url, "run", "jobs.jsonl", "--live").ended)
        expect(second).toMatchObject({ code: 0, err: expect.stringContaining("20 of 20 videos") })
        expect(world.report().submissions).toBe(20)
        world.expectClean()
      }),
    180_000
  )

  it.live("starts nothing when a line of the file is wrong, and says which", () =>
    Effect.gen(function* () {
      const home = yield* withJobs(2)
      writeFileSync(join(home, "jobs.jsonl"), `${line(1)}\n\n{"intent": "order-2"}\n{"a": 1}\n`)
      const said = yield* Effect.promise(() => command(home, "http://127.0.0.1:9", "run", "jobs.jsonl", "--live").ended)
      expect(said.code).toBe(1)
      expect(said.err).toMatch(/Nothing was sent[\s\S]*line 3[\s\S]*line 4: needs an intent/)
      expect(readdirSync(home)).toEqual(["jobs.jsonl"])
    })
  )
})
