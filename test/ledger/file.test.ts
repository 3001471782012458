import { chmodSync, copyFileSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { DatabaseSync } from "node:sqlite"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import { TestClock } from "effect/testing"
import * as Intent from "../../src/ledger/Intent.ts"
import { Ledger } from "../../src/ledger/Ledger.ts"
import * as LedgerFile from "../../src/ledger/LedgerFile.ts"
import type { Open } from "../../src/ledger/Sqlite.ts"
import { catchUp } from "../support/Provider.ts"
import { folder, request } from "./Support.ts"

const inFile = Effect.map(folder, (path) => join(path, "ledger.sqlite"))

const using = <A, E>(file: string, body: (ledger: typeof Ledger.Service) => Effect.Effect<A, E>, sqlite?: Open) => {
  const options = sqlite === undefined ? { file } : { file, sqlite: Effect.succeed(sqlite) }
  return Effect.flatMap(Ledger, body).pipe(Effect.provide(LedgerFile.layer(options)))
}

/** Claims and has accepted so many intents. */
const fill = (ledger: typeof Ledger.Service, count: number) =>
  Effect.forEach(
    Array.from({ length: count }, (_, index) => `job-${index}`),
    Effect.fnUntraced(function* (intent) {
      const claim = yield* ledger.claim(request(intent, { label: "x".repeat(200) }))
      if (claim._tag === "Claimed") yield* ledger.record(claim, { _tag: "Accepted", taskId: `task-${intent}` })
    }),
    { discard: true }
  )

const execute = (file: string, statement: string) => {
  const db = new DatabaseSync(file)
  db.exec(statement)
  db.close()
}

describe("a ledger file", () => {
  it.effect("is there for the next program that opens it", () =>
    Effect.gen(function* () {
      const file = yield* inFile
      yield* using(file, (ledger) => fill(ledger, 3))
      const claim = yield* using(file, (ledger) => ledger.claim(request("job-1")))
      assert.deepStrictEqual([claim._tag, claim.entry.taskId], ["Accepted", "task-job-1"])
    })
  )

  it.effect("that is no ledger is refused, and left as it is", () =>
    Effect.gen(function* () {
      const file = yield* inFile
      writeFileSync(file, "this is somebody's diary\n".repeat(100))
      const error = yield* Effect.flip(using(file, (ledger) => ledger.list()))
      assert.strictEqual(error._tag, "LedgerFailed")
      assert.isFalse(error.isRetryable)
      assert.include(error.message, `the ledger ${file} is not a ledger: the file is damaged or another program's.`)
      assert.strictEqual(readFileSync(file, "utf8"), "this is somebody's diary\n".repeat(100))
    })
  )

  it.effect("that is damaged lets nothing be sent, and says what to do", () =>
    Effect.gen(function* () {
      const file = yield* inFile
      yield* using(file, (ledger) => fill(ledger, 50))
      const bytes = readFileSync(file)
      // All but the first page, in which sqlite keeps its schema.
      bytes.fill(0xaa, 4096)
      writeFileSync(file, bytes)
      const error = yield* Effect.flip(using(file, (ledger) => ledger.claim(request("job-1"))))
      assert.strictEqual(error._tag, "LedgerFailed")
      assert.match(
        error.message,
        /is damaged\. Keep the file, .* Nothing was sent\. Try again once the ledger can be used$/
      )
      // Whoever repairs it finds it as it was.
      assert.isTrue(readFileSync(file).equals(bytes))
    })
  )

  it.effect("of an older version is brought up to date, and knows what it knew", () =>
    Effect.gen(function* () {
      const file = yield* inFile
      yield* using(file, (ledger) => fill(ledger, 2))
      // As the first version had it.
      execute(file, "DROP INDEX runway_ledger_entry_task")
      for (const column of ["credits", "credit_micros"])
        execute(file, `ALTER TABLE runway_ledger_entry DROP COLUMN ${column}`)
      execute(file, "UPDATE runway_ledger SET version = 1")
      const [known] = yield* using(file, (ledger) => ledger.list({ taskId: "task-job-1" }))
      assert.deepStrictEqual([known?.intent, known?.credits], ["job-1", undefined])
      const claim = yield* using(file, (ledger) => ledger.claim(request("job-1")))
      assert.strictEqual(claim._tag, "Accepted")
    })
  )

  it.effect("of a newer version is not touched", () =>
    Effect.gen(function* () {
      const file = yield* inFile
      yield* using(file, (ledger) => fill(ledger, 1))
      execute(file, "UPDATE runway_ledger SET version = 99")
      const error = yield* Effect.flip(using(file, (ledger) => ledger.list()))
      assert.include(error.message, "was written by a newer version of cometapi-runway. Update this one")
    })
  )

  it.effect("in a folder that does not exist is refused with its name", () =>
    Effect.gen(function* () {
      const file = join(yield* folder, "nowhere", "ledger.sqlite")
      const error = yield* Effect.flip(using(file, (ledger) => ledger.list()))
      assert.include(error.message, `${file} cannot be opened. Check that its folder exists`)
    })
  )

  it.effect("that may only be read lets nothing be sent", () =>
    Effect.gen(function* () {
      const file = yield* inFile
      yield* using(file, (ledger) => fill(ledger, 1))
      const readOnly: Open = (file) => new DatabaseSync(file, { readOnly: true })
      const error = yield* Effect.flip(using(file, (ledger) => ledger.claim(request("a")), readOnly))
      assert.match(error.message, /cannot be written\. Check the rights of the file and its folder\. Nothing was sent/)
    })
  )

  it.effect("in a folder that may only be read is refused with its name", (context) =>
    Effect.gen(function* () {
      // Root writes everywhere, except where nobody does.
      const isRoot = process.getuid?.() === 0
      if (isRoot && process.platform !== "linux") return context.skip("there is no /proc")
      const path = isRoot ? "/proc" : yield* folder
      if (!isRoot) chmodSync(path, 0o500)
      const file = join(path, "ledger.sqlite")
      const error = yield* Effect.flip(using(file, (ledger) => ledger.claim(request("a"))))
      assert.strictEqual(error._tag, "LedgerFailed")
      assert.include(
        error.message,
        `${file} cannot be opened. Check that its folder exists and that you may write there`
      )
    })
  )

  it.effect("on a full disk lets nothing be sent, and loses nothing", () =>
    Effect.gen(function* () {
      const file = yield* inFile
      yield* using(file, (ledger) => fill(ledger, 3))
      const pages = statSync(file).size / 4096
      const full: Open = (file) => {
        const db = new DatabaseSync(file)
        db.exec(`PRAGMA max_page_count = ${pages}`)
        return db
      }
      const error = yield* Effect.flip(using(file, (ledger) => fill(ledger, 200), full))
      assert.match(error.message, /the disk is full\. Make room and try again\. /)
      const [first, last] = yield* using(file, (ledger) =>
        Effect.all([ledger.claim(request("job-1")), ledger.claim(request("job-199"))])
      )
      assert.deepStrictEqual([first._tag, last._tag], ["Accepted", "Claimed"])
    })
  )

  it.effect("that another process has locked is waited for, ten seconds at most", () =>
    Effect.gen(function* () {
      const file = yield* inFile
      yield* using(file, (ledger) => fill(ledger, 1))
      const other = new DatabaseSync(file)
      // Without sqlite's own wait, which takes real time.
      const impatient: Open = (file) => {
        const db = new DatabaseSync(file)
        return {
          exec: (sql) => (sql.includes("busy_timeout") ? undefined : db.exec(sql)),
          prepare: (sql) => db.prepare(sql),
          close: () => db.close()
        }
      }
      const body = Effect.fnUntraced(function* (ledger: typeof Ledger.Service) {
        other.exec("BEGIN IMMEDIATE")
        const waiting = yield* Effect.forkChild(ledger.claim(request("a")))
        for (let turn = 0; turn < 10; turn++) yield* Effect.andThen(TestClock.adjust("200 millis"), catchUp)
        other.exec("COMMIT")
        yield* TestClock.adjust("1 second")
        assert.strictEqual((yield* Fiber.join(waiting))._tag, "Claimed")

        other.exec("BEGIN IMMEDIATE")
        const refused = yield* Effect.forkChild(Effect.flip(ledger.claim(request("b"))))
        yield* TestClock.adjust("11 seconds")
        const error = yield* Fiber.join(refused)
        assert.isTrue(error._tag === "LedgerFailed" && error.isRetryable)
        assert.include(error.message, "is locked by another process for too long")
        other.exec("COMMIT")
      })
      yield* using(file, body, impatient).pipe(Effect.ensuring(Effect.sync(() => other.close())))
    })
  )

  it.effect("needs a runtime with sqlite, and names what else there is", () =>
    Effect.gen(function* () {
      const layer = LedgerFile.layer({ file: "ledger.sqlite", sqlite: Effect.succeed(undefined) })
      const error = yield* Effect.flip(Effect.provide(Ledger, layer))
      assert.match(error.message, /no sqlite of its own \(Node 22\.5 and newer and Bun have one\)/)
      assert.match(
        error.message,
        /a ledger in memory .*, or a database through an Effect SqlClient such as @effect\/sql-pg/
      )
    })
  )

  it.effect("holds no URL, no signature and no body", () =>
    Effect.gen(function* () {
      const file = yield* inFile
      const uri = "https://example.com/portrait.png?X-Amz-Signature=topsecret"
      const digest = yield* Intent.digest("POST /x", { character: { uri } }, { [uri]: "etag" })
      const held = yield* using(file, (ledger) =>
        Effect.gen(function* () {
          yield* ledger.claim(request(Intent.key(undefined, digest), { digest }))
          const path = join(file, "..")
          return readdirSync(path).map((name) => readFileSync(join(path, name), "latin1"))
        })
      )
      assert.include(held.join(""), digest)
      assert.notMatch(held.join(""), /topsecret|example\.com|portrait/)
    })
  )

  it.effect("can be copied while it is not open, as any file", () =>
    Effect.gen(function* () {
      const file = yield* inFile
      yield* using(file, (ledger) => fill(ledger, 2))
      assert.deepStrictEqual(readdirSync(join(file, "..")), ["ledger.sqlite"])
      copyFileSync(file, `${file}.copy`)
      assert.strictEqual((yield* using(`${file}.copy`, (ledger) => ledger.list())).length, 2)
    })
  )
})
