/**
 * The file in which jobs and ledger are, for the commands that run no job.
 *
 * @module
 */
import { LedgerSql, Sqlite } from "cometapi-runway/ledger"
import { Flag } from "effect/cli"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Layer from "effect/Layer"
import { Complaint } from "./Complaint.ts"

export const usual = "jobs.sqlite"

export const flag = Flag.String("file").pipe(
  Flag.withDefault(usual),
  Flag.withDescription("Where jobs and ledger are kept")
)

/** The ledger of a file that exists, and the file itself; a mistyped name makes no new one. */
export const ledger = (file: string) =>
  Layer.unwrap(
    Effect.gen(function* () {
      const fs = yield* FileSystem.FileSystem
      if (!(yield* Effect.orElseSucceed(fs.exists(file), () => false))) {
        return yield* new Complaint({ message: `There is no file ${file}. Name the one of your jobs with --file.` })
      }
      return Layer.provideMerge(LedgerSql.layer(), Sqlite.layer({ file }))
    })
  )
