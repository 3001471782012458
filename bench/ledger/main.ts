/**
 * `npm run bench:ledger`: what a ledger file costs for each job: rows, statements, and milliseconds of this machine. `-- 2000` for as many jobs.
 *
 * The provider answers at once from memory, so the difference between the two is the ledger's.
 *
 * @module
 */
import { mkdtempSync, rmSync, statSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import * as Effect from "effect/Effect"
import { Fetch } from "effect/http/FetchHttpClient"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as Stream from "effect/Stream"
import { CharacterPerformance, Runway } from "../../src/index.ts"
import { Ledger, LedgerFile, layerMemory } from "../../src/Ledger.ts"
import * as Sqlite from "../../src/ledger/Sqlite.ts"

const jobs = Number(process.argv[2] ?? 1000)

let accepted = 0
const fetch: typeof globalThis.fetch = async (input) =>
  new Request(input).method === "POST"
    ? Response.json({ id: `task-${++accepted}` })
    : Response.json({ status: "SUCCEEDED", output: ["https://cdn.example.com/v.mp4"] })

const client = Layer.merge(
  Runway.layer({ apiKey: "sk-bench", poll: { firstAfter: 0 } }),
  Layer.mergeAll(Layer.succeed(Fetch, fetch), Logger.layer([]))
)

const inputs = Stream.range(1, jobs).pipe(
  Stream.map(
    (seed): CharacterPerformance.Input => ({
      character: { type: "image", uri: "https://example.com/portrait.png" },
      reference: { type: "video", uri: "https://example.com/performance.mp4" },
      seed
    })
  )
)

/** Milliseconds and statements for each job, with a ledger or without. */
const timed = (ledger: Layer.Layer<Ledger, unknown> | undefined, counted = { statements: 0 }) =>
  Effect.gen(function* () {
    const budget = ledger === undefined ? undefined : { jobs }
    const all = Stream.runDrain(CharacterPerformance.generateAll(inputs, { concurrency: 10, budget }))
    const measure = Effect.gen(function* () {
      const before = counted.statements
      const started = performance.now()
      yield* all
      return { millis: (performance.now() - started) / jobs, statements: (counted.statements - before) / jobs }
    })
    const paid = yield* measure
    if (ledger === undefined) return { paid, known: undefined, rows: 0 }
    const known = yield* measure
    const rows = (yield* (yield* Ledger).list({ limit: jobs * 2 })).length / jobs
    return { paid, known, rows }
  }).pipe(Effect.provide([client, ledger ?? layerMemory()]))

/** The runtime's sqlite, and how many statements it was asked to run. */
const counting = Effect.gen(function* () {
  const open = yield* Sqlite.find
  if (open === undefined) return yield* Effect.die(new Error("this runtime has no sqlite"))
  const counted = { statements: 0 }
  const sqlite: Sqlite.Open = (file) => {
    const db = open(file)
    return {
      exec: (sql) => db.exec(sql),
      prepare: (sql) => {
        const statement = db.prepare(sql)
        return {
          all: (...params) => {
            counted.statements++
            return statement.all(...params)
          }
        }
      },
      close: () => db.close()
    }
  }
  return { counted, sqlite }
})

const program = Effect.gen(function* () {
  const folder = mkdtempSync(join(tmpdir(), "bench-ledger-"))
  yield* Effect.addFinalizer(() => Effect.sync(() => rmSync(folder, { recursive: true })))
  const file = join(folder, "ledger.sqlite")
  const { counted, sqlite } = yield* counting
  const without = yield* timed(undefined)
  const inMemory = yield* timed(layerMemory())
  const inFile = yield* timed(LedgerFile.layer({ file, sqlite: Effect.succeed(sqlite) }), counted)
  const kilobytes = statSync(file).size / 1024 / jobs
  const ms = (value: { readonly millis: number } | undefined) => value?.millis.toFixed(2) ?? ""
  const { paid, known } = inFile
  console.log(`| ${jobs} jobs, ten at a time | ms, paid | ms, known already | rows | statements, paid | known | kB |`)
  console.log("| --- | --: | --: | --: | --: | --: | --: |")
  console.log(`| without a ledger | ${ms(without.paid)} | | | | | |`)
  console.log(`| in memory | ${ms(inMemory.paid)} | ${ms(inMemory.known)} | ${inMemory.rows} | | | |`)
  console.log(
    `| in a file | ${ms(paid)} | ${ms(known)} | ${inFile.rows} | ${paid.statements} | ${known?.statements} | ${kilobytes.toFixed(2)} |`
  )
}).pipe(Effect.scoped)

await Effect.runPromise(program)
