/**
 * The sqlite that comes with the runtime, as an Effect `SqlClient`: `node:sqlite` (Node 22.5 and newer) or `bun:sqlite`.
 *
 * It is looked for when it is needed and imported by name only then, so that the library also loads where there is none. One connection,
 * used by one fiber at a time. A lock that another process holds is waited for briefly here, because waiting stops this process's event loop; the
 * caller tries again.
 *
 * @module
 */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Predicate from "effect/Predicate"
import { layer as reactivity } from "effect/reactivity/Reactivity"
import type * as Scope from "effect/Scope"
import * as Semaphore from "effect/Semaphore"
import * as Stream from "effect/Stream"
import * as SqlClient from "effect/sql/SqlClient"
import type { Connection } from "effect/sql/SqlConnection"
import { classifySqliteError, SqlError } from "effect/sql/SqlError"
import * as Statement from "effect/sql/Statement"
import { LedgerFailed } from "./LedgerError.ts"
import { problemOf } from "./LedgerSql.ts"
import { patience, type StoreProblem } from "./Store.ts"

/** What is used of a runtime's sqlite; those of Node and Bun agree in it. */
interface Database {
  readonly exec: (sql: string) => unknown
  readonly prepare: (sql: string) => { readonly all: (...params: ReadonlyArray<never>) => ReadonlyArray<unknown> }
  readonly close: () => unknown
  /** Whether a transaction is open, as Node says it. */
  readonly isTransaction?: boolean
  /** The same, as Bun says it. */
  readonly inTransaction?: boolean
}

/** Opens or creates a file. */
export type Open = (file: string) => Database

/** The runtime's sqlite, or undefined where there is none. */
export const find: Effect.Effect<Open | undefined> = Effect.promise(async () => {
  // A name in a variable: a bundler for the browser must not look for these.
  for (const [name, exported] of [
    ["bun:sqlite", "Database"],
    ["node:sqlite", "DatabaseSync"]
  ] as const) {
    if (name === "bun:sqlite" && !("Bun" in globalThis)) continue
    const found: unknown = await import(/* @vite-ignore */ name).catch(() => undefined)
    const make = Predicate.hasProperty(found, exported) ? found[exported] : undefined
    // Each of the two classes takes the file's name and is a `Database`, which the import cannot say.
    if (typeof make === "function") return (file) => new (make as new (file: string) => Database)(file)
  }
  return undefined
})

/** A client on a file, closed with the scope. */
export const client = (open: Open, file: string): Effect.Effect<SqlClient.SqlClient, SqlError, Scope.Scope> =>
  Effect.gen(function* () {
    const db = yield* Effect.acquireRelease(
      attempt(() => open(file)),
      (db) => Effect.sync(() => db.close())
    )
    const prepare = attempt(() => {
      db.exec("PRAGMA busy_timeout = 100")
      db.exec("PRAGMA journal_mode = WAL")
      // Written down means on the disk, also when the power fails: a request leaves on the strength of it.
      db.exec("PRAGMA synchronous = FULL")
    })
    yield* Effect.retry(prepare, { schedule: patience, while: (error) => error.isRetryable })
    const run = (sql: string, params: ReadonlyArray<unknown>) =>
      // Parameters come from the ledger's own statements: texts, numbers and null.
      attempt(() => db.prepare(sql).all(...(params as ReadonlyArray<never>)))
    const values = (sql: string, params: ReadonlyArray<unknown>) =>
      Effect.map(run(sql, params), (rows) => rows.map((row) => Object.values(Object(row))))
    const execute: Connection["execute"] = (sql, params, transform) =>
      Effect.map(run(sql, params), (rows) => (transform === undefined ? rows : transform(rows.map(Object))))
    const connection: Connection = {
      execute,
      executeUnprepared: execute,
      executeRaw: run,
      executeStream: (sql, params) => Stream.fromIterableEffect(run(sql, params)),
      executeValues: values,
      executeValuesUnprepared: values
    }
    // On a full disk sqlite rolls back by itself, and a second ROLLBACK would be an error.
    const isTransaction = () => db.isTransaction ?? db.inTransaction ?? true
    const { acquirer, borrower, transactionAcquirer, onCommitFailure } = SqlClient.makeSqliteAcquirers({
      connection: Effect.succeed(connection),
      semaphore: Semaphore.makeUnsafe(1),
      isTransaction
    })
    return yield* SqlClient.make({
      acquirer,
      borrower,
      transactionAcquirer,
      onCommitFailure,
      isTransaction,
      compiler: Statement.makeCompilerSqlite(),
      driver: "sqlite",
      spanAttributes: [["db.system.name", "sqlite"]]
    })
  }).pipe(Effect.provide(reactivity))

/** Where a file of sqlite is. */
export interface SqliteOptions {
  readonly file: string
  /** How the runtime's sqlite is found. Default: `node:sqlite` or `bun:sqlite`. */
  readonly sqlite?: Effect.Effect<Open | undefined> | undefined
}

/** A client on a file, opened by the runtime's sqlite; in words, what is wrong when it cannot be. */
export const open = ({
  file,
  sqlite = find
}: SqliteOptions): Effect.Effect<SqlClient.SqlClient, LedgerFailed, Scope.Scope> =>
  Effect.gen(function* () {
    const failed = ({ problem, transient }: StoreProblem) =>
      new LedgerFailed({ doing: "open", store: file, problem, transient })
    const make = yield* sqlite
    if (make === undefined) return yield* failed({ problem: noSqlite, transient: false })
    return yield* Effect.mapError(client(make, file), (error) => failed(problemOf(error)))
  })

/** An Effect `SqlClient` on a file, for what shares the ledger's file or has one of its own. */
export const layer = (options: SqliteOptions): Layer.Layer<SqlClient.SqlClient, LedgerFailed> =>
  Layer.effect(SqlClient.SqlClient, open(options))

const noSqlite =
  "cannot be opened, because this runtime has no sqlite of its own (Node 22.5 and newer and Bun have one). " +
  "Use one of them, a ledger in memory (one process), or a database through an Effect SqlClient such as @effect/sql-pg"

const attempt = <A>(run: () => A): Effect.Effect<A, SqlError> =>
  Effect.try({
    try: run,
    catch: (cause) => {
      const known = withNumber(cause)
      return new SqlError({ reason: classifySqliteError(known, { message: messageOf(known) }) })
    }
  })

const messageOf = (cause: unknown): string => (cause instanceof Error ? cause.message : String(cause))

/** An error of sqlite with its result code where the classification looks for it: Node calls it `errcode`, everybody else `errno`. */
class SqliteProblem extends Error {
  readonly errno: unknown
  constructor(cause: Error, errno: unknown) {
    super(cause.message, { cause })
    this.errno = errno
  }
}

const withNumber = (cause: unknown): unknown =>
  cause instanceof Error && "errcode" in cause ? new SqliteProblem(cause, cause.errcode) : cause
