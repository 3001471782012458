/**
 * The ledger in PostgreSQL, really run: `LEDGER_POSTGRES=1 npx vitest run test/ledger/postgres.test.ts`, and `npm run proof -- --long`.
 */
import { afterAll, assert, describe, it, test } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import { CharacterPerformance } from "../../src/index.ts"
import { Ledger } from "../../src/ledger/Ledger.ts"
import * as LedgerSql from "../../src/ledger/LedgerSql.ts"
import { programs } from "../support/Postgres.ts"
import { input, provider } from "../support/Provider.ts"
import { clientOf, inNewDatabase, newDatabase, startPostgres } from "./Postgres.ts"
import { promises } from "./Promises.ts"
import { request } from "./Support.ts"

const bin = programs()

/** Why it is not run, in words for the report. */
const reason =
  process.env["LEDGER_POSTGRES"] === undefined
    ? "LEDGER_POSTGRES is not set"
    : bin === undefined
      ? "PostgreSQL is not installed here (apt-get install postgresql)"
      : undefined

if (reason !== undefined || bin === undefined) {
  test.skip(`the ledger in PostgreSQL is not tried: ${reason}`, () => {})
} else {
  const postgres = await startPostgres(bin)
  afterAll(() => postgres.stop())

  promises("in PostgreSQL", LedgerSql.layer().pipe(Layer.provide(inNewDatabase(postgres))))

  describe("many machines on one PostgreSQL", () => {
    /** Each has a client and connections of its own. */
    const machine = (url: string) => LedgerSql.layer().pipe(Layer.provide(clientOf(url)))

    it.live("make the tables together, and let one of them send each intent, within their common budget", () =>
      Effect.gen(function* () {
        const url = yield* newDatabase(postgres)
        const intents = Array.from({ length: 20 }, (_, index) => `job-${index}`)
        const work = Effect.gen(function* () {
          const ledger = yield* Ledger
          return yield* Effect.forEach(
            intents,
            Effect.fnUntraced(function* (intent) {
              const asked = { ...request(intent), budget: { jobs: 12 } }
              const claim = yield* Effect.orElseSucceed(ledger.claim(asked), () => undefined)
              if (claim?._tag !== "Claimed") return 0
              yield* ledger.record(claim, { _tag: "Accepted", taskId: `task-${intent}` })
              return 1
            }),
            { concurrency: 4 }
          )
        }).pipe(Effect.provide(machine(url)))
        const sent = yield* Effect.all([work, work, work, work], { concurrency: "unbounded" })
        assert.strictEqual(sent.flat().filter((one) => one === 1).length, 12)
        const [report, entries] = yield* Effect.gen(function* () {
          const ledger = yield* Ledger
          return [yield* ledger.budget({ jobs: 12 }), yield* ledger.list()] as const
        }).pipe(Effect.provide(machine(url)))
        assert.deepStrictEqual([report.spent.jobs, report.reserved.jobs, report.left.jobs], [12, 0, 0])
        assert.strictEqual(new Set(entries.map(({ intent }) => intent)).size, entries.length)
      })
    )

    it.live("send nothing while it is away, and know what they knew when it is back", () =>
      Effect.gen(function* () {
        const url = yield* newDatabase(postgres)
        let jobs = 0
        const api = provider(() => Response.json({ id: `t-${++jobs}` }))
        yield* Effect.gen(function* () {
          yield* CharacterPerformance.submit(input, { intent: "a" })
          yield* Effect.promise(() => postgres.kill())
          const error = yield* Effect.flip(CharacterPerformance.submit(input, { intent: "b" }))
          assert.strictEqual(error.reason._tag, "LedgerFailed")
          assert.match(error.message, /the ledger in the database failed: .*\n {2}now: Nothing was sent/)
          assert.strictEqual(api.posts(), 1)
          yield* Effect.promise(() => postgres.start())
        }).pipe(Effect.provide([api.layer(), machine(url), Logger.layer([])]))
        yield* Effect.gen(function* () {
          assert.strictEqual(yield* CharacterPerformance.submit(input, { intent: "a" }), "t-1")
          assert.strictEqual(yield* CharacterPerformance.submit(input, { intent: "b" }), "t-2")
        }).pipe(Effect.provide([api.layer(), machine(url), Logger.layer([])]))
      })
    )
  })
}
