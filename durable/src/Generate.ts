/**
 * A video as a durable job: submit, wait, keep. Each step's result is written down by Effect's workflow engine, so a job goes on where it
 * stood when its process died, on this machine or on another.
 *
 * The engine runs a step again when a process dies in the middle of it. That is harmless for looking and for keeping, and would pay twice
 * for submitting; so the submit step goes through the ledger, which lets one intent be paid once whatever the engine does.
 *
 * It stores ids and never the URL of an output: whoever holds such a URL can load the video, and it expires. The last step gets the task again.
 *
 * @module
 */
import { CharacterPerformance, Ledger, Runway, RunwayError, Task } from "cometapi-runway"
import * as Archive from "cometapi-runway/archive"
import { type Budget, canonicalJson } from "cometapi-runway/ledger"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Schedule from "effect/Schedule"
import * as Schema from "effect/Schema"
import * as Semaphore from "effect/Semaphore"
import * as Activity from "effect/workflow/Activity"
import * as Workflow from "effect/workflow/Workflow"
import type { WorkflowEngine } from "effect/workflow/WorkflowEngine"
import * as Handover from "./Handover.ts"

/** What is to be made, and under which name it is paid once. */
export interface Job {
  /** The name of what is to be made, for example the number of your own order. It is paid at most once. */
  readonly intent: string
  readonly input: CharacterPerformance.Input
}

/** Where a video is kept. */
export const Kept = Schema.Struct({
  /** A path or a key in a store; no URL that opens the video for whoever has it. */
  place: Schema.String,
  bytes: Schema.Int
})
export type Kept = typeof Kept.Type

/** What a run of a job came to. */
export const Generated = Schema.Struct({
  taskId: Task.TaskId,
  /** Where the video is, when the layer was told how to keep it. */
  kept: Schema.optionalKey(Kept)
})
export type Generated = typeof Generated.Type

/** What the engine stores of a job. */
export const Payload = Schema.Struct({
  intent: Schema.NonEmptyString,
  /** From 1. A job whose run ended in an error can be taken up by another run: it is not paid again. */
  run: Schema.Int.check(Schema.isGreaterThan(0)),
  input: CharacterPerformance.Request
})
export type Payload = typeof Payload.Type

/** The workflow itself, for those who build their own on it, for example as a child or behind `WorkflowProxy`. */
export const Generate = Workflow.make("cometapi-runway/Generate", {
  payload: Payload,
  success: Generated,
  error: RunwayError,
  // The body is part of it: with the name alone, another body under the same name would silently be given the first one's result.
  // So it is a run of its own, and the ledger refuses it.
  idempotencyKey: ({ intent, run, input }) => canonicalJson([intent, run, input])
})

/** A step that keeps a video. */
export type Keep<R = never> = (
  task: Task.Succeeded,
  job: { readonly intent: string; readonly input: CharacterPerformance.Request }
) => Effect.Effect<Kept, RunwayError, R>

/**
 * Keeps videos in an archive of `cometapi-runway/archive`: a folder or a store of objects, each video with a JSON that says what it was made
 * of. What is kept already is not loaded again.
 */
export const archived =
  (archive: Archive.Archive): Keep<Runway> =>
  (task, { intent, input }) =>
    Effect.gen(function* () {
      const { baseUrl, version } = yield* Runway
      const made = { operation: CharacterPerformance.operation, body: input }
      const { files } = yield* Archive.keep(archive, { task, intent, made, version, apiUrl: baseUrl })
      return { place: files[0].location, bytes: files[0].bytes }
    })

/** How jobs are run. */
export interface Options<R = never> {
  /** How long and how often to look. Default: as `Task.wait`. */
  readonly wait?: Task.WaitOptions | undefined
  readonly budget?: Budget | undefined
  /** What one job costs, in dollars. Default: the published price. */
  readonly price?: number | undefined
  /**
   * Keeps the video and says where it is: `archived` for a folder or a store of objects, or your own. It may run more than once for a task.
   * Without it a job ends when its task does, and somebody has to collect the video within a day.
   */
  readonly keep?: Keep<R> | undefined
  /**
   * How many submissions this process may have under way at once. Default: 4. When a process is killed, nobody knows how these ended until a
   * person looks; the rest is taken over by the next process.
   */
  readonly submissions?: number | undefined
  /** How a submission that failed, and that certainly was not accepted, is tried again. Default: for an hour, at most a minute apart. */
  readonly resubmit?: Schedule.Schedule<unknown, RunwayError> | undefined
}

const defaultResubmit = Schedule.min([Schedule.exponential("1 second"), Schedule.spaced("1 minute")]).pipe(
  Schedule.jittered,
  Schedule.upTo({ duration: "1 hour" })
)

