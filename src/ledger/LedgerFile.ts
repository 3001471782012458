/**
 * A ledger in a file, by the sqlite that comes with the runtime: for one process or several on one machine, with nothing to install.
 *
 * The file must be on a disk of this machine: sqlite's locks do not hold on network drives. The folder has to exist.
 *
 * @module
 */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { Ledger, type LedgerOptions, make } from "./Ledger.ts"
import { LedgerFailed } from "./LedgerError.ts"
import { problemOf, store } from "./LedgerSql.ts"
import * as Sqlite from "./Sqlite.ts"

export interface FileOptions extends LedgerOptions {
  readonly file: string
  /** How the runtime's sqlite is found. Default: `node:sqlite` or `bun:sqlite`. */
  readonly sqlite?: Effect.Effect<Sqlite.Open | undefined> | undefined
}

/** A ledger in a file, which is created if it does not exist. */
export const layer = ({ file, sqlite = Sqlite.find, ...options }: FileOptions): Layer.Layer<Ledger, LedgerFailed> =>
  Layer.effect(
    Ledger,
    Effect.gen(function* () {
      const failed = (problem: string, transient = false) =>
        new LedgerFailed({ doing: "open", store: file, problem, transient })
      const open = yield* sqlite
      if (open === undefined) return yield* failed(noSqlite)
      const client = yield* Effect.mapError(Sqlite.client(open, file), (error) => {
        const { problem, transient } = problemOf(error)
        return failed(problem, transient)
      })
      return make(yield* store(client, file), options)
    })
  )

const noSqlite =
  "cannot be opened, because this runtime has no sqlite of its own (Node 22.5 and newer and Bun have one). " +
  "Use one of them, a ledger in memory (one process), or a database through an Effect SqlClient such as @effect/sql-pg"
