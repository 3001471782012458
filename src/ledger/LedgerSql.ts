/**
 * A ledger in a database, through any Effect `SqlClient` of SQLite or PostgreSQL: for many processes on many machines.
 *
 * Each transaction begins by writing one row, which makes all writers wait for each other, in every database and at every isolation level. So
 * a rule sees all that was written before it, and the totals of a budget are exact. A transaction takes milliseconds and a paid job minutes.
 * It holds no rules.
 *
 * @module
 */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
import * as SchemaTransformation from "effect/SchemaTransformation"
import { SqlClient } from "effect/sql/SqlClient"
import type { SqlError } from "effect/sql/SqlError"
import { line } from "../Shown.ts"
import * as Budget from "./Budget.ts"
import type { Entry } from "./Entry.ts"
import { Ledger, type LedgerOptions, make } from "./Ledger.ts"
import { LedgerFailed } from "./LedgerError.ts"
import type { Decision, Known } from "./Rules.ts"
import { defaultLimit, type Filter, patience, type Store, type StoreProblem } from "./Store.ts"

/** A ledger in the `SqlClient` that is provided. Its tables begin with `runway_ledger`. */
export const layer = (options?: LedgerOptions): Layer.Layer<Ledger, LedgerFailed, SqlClient> =>
  Layer.effect(
    Ledger,
    Effect.gen(function* () {
      return make(yield* store(yield* SqlClient, "in the database"), options)
    })
  )

/** A store in a database, its tables made or brought up to date. */
export const store = (client: SqlClient, name: string): Effect.Effect<Store, LedgerFailed> => {
  const sql = client.withoutTransforms()
  const opened = migrate(sql).pipe(
    Effect.catchTag("SqlError", (error) => Effect.fail(problemOf(error))),
    Effect.mapError(({ problem, transient }) => new LedgerFailed({ doing: "open", store: name, problem, transient }))
  )
  return Effect.as(opened, {
    name,
    transact: (intent, budget, decide) => guarded(transaction(sql, intent, budget, decide)),
    entries: (filter) => guarded(select(sql, filter)),
    totals: (budget) => guarded(readTotals(sql, budget))
  })
}

/** Again for ten seconds while another writer is in the way, then in words. */
const guarded = <A>(effect: Effect.Effect<A, SqlError | Schema.SchemaError>): Effect.Effect<A, StoreProblem> =>
  effect.pipe(
    Effect.retry({ schedule: patience, while: (error) => error._tag === "SqlError" && error.isRetryable }),
    Effect.mapError((error) =>
      error._tag === "SqlError"
        ? problemOf(error)
        : { problem: `holds an entry that cannot be read (${error.message})`, transient: false }
    )
  )

const transaction = <A>(
  sql: SqlClient,
  intent: string,
  budget: string | undefined,
  decide: (known: Known) => Decision<A>
): Effect.Effect<A, SqlError | Schema.SchemaError> =>
  sql.withTransaction(
    Effect.gen(function* () {
      yield* takeTurn(sql)
      const entries = yield* select(sql, { intent, limit: everyAttempt })
      const totals = budget === undefined ? Budget.empty : yield* readTotals(sql, budget)
      const decision = decide({ entries, totals })
      for (const entry of decision.write) {
        yield* write(sql, entry)
        const before = entries.find(({ attempt }) => attempt === entry.attempt)
        for (const [name, change] of Budget.changes(before, entry)) yield* addTotals(sql, name, change)
      }
      if (decision.forget === true) yield* sql`DELETE FROM runway_ledger_entry WHERE intent = ${intent}`
      return decision.answer
    })
  )

const everyAttempt = 1_000_000

/** A write first: it waits for the writer before, and what is read afterwards is what that one has left. */
const takeTurn = (sql: SqlClient) => sql`UPDATE runway_ledger SET turn = turn + 1 WHERE id = 1`

// Drivers give a bigint column as a number, a text or a bigint.
const Count = Schema.Unknown.pipe(
  Schema.decodeTo(
    Schema.Finite,
    SchemaTransformation.transform<number, unknown>({ decode: Number, encode: (count) => count })
  )
)
const MaybeCount = Schema.Unknown.pipe(
  Schema.decodeTo(
    Schema.NullOr(Schema.Finite),
    SchemaTransformation.transform<number | null, unknown>({
      decode: (count) => (count === null ? null : Number(count)),
      encode: (count) => count
    })
  )
)
const Text = Schema.NullOr(Schema.String)
const Row = Schema.Struct({
  intent: Schema.String,
  attempt: Count,
  state: Schema.Literals(["sending", "accepted", "refused", "unknown"]),
  incarnation: Schema.String,
  digest: Schema.String,
  label: Text,
  budget: Schema.String,
  micros: Count,
  credit_micros: MaybeCount,
  credits: MaybeCount,
  sent_at: Count,
  answer_by: Count,
  changed_at: Count,
  task_id: Text,
  why: Text,
  outcome: Schema.NullOr(Schema.Literals(["succeeded", "failed", "cancelled"]))
})
const decodeRows = Schema.decodeUnknownEffect(Schema.Array(Row))

