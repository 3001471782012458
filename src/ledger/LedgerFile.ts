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
import type { LedgerFailed } from "./LedgerError.ts"
import { store } from "./LedgerSql.ts"
import * as Sqlite from "./Sqlite.ts"

export interface FileOptions extends LedgerOptions, Sqlite.SqliteOptions {}

/** A ledger in a file, which is created if it does not exist. */
export const layer = ({ file, sqlite, ...options }: FileOptions): Layer.Layer<Ledger, LedgerFailed> =>
  Layer.effect(
    Ledger,
    Effect.gen(function* () {
      return make(yield* store(yield* Sqlite.open({ file, sqlite }), file), options)
    })
  )
