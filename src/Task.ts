/**
 * A submitted job, followed by its id from any process: look at it once, watch it change, wait for its end, save its video.
 *
 * All of it is free of charge and safe to repeat. Waiting outlives whatever passes: lost answers, busy servers, a task not visible yet, a
 * status not known yet. Only an end, a permanent refusal or the deadline ends it.
 *
 * @module
 */
import * as Clock from "effect/Clock"
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Result from "effect/Result"
import * as Schedule from "effect/Schedule"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import { defined } from "./Defined.ts"
import type { PollPolicy } from "./Poll.ts"
import { Runway } from "./Runway.ts"
import { InvalidInput, OutputMissing, RunwayError, TaskCancelled, TaskFailed, WaitTimedOut } from "./RunwayError.ts"
import { notBefore, type RetryOptions, resendable } from "./request/Retry.ts"
import * as Telemetry from "./request/Telemetry.ts"
import { isTerminal, type Succeeded, type Task, TaskId, type Terminal } from "./task/Snapshot.ts"

export { type Downloaded, type DownloadOptions, download } from "./download/Download.ts"
export type { DownloadProgress } from "./download/Progress.ts"
export {
  Cancelled,
  Failed,
  Finishing,
  isTerminal,
  OutputUrl,
  Queued,
  Running,
  Succeeded,
  Task,
  TaskId,
  type Terminal,
  Unrecognised
} from "./task/Snapshot.ts"

/** How a task is waited for; what is left out comes from the layer. */
export interface WaitOptions extends Partial<PollPolicy> {
  /** When the job was submitted. A young task may not be visible yet, and its grace counts from here. Default: now. */
  readonly submittedAt?: DateTime.Utc | undefined
}

/**
 * A task's id and the time of its submission: what another process needs to take the wait up again with its grace intact.
 *
 * `JSON.stringify` writes it, `restore` reads it. An id alone does too; it only counts as just submitted.
 */
export class Handle extends Schema.Class<Handle>("cometapi-runway/Task/Handle")({
  id: TaskId,
  submittedAt: Schema.DateTimeUtcFromString
}) {}

/**
 * A handle on a task that was submitted just now.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { CharacterPerformance, Task } from "cometapi-runway"
 *
 * declare const input: CharacterPerformance.Input
 * declare const store: (json: string) => Effect.Effect<void>
 * declare const load: Effect.Effect<string>
 *
 * const begin = CharacterPerformance.submit(input).pipe(
 *   Effect.flatMap(Task.handle),
 *   Effect.flatMap((handle) => store(JSON.stringify(handle)))
 * )
 * const finish = load.pipe(Effect.flatMap(Task.restore), Effect.flatMap((handle) => Task.wait(handle)))
 * ```
 */
export const handle = (id: TaskId): Effect.Effect<Handle> =>
  Effect.map(DateTime.now, (submittedAt) => new Handle({ id, submittedAt }))

/**
 * A handle out of the JSON that was stored, as text or already parsed.
 *
 * Errors: `InvalidInput`.
 */
export const restore = (json: unknown): Effect.Effect<Handle, RunwayError> =>
  (typeof json === "string" ? decodeHandleText(json) : decodeHandle(json)).pipe(
    Effect.mapError((error) => invalid("restore", "handle", `expected the JSON of a task's handle; ${error.message}`))
  )

/**
 * Looks at a task.
 *
 * Use it for a single look, for example from a queue's worker; `wait` and `watch` keep looking. What passes is tried again a few times.
 *
 * Errors: `TaskNotFound`, `Unauthorized`, `Forbidden`, `Rejected`, `RateLimited`, `Unavailable`, `Unreachable`, `ConnectionLost`,
 * `UnexpectedAnswer`.
 * Source: https://apidoc.cometapi.com/api/video/runway/official-format/runway-to-get-task-details
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { Task } from "cometapi-runway"
 *
 * const program = Effect.gen(function*() {
 *   const task = yield* Task.get("5b91e444-c232-deaf-a4d7-8aef3e57336b")
 *   return task._tag === "Failed" ? task.failureCode : task.progress
 * })
 * ```
 */
export const get = Effect.fn("Runway.get")(function* (id: string, options: RetryOptions = {}) {
  const runway = yield* Runway
  yield* Effect.annotateCurrentSpan("runway.task.id", id)
  const task = yield* runway.get(yield* taskId(id, "get"), options)
  yield* Effect.annotateCurrentSpan("runway.task.status", task.status)
  return task
})

