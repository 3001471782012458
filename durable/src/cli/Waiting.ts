/**
 * The jobs of a file that are written down and of which no request was ever sent: they wait for their turn, or for a process that runs them.
 *
 * The engine's own tables are read here, and only read. A file without them has no such jobs.
 *
 * @module
 */
import * as Snowflake from "effect/cluster/Snowflake"
import type * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { SqlClient } from "effect/sql/SqlClient"
import { Generate } from "../Generate.ts"

export interface Waiting {
  readonly jobs: number
  /** When the oldest of them was written down. */
  readonly since: DateTime.Utc
}

const Rows = Schema.NonEmptyArray(Schema.Struct({ jobs: Schema.Int, oldest: Schema.NullOr(Schema.String) }))

/** How many jobs wait, and since when. Undefined where none does. */
export const look = Effect.gen(function* () {
  const sql = yield* SqlClient
  const tables = yield* sql`SELECT name FROM sqlite_master WHERE type = 'table' AND name = 'cluster_messages'`
  if (tables.length === 0) return undefined
  // The id of a message says when it was written. It is read as text, because it is larger than a number can hold.
  const rows = yield* sql`
    SELECT COUNT(*) AS jobs, CAST(MIN(m.id) AS TEXT) AS oldest FROM cluster_messages m
    WHERE m.entity_type = ${`Workflow/${Generate._tag}`} AND m.tag = 'run' AND m.processed = 0
    AND NOT EXISTS (SELECT 1 FROM runway_ledger_entry e WHERE e.intent = json_extract(m.payload, '$.intent'))`
  const [{ jobs, oldest }] = yield* Schema.decodeUnknownEffect(Rows)(rows)
  return oldest === null ? undefined : { jobs, since: Snowflake.dateTime(Snowflake.Snowflake(oldest)) }
})