const toEntry = ({ sent_at, answer_by, changed_at, task_id, credit_micros, ...row }: typeof Row.Type): Entry => ({
  ...row,
  creditMicros: credit_micros ?? undefined,
  credits: row.credits ?? undefined,
  label: row.label ?? undefined,
  sentAt: sent_at,
  answerBy: answer_by,
  changedAt: changed_at,
  taskId: task_id ?? undefined,
  why: row.why ?? undefined,
  outcome: row.outcome ?? undefined
})

const select = (sql: SqlClient, filter: Filter): Effect.Effect<ReadonlyArray<Entry>, SqlError | Schema.SchemaError> => {
  const { intent, state, taskId, unsettled, answerDue, limit = defaultLimit, offset = 0 } = filter
  const conditions = [
    ...(intent === undefined ? [] : [sql`intent = ${intent}`]),
    ...(taskId === undefined ? [] : [sql`task_id = ${taskId}`]),
    ...(state === undefined ? [] : [sql`state = ${state}`]),
    ...(unsettled === true ? [sql`state = 'accepted' AND outcome IS NULL`] : []),
    ...(answerDue === undefined ? [] : [sql`answer_by <= ${answerDue}`])
  ]
  const where = conditions.length === 0 ? sql.literal("") : sql`WHERE ${sql.and(conditions)}`
  return sql`SELECT * FROM runway_ledger_entry ${where} ORDER BY sent_at, intent, attempt LIMIT ${limit} OFFSET ${offset}`.pipe(
    Effect.flatMap(decodeRows),
    Effect.map((rows) => rows.map(toEntry)),
    // An intent's entries are ordered by their attempts, whatever the clocks said.
    Effect.map((entries) => (intent === undefined ? entries : entries.sort((a, b) => a.attempt - b.attempt)))
  )
}

const write = (sql: SqlClient, entry: Entry) => sql`
  INSERT INTO runway_ledger_entry (intent, attempt, state, incarnation, digest, label, budget, micros, credit_micros, credits, sent_at, answer_by, changed_at, task_id, why, outcome)
  VALUES (${entry.intent}, ${entry.attempt}, ${entry.state}, ${entry.incarnation}, ${entry.digest}, ${entry.label ?? null}, ${entry.budget},
    ${entry.micros}, ${entry.creditMicros ?? null}, ${entry.credits ?? null}, ${entry.sentAt}, ${entry.answerBy}, ${entry.changedAt}, ${entry.taskId ?? null}, ${entry.why ?? null}, ${entry.outcome ?? null})
  ON CONFLICT (intent, attempt) DO UPDATE SET state = excluded.state, micros = excluded.micros, credits = excluded.credits, changed_at = excluded.changed_at,
    task_id = excluded.task_id, why = excluded.why, outcome = excluded.outcome`

const Sums = Schema.Array(
  Schema.Struct({
    reserved_jobs: Count,
    reserved_micros: Count,
    held_jobs: Count,
    held_micros: Count,
    spent_jobs: Count,
    spent_micros: Count
  })
)
const decodeSums = Schema.decodeUnknownEffect(Sums)

const readTotals = (sql: SqlClient, budget: string) =>
  sql`SELECT * FROM runway_ledger_budget WHERE name = ${budget}`.pipe(
    Effect.flatMap(decodeSums),
    Effect.map(([row]): Budget.Totals => {
      if (row === undefined) return Budget.empty
      return {
        reserved: { jobs: row.reserved_jobs, micros: row.reserved_micros },
        held: { jobs: row.held_jobs, micros: row.held_micros },
        spent: { jobs: row.spent_jobs, micros: row.spent_micros }
      }
    })
  )

const addTotals = (sql: SqlClient, name: string, { reserved, held, spent }: Budget.Totals) => sql`
  INSERT INTO runway_ledger_budget (name, reserved_jobs, reserved_micros, held_jobs, held_micros, spent_jobs, spent_micros)
  VALUES (${name}, ${reserved.jobs}, ${reserved.micros}, ${held.jobs}, ${held.micros}, ${spent.jobs}, ${spent.micros})
  ON CONFLICT (name) DO UPDATE SET
    reserved_jobs = runway_ledger_budget.reserved_jobs + excluded.reserved_jobs, reserved_micros = runway_ledger_budget.reserved_micros + excluded.reserved_micros,
    held_jobs = runway_ledger_budget.held_jobs + excluded.held_jobs, held_micros = runway_ledger_budget.held_micros + excluded.held_micros,
    spent_jobs = runway_ledger_budget.spent_jobs + excluded.spent_jobs, spent_micros = runway_ledger_budget.spent_micros + excluded.spent_micros`