/**
 * A task's changes of status and progress, one after the other, up to and including its end.
 *
 * Use it for progress bars. A failed or cancelled task is the last element here, not an error.
 *
 * Errors: `WaitTimedOut` at the deadline, `TaskNotFound` and `OutputMissing` when their grace is over, and `Unauthorized`, `Forbidden`,
 * `Rejected` at once.
 *
 * @example
 * ```ts
 * import { Console, Stream } from "effect"
 * import { Task } from "cometapi-runway"
 *
 * const program = Task.watch("5b91e444-c232-deaf-a4d7-8aef3e57336b").pipe(
 *   Stream.runForEach((task) => Console.log(task.status, task.progress))
 * )
 * ```
 */
export const watch = (task: string | Handle, options: WaitOptions = {}): Stream.Stream<Task, RunwayError, Runway> =>
  Stream.unwrap(
    Effect.gen(function* () {
      const runway = yield* Runway
      const { id, submittedAt } = typeof task === "string" ? { id: task, submittedAt: undefined } : task
      const policy = { ...runway.pollPolicy, ...defined({ submittedAt }), ...defined(options) }
      return yield* looks(runway, yield* taskId(id, operation), policy)
    })
  ).pipe(
    Stream.filterMap((look) => Result.fromOption(look, () => undefined)),
    Stream.changesWith(
      (one, other) => one.status === other.status && one.progress === other.progress && one._tag === other._tag
    )
  )

/**
 * Waits for a task's video.
 *
 * Use it after `submit`, or with an id from anywhere: resuming is nothing else. A status that says success does not end the wait until
 * the output is there too (source page). The deadline cuts a request in flight, and the task goes on without us.
 *
 * Errors: `TaskFailed`, `TaskCancelled`, and those of `watch`. Each carries the task's id and the last state that was seen.
 *
 * @example
 * ```ts
 * import { Effect, Redacted } from "effect"
 * import { Task } from "cometapi-runway"
 *
 * const program = Effect.gen(function*() {
 *   const task = yield* Task.wait("5b91e444-c232-deaf-a4d7-8aef3e57336b", { deadline: "1 hour" })
 *   return Redacted.value(task.output[0])
 * })
 * ```
 */
export const wait = Effect.fn("Runway.wait")(function* (task: string | Handle, options: WaitOptions = {}) {
  yield* Effect.annotateCurrentSpan("runway.task.id", typeof task === "string" ? task : task.id)
  const end = yield* watch(task, options).pipe(
    Stream.tap(({ status }) => Effect.annotateCurrentSpan("runway.task.status", status)),
    Stream.filter(isTerminal),
    Stream.runHead
  )
  // `watch` fails when it ends without an end, so there is one here.
  return yield* outcome(Option.getOrThrow(end))
})

/**
 * What `wait` makes of a task's end: the succeeded task, or the error that says why there is no video.
 *
 * Use it on the last element of `watch`.
 *
 * Errors: `TaskFailed`, `TaskCancelled`.
 *
 * @example
 * ```ts
 * import { Effect, Option, Stream } from "effect"
 * import { Task } from "cometapi-runway"
 *
 * const program = Task.watch("5b91e444-c232-deaf-a4d7-8aef3e57336b").pipe(
 *   Stream.tap((task) => Effect.log(task.status)),
 *   Stream.filter(Task.isTerminal),
 *   Stream.runHead,
 *   Effect.flatMap((end) => Task.outcome(Option.getOrThrow(end)))
 * )
 * ```
 */
export const outcome = (task: Terminal): Effect.Effect<Succeeded, RunwayError> => {
  if (task._tag === "Succeeded") return Effect.succeed(task)
  const reason = task._tag === "Failed" ? new TaskFailed({ task }) : new TaskCancelled({ task })
  return Effect.fail(new RunwayError({ operation, reason, taskId: task.id, lastTask: task }))
}

const operation = "wait"

const taskId = (id: string, operation: string) =>
  decodeTaskId(id).pipe(
    Effect.mapError(() => invalid(operation, "id", "expected the id of a task, got an empty text")),
    // As a step of a path, dots would lead elsewhere, and half a surrogate pair has no encoding.
    Effect.filterOrFail(
      (id) => id !== "." && id !== ".." && id.isWellFormed(),
      () => invalid(operation, "id", "expected the id of a task, got a text that cannot be a step of a URL's path")
    )
  )

const invalid = (operation: string, path: string, message: string) =>
  new RunwayError({ operation, reason: new InvalidInput({ problems: [{ path, message }] }) })

