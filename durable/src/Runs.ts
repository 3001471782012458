/**
 * The runs of a job: start the first, look at the last, wait for it, take it up again, stop it.
 *
 * A run ends once and for all. A job whose run ended in an error is not lost: when a person has removed the cause (resolved an unknown
 * outcome, raised the budget, renewed the key), `again` makes another run, which the ledger joins to the job that is paid already.
 *
 * @module
 */
import { CharacterPerformance, Ledger, type RunwayError } from "cometapi-runway"
import type { Entry, LedgerFailed } from "cometapi-runway/ledger"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Option from "effect/Option"
import type { WorkflowEngine } from "effect/workflow/WorkflowEngine"
import { Generate, type Generated, type Job } from "./Generate.ts"

/** How a job stands. */
export type Status =
  /** `run` has not ended: it is at work, waits for its turn, or was never started. */
  | { readonly _tag: "Open"; readonly run: number; readonly attempts: ReadonlyArray<Entry> }
  /** `run` has ended: with a video, with an error, or because somebody stopped it. */
  | {
      readonly _tag: "Ended"
      readonly run: number
      readonly attempts: ReadonlyArray<Entry>
      readonly exit: Exit.Exit<Generated, RunwayError>
    }

/** Writes a job down and gives the id of its execution; an engine of this store runs it. Starting a job again does nothing. */
export const start = (job: Job): Effect.Effect<string, RunwayError, WorkflowEngine> =>
  Effect.flatMap(payload(job, 1), (first) => Generate.execute(first, { discard: true }))

/** Waits until the last run of a job has ended, and starts the job if nobody has. */
export const result = (job: Job): Effect.Effect<Generated, RunwayError, WorkflowEngine> =>
  Effect.flatMap(last(job), ({ run }) => Effect.flatMap(payload(job, run), (last) => Generate.execute(last)))

/** Takes a job up again whose last run ended without a video. A job that has its video, or is at work, is left as it is. */
export const again = (job: Job): Effect.Effect<string, RunwayError, WorkflowEngine> =>
  Effect.gen(function* () {
    const { run, exit } = yield* last(job)
    const next = exit !== undefined && Exit.isFailure(exit) ? run + 1 : run
    return yield* Generate.execute(yield* payload(job, next), { discard: true })
  })

/**
 * Stops the last run of a job. CometAPI documents no way to stop a job that was accepted: it goes on there and is paid, and the ledger keeps
 * its id.
 */
export const stop = (job: Job): Effect.Effect<void, RunwayError, WorkflowEngine> =>
  Effect.gen(function* () {
    const { run } = yield* last(job)
    yield* Generate.interrupt(yield* Generate.executionId(yield* payload(job, run)))
  })

/** How a job stands, by its last run and by what the ledger knows of its attempts. */
export const status = (job: Job): Effect.Effect<Status, RunwayError | LedgerFailed, WorkflowEngine | Ledger> =>
  Effect.gen(function* () {
    const { run, exit } = yield* last(job)
    const attempts = yield* Effect.flatMap(Ledger, (ledger) => ledger.show(job.intent))
    return exit === undefined ? { _tag: "Open", run, attempts } : { _tag: "Ended", run, attempts, exit }
  })

const payload = (job: Job, run: number) =>
  Effect.map(CharacterPerformance.validate(job.input), (input) => ({ intent: job.intent, run, input }))

interface Run {
  readonly run: number
  /** Absent while it has not ended. */
  readonly exit: Exit.Exit<Generated, RunwayError> | undefined
}

/** The first run that has not ended, or the last one: `again` makes a run only when the one before has ended. */
const last = Effect.fnUntraced(function* (job: Job): Effect.fn.Return<Run, RunwayError, WorkflowEngine> {
  let ended: Run | undefined
  for (let run = 1; ; run++) {
    const found = yield* Generate.poll(yield* Generate.executionId(yield* payload(job, run)))
    const exit = Option.isSome(found) && found.value._tag === "Complete" ? found.value.exit : undefined
    // A run that was never started looks like one that has not ended; after an ended one it means that there is none.
    if (exit === undefined) return Option.isSome(found) ? { run, exit } : (ended ?? { run, exit })
    if (Exit.isSuccess(exit)) return { run, exit }
    ended = { run, exit }
  }
})