/** Runs the jobs of this engine in this process. */
export const layer = <R = never>(
  options: Options<R> = {}
): Layer.Layer<never, never, WorkflowEngine | Runway | Ledger | R> =>
  Layer.unwrap(
    Effect.gen(function* () {
      const turns = Semaphore.makeUnsafe(options.submissions ?? 4)
      const handover = yield* Handover.make
      // Made after the workflow's registration and so ended before it: from then on the engine waits for the steps that have begun.
      const beginsFirst = Layer.effectDiscard(Effect.addFinalizer(() => handover.begin))
      return Layer.provideMerge(beginsFirst, Generate.toLayer(run(options, { turns, handover })))
    })
  )

/** What the wait saw last. */
interface Memory {
  task: Task.Succeeded | undefined
}

/** What all jobs of this process share. */
interface Shared {
  /** Whose turn it is to submit. */
  readonly turns: Semaphore.Semaphore
  readonly handover: Handover.Handover
}

const run = <R>(options: Options<R>, shared: Shared) =>
  Effect.fnUntraced(function* ({ intent, input }: Payload) {
    yield* Effect.annotateCurrentSpan("runway.intent", intent)
    const handle = yield* submit(intent, input, options, shared)
    yield* Effect.annotateCurrentSpan("runway.task.id", handle.id)
    // Only while this process lives: a later one gets the task again, because the URL of an output is not written down.
    const memory: Memory = { task: undefined }
    yield* wait(intent, handle, options.wait, memory, shared)
    if (options.keep === undefined) return { taskId: handle.id }
    return { taskId: handle.id, kept: yield* keep({ intent, input }, handle, options.keep, memory, shared) }
  }, shared.handover.until)

const submit = (
  intent: string,
  input: Payload["input"],
  { budget, price, resubmit }: Options<unknown>,
  { turns, handover }: Shared
) =>
  Activity.make({
    name: "submit",
    success: Task.Handle,
    error: RunwayError,
    // A request is a valid input; only the form of its ratio is checked by the schema and not by the type.
    execute: CharacterPerformance.submit(input as CharacterPerformance.Input, { intent, budget, price }).pipe(
      // A turn that one submission leaves to the next one while this process ends is not taken.
      handover.inTime,
      turns.withPermit,
      Effect.flatMap(Task.handle),
      Effect.tapError(whileAnotherSends),
      Effect.retry({ while: ({ reason }) => reason._tag === "IntentUnresolved" && reason.isRetryable }),
      Effect.retry({ schedule: resubmit ?? defaultResubmit, while: ({ isRetryable }) => isRetryable }),
      handover.until
    )
  })

/** Waits until the sender of an earlier attempt, a process that died or was cut off, can no longer say how it ended. */
const whileAnotherSends = ({ reason }: RunwayError): Effect.Effect<void> =>
  reason._tag === "IntentUnresolved" && reason.isRetryable
    ? Effect.flatMap(DateTime.now, (now) => Effect.sleep(DateTime.distance(now, DateTime.max(now, reason.answerBy))))
    : Effect.void

/** One activity for the whole wait: looks cost nothing and may be repeated, so a row for each would buy nothing. */
const wait = (
  intent: string,
  handle: Task.Handle,
  options: Task.WaitOptions | undefined,
  memory: Memory,
  { handover }: Shared
) =>
  Activity.make({
    name: "wait",
    error: RunwayError,
    execute: Task.wait(handle, options).pipe(
      Effect.tap((task) => {
        memory.task = task
        return settle(intent, handle.id, "succeeded")
      }),
      Effect.tapError(({ reason }) => {
        if (reason._tag === "TaskFailed") return settle(intent, handle.id, "failed")
        return reason._tag === "TaskCancelled" ? settle(intent, handle.id, "cancelled") : Effect.void
      }),
      Effect.mapError(withoutOutput),
      Effect.asVoid,
      handover.until
    )
  })

const settle = (intent: string, id: Task.TaskId, outcome: "succeeded" | "failed" | "cancelled") =>
  Effect.flatMap(Ledger, (ledger) => ledger.settle(intent, id, { outcome })).pipe(
    // The job's end is known; a ledger that cannot be written now must not turn it into a failure.
    Effect.catch((error) => Effect.logError("the ledger could not be written", error.message))
  )

const keep = <R>(
  job: Parameters<Keep<R>>[1],
  { id }: Task.Handle,
  into: Keep<R>,
  memory: Memory,
  { handover }: Shared
) =>
  Activity.make({
    name: "keep",
    success: Kept,
    error: RunwayError,
    execute: Effect.suspend(() => (memory.task === undefined ? Task.wait(id) : Effect.succeed(memory.task))).pipe(
      Effect.flatMap((task) => into(task, job)),
      Effect.mapError(withoutOutput),
      handover.until
    )
  })

/** The error as it may be stored: without the URLs of a task that succeeded. */
const withoutOutput = (error: RunwayError): RunwayError => {
  if (error.lastTask?._tag !== "Succeeded") return error
  const { lastTask: _, ...rest } = error
  return new RunwayError(rest)
}