const decodeTaskId = Schema.decodeEffect(TaskId)
const decodeHandle = Schema.decodeUnknownEffect(Handle)
const decodeHandleText = Schema.decodeUnknownEffect(Schema.fromJsonString(Handle))

/** One look after another: what was seen, or nothing, until the task has ended. */
const looks = Effect.fnUntraced(function* (
  runway: Runway["Service"],
  id: TaskId,
  policy: PollPolicy & Pick<WaitOptions, "submittedAt">
) {
  const clock = yield* Clock.Clock
  const now = () => clock.currentTimeMillisUnsafe()
  const millis = (duration: Duration.Input) => Duration.toMillis(Duration.fromInputUnsafe(duration))

  const startedAt = now()
  // The clock of the machine that submitted it may run ahead of this one's.
  const submittedAt =
    policy.submittedAt === undefined ? startedAt : Math.min(startedAt, DateTime.toEpochMillis(policy.submittedAt))
  const deadline = startedAt + millis(policy.deadline)
  const untilDeadline = () => Duration.millis(Math.max(0, deadline - now()))

  // A map, because a status is the provider's word and may be `constructor`.
  const seen = new Map<string, number>()
  let lastTask: Task | undefined
  let lastError: RunwayError | undefined
  // The last proof that the task exists: its submission, or the last time it was seen.
  let provenAt = submittedAt
  // Since when it has said that it succeeded, and shown no output.
  let finishingSince: number | undefined

  const timedOut = () => {
    const reason = new WaitTimedOut({ waited: Duration.millis(now() - startedAt), seen: Object.fromEntries(seen) })
    return new RunwayError({ operation, reason, taskId: id, ...defined({ lastTask }) })
  }
  const count = (what: string) => {
    seen.set(what, (seen.get(what) ?? 0) + 1)
  }

  const survive = Effect.fnUntraced(function* (error: RunwayError) {
    const { _tag } = error.reason
    yield* Telemetry.countPoll(_tag)
    const young = now() - provenAt < millis(policy.notFoundGrace)
    if (_tag === "TaskNotFound" ? !young : !resendable.read.has(_tag)) return yield* error.with({ lastTask })
    lastError = error
    count(_tag)
    yield* Effect.logDebug("task not seen").pipe(Effect.annotateLogs({ taskId: id, reason: _tag }))
    return Option.none<Task>()
  })

  const notice = Effect.fnUntraced(function* (task: Task) {
    lastTask = task
    lastError = undefined
    provenAt = now()
    finishingSince = task._tag === "Finishing" ? (finishingSince ?? provenAt) : undefined
    count(task.status || task._tag)
    // By tag: words that the provider may invent would make series without end.
    yield* Telemetry.countPoll(task._tag)
    yield* Effect.logDebug("task seen").pipe(
      Effect.annotateLogs(defined({ taskId: id, status: task.status, progress: task.progress }))
    )
    if (isTerminal(task)) yield* Telemetry.recordEnd(task._tag, Duration.millis(provenAt - submittedAt))
    if (task._tag === "Finishing" && provenAt - (finishingSince ?? provenAt) >= millis(policy.outputGrace)) {
      return yield* new RunwayError({ operation, reason: new OutputMissing({ task }), taskId: id, lastTask: task })
    }
    return Option.some(task)
  })

  const look = Effect.suspend(() => {
    if (now() >= deadline) return Effect.fail(timedOut())
    return Effect.matchEffect(runway.poll(id), { onFailure: survive, onSuccess: notice }).pipe(
      Effect.timeoutOrElse({ duration: untilDeadline(), orElse: () => Effect.fail(timedOut()) })
    )
  })

  const schedule = policy.schedule.pipe(
    Schedule.modifyDelay(({ duration }) =>
      Effect.sync(() =>
        Duration.min(lastError === undefined ? duration : notBefore(duration, lastError), untilDeadline())
      )
    )
  )

  if (policy.submittedAt !== undefined) {
    const first = Duration.millis(Math.max(0, submittedAt + millis(policy.firstAfter) - now()))
    yield* Effect.sleep(Duration.min(first, untilDeadline()))
  }
  return Stream.fromEffectSchedule(look, schedule).pipe(
    Stream.takeUntil(Option.exists(isTerminal)),
    // A caller's schedule may end before the task does.
    Stream.concat(
      Stream.suspend(() => (lastTask !== undefined && isTerminal(lastTask) ? Stream.empty : Stream.fail(timedOut())))
    )
  )
})
