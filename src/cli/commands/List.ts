/**
 * `list`: the jobs that were submitted from here, newest first, and what is not known of them.
 *
 * It reads the ledger and asks no provider.
 *
 * @module
 */
import * as Clock from "effect/Clock"
import { Command, Flag } from "effect/cli"
import * as Effect from "effect/Effect"
import type { Entry } from "../../ledger/Entry.ts"
import { Ledger } from "../../ledger/Ledger.ts"
import * as KnownJobs from "../KnownJobs.ts"
import * as LedgerPlace from "../LedgerPlace.ts"
import * as Output from "../Output.ts"
import * as Subcommand from "../Subcommand.ts"

/** An entry as a line. */
export const line = (entry: Entry, now: number): string => {
  const { intent, sentAt, taskId = "-" } = entry
  const remark = KnownJobs.remark(entry, now)
  const columns = [KnownJobs.timeOf(sentAt), KnownJobs.standing(entry).padEnd(9), taskId.padEnd(36), shortened(intent)]
  return `${columns.join("  ")}${remark === undefined ? "" : `  (${remark})`}`
}

/** An intent that was made of the input, without the digits that nobody reads. */
const shortened = (intent: string): string => intent.replace(/sha256:([0-9a-f]{12})[0-9a-f]+/, "sha256:$1")

export const list = Subcommand.make(
  "list",
  {
    ...LedgerPlace.readFlags,
    limit: Flag.Int("limit").pipe(
      Flag.withAlias("n"),
      Flag.withDefault(20),
      Flag.withDescription("How many at most. Default: 20")
    )
  },
  Effect.fn(function* ({ limit, ...flags }) {
    yield* Effect.gen(function* () {
      const { sweep } = yield* Ledger
      const { unknown, pending } = yield* sweep
      const now = yield* Clock.currentTimeMillis
      const entries = yield* KnownJobs.newest(limit, ({ state }) => state !== "refused")
      for (const entry of entries) yield* Output.result(line(entry, now), KnownJobs.event(entry))
      if (pending.length > 0) {
        yield* Output.note(`${pending.length} paid and not waited for: npx cometapi-runway wait <task-id>`)
      }
      if (unknown.length > 0) {
        yield* Output.note(
          `${unknown.length} of which nobody knows whether they were accepted and charged: npx cometapi-runway ledger list --state unknown`
        )
      }
    }).pipe(Effect.provide(LedgerPlace.existing(flags)), LedgerPlace.orNothing)
  })
).pipe(Command.withDescription("List the jobs in the ledger, newest first"))
