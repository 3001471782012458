/**
 * One line of a batch: from what the ledger knows of it to its video.
 *
 * Its end is a value: what goes wrong with one line is said in that line's result, and is nobody else's problem. Only what would go wrong with
 * every line ends the batch.
 *
 * @module
 */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Result from "effect/Result"
import * as Schedule from "effect/Schedule"
import type * as Archive from "../archive/Archive.ts"
import * as CharacterPerformance from "../CharacterPerformance.ts"
import { defined } from "../Defined.ts"
import type { Budget } from "../ledger/Budget.ts"
import { Ledger } from "../ledger/Ledger.ts"
import type { RunwayError } from "../RunwayError.ts"
import type { Job } from "./JobsFile.ts"
import type { Event } from "./Output.ts"

/** How the lines are made. */
export interface How {
  /** Where the videos are kept. */
  readonly archive: Archive.Archive
  readonly budget: Budget
  /** Looks at the assets of a line that is to be paid for, where that is wanted. */
  readonly preflight: CharacterPerformance.GenerateOptions["preflight"]
  /** Whether a new job is paid for a line whose job has failed. */
  readonly again: "never" | "failed"
}

/** What would go wrong with every line: the batch ends, and what was submitted is in the ledger. */
const fatal: ReadonlySet<string> = new Set(["Unauthorized", "Forbidden", "LedgerFailed", "InvalidConfig"])

/** Whether another run, or another line with the same input, is at it: it says soon how that ended. */
const isBusy = ({ reason }: RunwayError): boolean => reason._tag === "IntentUnresolved" && reason.state === "sending"

/** Has the line made, or takes up what is there of it: nothing of what an earlier run has paid for or kept is asked for again. */
const make = Effect.fnUntraced(function* (job: Job, { archive, preflight, budget, again }: How) {
  const hasLedger = Option.isSome(yield* Effect.serviceOption(Ledger))
  let reused = false
  let kept: Archive.Kept | undefined
  const task = yield* CharacterPerformance.generate(job.input, {
    interruptGrace: "10 seconds",
    archive,
    preflight,
    onReused: () =>
      Effect.sync(() => {
        reused = true
      }),
    onKept: (is) =>
      Effect.sync(() => {
        kept = is
      }),
    ...(hasLedger ? { intent: job.intent, budget, again } : {})
  }).pipe(Effect.retry({ while: isBusy, schedule: Schedule.spaced("1 second") }))
  const [video] = kept?.files ?? []
  return { id: task.id, ...defined({ path: video?.location, bytes: video?.bytes, sha256: video?.sha256 }), reused }
})

/** The result of a line, as an event. */
export const run = Effect.fnUntraced(function* (job: Job, how: How) {
  const made = yield* Effect.result(make(job, how))
  if (Result.isSuccess(made)) return result(job, { ok: true, ...made.success })
  const { reason, message, taskId } = made.failure
  if (fatal.has(reason._tag)) return yield* made.failure
  return result(job, { ok: false, reason: reason._tag, message, ...defined({ id: taskId }) })
})

const result = (
  { line, intent }: Job,
  end: { readonly ok: boolean; readonly [field: string]: unknown }
): Event & { readonly ok: boolean } => ({
  event: "line",
  line,
  ...end,
  intent
})