/** The steps from an empty database to the present tables; a new one is added at the end and none is ever changed. */
const steps: ReadonlyArray<ReadonlyArray<string>> = [
  [
    `CREATE TABLE runway_ledger_entry (
      intent text NOT NULL, attempt int NOT NULL, state text NOT NULL, incarnation text NOT NULL, digest text NOT NULL, label text,
      budget text NOT NULL, micros bigint NOT NULL, sent_at bigint NOT NULL, answer_by bigint NOT NULL, changed_at bigint NOT NULL,
      task_id text, why text, outcome text, PRIMARY KEY (intent, attempt))`,
    "CREATE INDEX runway_ledger_entry_state ON runway_ledger_entry (state, outcome, sent_at)",
    `CREATE TABLE runway_ledger_budget (
      name text PRIMARY KEY, reserved_jobs bigint NOT NULL, reserved_micros bigint NOT NULL, held_jobs bigint NOT NULL,
      held_micros bigint NOT NULL, spent_jobs bigint NOT NULL, spent_micros bigint NOT NULL)`
  ],
  [
    "ALTER TABLE runway_ledger_entry ADD COLUMN credit_micros bigint",
    "ALTER TABLE runway_ledger_entry ADD COLUMN credits double precision",
    "CREATE INDEX runway_ledger_entry_task ON runway_ledger_entry (task_id)"
  ]
]

const decodeVersion = Schema.decodeUnknownEffect(Schema.NonEmptyArray(Schema.Struct({ version: Count })))

const newer: StoreProblem = {
  problem: "was written by a newer version of cometapi-runway. Update this one",
  transient: false
}
const unreadable: StoreProblem = { problem: "has no readable version. It may be another program's", transient: false }

/** Brings the tables up to date, once, however many processes open them at the same time. */
const migrate = (sql: SqlClient): Effect.Effect<void, SqlError | StoreProblem> => {
  const exists = sql`SELECT version FROM runway_ledger`
  const root =
    sql`CREATE TABLE IF NOT EXISTS runway_ledger (id int PRIMARY KEY, version int NOT NULL, turn bigint NOT NULL)`.pipe(
      // Of two that create it at the same time PostgreSQL lets one fail, although the table is there then.
      Effect.catch((error) => Effect.catch(exists, () => Effect.fail(error))),
      Effect.andThen(sql`INSERT INTO runway_ledger (id, version, turn) VALUES (1, 0, 0) ON CONFLICT (id) DO NOTHING`)
    )
  const rest = sql.withTransaction(
    Effect.gen(function* () {
      yield* takeTurn(sql)
      const rows = yield* sql`SELECT version FROM runway_ledger WHERE id = 1`
      const [{ version }] = yield* Effect.mapError(decodeVersion(rows), () => unreadable)
      if (version > steps.length) return yield* Effect.fail(newer)
      if (version === steps.length) return
      for (const statement of steps.slice(version).flat()) yield* sql.unsafe(statement)
      yield* sql`UPDATE runway_ledger SET version = ${steps.length} WHERE id = 1`
    })
  )
  return Effect.andThen(root, rest).pipe(
    Effect.retry({
      schedule: patience,
      while: (error) => "_tag" in error && error._tag === "SqlError" && error.isRetryable
    })
  )
}

/** SQLite's result codes that a person can do something about. */
const advice: Readonly<Record<number, string>> = {
  5: "is locked by another process for too long. Look for one that hangs or is stopped",
  6: "is locked by another process for too long. Look for one that hangs or is stopped",
  8: "cannot be written. Check the rights of the file and its folder",
  10: "cannot be read or written. Check the disk",
  11: "is damaged. Keep the file, and restore it from a copy or look its jobs up in the provider's console before you start a new one",
  13: "cannot be written, because the disk is full. Make room and try again",
  14: "cannot be opened. Check that its folder exists and that you may write there",
  26: "is not a ledger: the file is damaged or another program's. Choose another place, or restore it from a copy"
}

/** A database error in words that continue "the ledger at such a place …". */
export const problemOf = (error: SqlError): StoreProblem => {
  const { cause } = error.reason
  const code = typeof cause === "object" && cause !== null && "errno" in cause ? Number(cause.errno) & 0xff : 0
  const words = cause instanceof Error ? cause.message : error.message
  return { problem: advice[code] ?? `failed: ${line(words)}`, transient: error.isRetryable }
}
