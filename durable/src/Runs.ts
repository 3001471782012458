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
import * as DurableDeferred from "effect/workflow/DurableDeferred"
import { WorkflowEngine, WorkflowInstance } from "effect/workflow/WorkflowEngine"
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
    const { run, id, exit } = yield* last(job)
    if (exit === undefined || Exit.isSuccess(exit)) return id
    const next = yield* Generate.execute(yield* payload(job, run + 1), { discard: true })
    const engine = yield* WorkflowEngine
    yield* engine.deferredDone(TakenUp, {
      workflowName: Generate._tag,
      executionId: id,
      deferredName: TakenUp.name,
      exit: Exit.void
    })
    return next
  })

/**
 * Stops the last run of a job. CometAPI documents no way to stop a job that was accepted: it goes on there and is paid, and the ledger keeps
 * its id.
 */
export const stop = (job: Job): Effect.Effect<void, RunwayError, WorkflowEngine> =>
  Effect.gen(function* () {
    const { id } = yield* last(job)
    const engine = yield* WorkflowEngine
    // The plain interruption would let the step end first, and the wait may take half an hour.
    yield* engine.interruptUnsafe(Generate, id)
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

/** Written down at a run that ended when there is a next one: the engine does not tell a run that is at work from one that was never started. */
const TakenUp = DurableDeferred.make("cometapi-runway/TakenUp")

interface Run {
  readonly run: number
  /** The id of its execution. */
  readonly id: string
  /** Absent while it has not ended. */
  readonly exit: Exit.Exit<Generated, RunwayError> | undefined
}

const last = Effect.fnUntraced(function* (job: Job): Effect.fn.Return<Run, RunwayError, WorkflowEngine> {
  const engine = yield* WorkflowEngine
  for (let run = 1; ; run++) {
    const id = yield* Generate.executionId(yield* payload(job, run))
    const found = yield* Generate.poll(id)
    const exit = Option.isSome(found) && found.value._tag === "Complete" ? found.value.exit : undefined
    if (exit === undefined || Exit.isSuccess(exit)) return { run, id, exit }
    const takenUp = yield* engine
      .deferredResult(TakenUp)
      .pipe(Effect.provideService(WorkflowInstance, WorkflowInstance.initial(Generate, id)))
    if (Option.isNone(takenUp)) return { run, id, exit }
  }
})
