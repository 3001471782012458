import { join } from "node:path"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { SqlClient } from "effect/sql/SqlClient"
import { layerMemory } from "../../src/ledger/Ledger.ts"
import * as LedgerFile from "../../src/ledger/LedgerFile.ts"
import * as LedgerSql from "../../src/ledger/LedgerSql.ts"
import * as Sqlite from "../../src/ledger/Sqlite.ts"
import { promises } from "./Promises.ts"
import { folder } from "./Support.ts"

/** Any Effect `SqlClient`: here the runtime's sqlite, in memory. */
const client = Effect.flatMap(Sqlite.find, (open) =>
  open === undefined ? Effect.die(new Error("this runtime has no sqlite")) : Sqlite.client(open, ":memory:")
)

promises("in memory", layerMemory())
promises(
  "in a file",
  Layer.unwrap(Effect.map(folder, (path) => LedgerFile.layer({ file: join(path, "ledger.sqlite") })))
)
promises("in a database", LedgerSql.layer().pipe(Layer.provide(Layer.effect(SqlClient, client))))
