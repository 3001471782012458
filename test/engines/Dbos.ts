/**
 * DBOS on a PostgreSQL of its own.
 *
 * @module
 */
import * as PgClient from "@effect/sql-pg/PgClient"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as LedgerSql from "../../src/ledger/LedgerSql.ts"
import { startPostgres } from "../support/Postgres.ts"
import type { Engine } from "./Engine.ts"

export const startDbos = async (home: string): Promise<Engine> => {
  const postgres = await startPostgres()
  const database = postgres.database("videos")
  return {
    home,
    env: { DATABASE_URL: database },
    register: async () => {},
    ledger: LedgerSql.layer().pipe(Layer.provide(Layer.orDie(PgClient.layer({ url: Redacted.make(database) })))),
    stored: async () => {
      const tables = postgres.query(
        "videos",
        "SELECT table_name FROM information_schema.tables WHERE table_schema = 'dbos'"
      )
      return tables.flatMap((table) => postgres.query("videos", `SELECT t.*::text FROM dbos."${table}" t`)).join("\n")
    },
    stop: () => postgres.stop()
  }
}
