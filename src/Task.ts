/**
 * A submitted job, followed by its id from any process: look at it once, watch it change, wait for its end, save its video.
 *
 * All of it is free of charge and safe to repeat; nothing here submits a job. Waiting goes on through temporary failures: lost answers,
 * busy servers, a task that is not visible yet, a status that is not known yet. Only the task's end, a permanent refusal or the deadline
 * ends it.
 *
 * @module
 */
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import type * as FileSystem from "effect/FileSystem"
import { dual } from "effect/Function"
import * as Option from "effect/Option"
import type * as Path from "effect/Path"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import { defined } from "./Defined.ts"
import type { Downloaded } from "./download/Download.ts"
import * as Download from "./download/Download.ts"
import type { DownloadOptions } from "./download/Options.ts"
import * as Options from "./Options.ts"
import * as Purchase from "./Purchase.ts"
import { Runway } from "./Runway.ts"
import { InvalidInput, RunwayError, TaskCancelled, TaskFailed } from "./RunwayError.ts"
import type { RetryOptions } from "./request/Retry.ts"
import { isTerminal, type Succeeded, type Task, TaskId, type Terminal } from "./task/Snapshot.ts"
import { follow, looks, operation, type Terms, type WaitOptions } from "./Wait.ts"

export type { Allow } from "./download/Access.ts"
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
export type { WaitOptions } from "./Wait.ts"
export type { Downloaded, DownloadOptions }

/**
 * A task's id and the time of its submission: what another process needs to take the wait up again with its grace intact.
 *
 * `JSON.stringify` writes it, `restore` reads it. An id alone will do too, but in another process it proves nothing: a task that is not
 * visible yet is then given 15 seconds instead of three minutes.
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
 * Use it for a single look, for example from a queue's worker; `wait` and `watch` keep looking. Temporary failures are tried again a few times.
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
 *
 * In a pipe, options come alone:
 *
 * @example
 * ```ts
 * import { Effect, Schedule } from "effect"
 * import { Task } from "cometapi-runway"
 *
 * declare const nextId: Effect.Effect<string>
 *
 * const program = nextId.pipe(Effect.flatMap(Task.get({ retry: Schedule.recurs(1) })))
 * ```
 */
export const get: {
  (options: RetryOptions): (id: string) => Effect.Effect<Task, RunwayError, Runway>
  (id: string, options?: RetryOptions): Effect.Effect<Task, RunwayError, Runway>
} = dual(
  Options.isDataFirst(Options.read),
  Effect.fnUntraced(
    function* (id: string, options: RetryOptions = {}): Effect.fn.Return<Task, RunwayError, Runway> {
      const runway = yield* Runway
      yield* Options.check("get", options, Options.read)
      yield* Effect.annotateCurrentSpan("runway.task.id", id)
      const task = yield* runway.get(yield* taskId(id, "get"), options)
      yield* annotateWith(task)
      return task
      // A stack would name a place in here, whoever has asked.
    },
    Effect.withSpan("Runway.get", {}, { captureStackTrace: false })
  )
)

/**
 * A task's changes of status and progress, one after the other, up to and including its end.
 *
 * Use it for progress bars. A failed or cancelled task is the last element here, not an error.
 *
 * Errors: `WaitTimedOut` at the deadline, `TaskNotFound` and `OutputMissing` when their grace is over, `Unauthorized`, `Forbidden`,
 * `Rejected` at once, and `InvalidInput` before the first look when the id or an option cannot be used.
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
export const watch: {
  (options: OnlyOptions<WaitOptions>): (task: string | Handle) => Stream.Stream<Task, RunwayError, Runway>
  (task: string | Handle, options?: WaitOptions): Stream.Stream<Task, RunwayError, Runway>
} = dual(
  Options.isDataFirst(Options.wait),
  (task: string | Handle, options?: WaitOptions): Stream.Stream<Task, RunwayError, Runway> => changes(task, options)
)

/** Options without what they are for: a handle has a `submittedAt` too, and is none. */
type OnlyOptions<Options> = Options & { readonly id?: never }

const changes = (task: string | Handle, options: WaitOptions = {}): Stream.Stream<Task, RunwayError, Runway> =>
  Stream.unwrap(
    Effect.map(checked(task, options), ({ runway, id, terms }) =>
      // Whoever sees the end writes it down, in whatever process.
      Stream.tap(looks(runway, id, terms), (look) =>
        Option.isSome(look) && isTerminal(look.value) ? Purchase.settle(look.value, runway.ledger) : Effect.void
      )
    )
  ).pipe(
    Stream.filterMap((look) => Result.fromOption(look, () => undefined)),
    Stream.changesWith(
      (previous, current) =>
        previous.status === current.status && previous.progress === current.progress && previous._tag === current._tag
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
 *
 * In a pipe, options come alone:
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { CharacterPerformance, Task } from "cometapi-runway"
 *
 * declare const input: CharacterPerformance.Input
 *
 * const program = CharacterPerformance.submit(input).pipe(Effect.flatMap(Task.wait({ deadline: "1 hour" })))
 * ```
 */
export const wait: {
  (options: OnlyOptions<WaitOptions>): (task: string | Handle) => Effect.Effect<Succeeded, RunwayError, Runway>
  (task: string | Handle, options?: WaitOptions): Effect.Effect<Succeeded, RunwayError, Runway>
} = dual(
  Options.isDataFirst(Options.wait),
  Effect.fn("Runway.wait")(function* (
    task: string | Handle,
    options: WaitOptions = {}
  ): Effect.fn.Return<Succeeded, RunwayError, Runway> {
    yield* Effect.annotateCurrentSpan("runway.task.id", typeof task === "object" && task !== null ? task.id : task)
    const { runway, id, terms } = yield* checked(task, options)
    const end = yield* follow(runway, id, terms, annotateWith)
    yield* Purchase.settle(end, runway.ledger)
    return yield* outcome(end)
  })
)

/** Whom to ask, for what, and how: all of it checked before the first look. */
const checked = Effect.fnUntraced(function* (
  task: string | Handle,
  options: WaitOptions
): Effect.fn.Return<
  { readonly runway: Runway["Service"]; readonly id: TaskId; readonly terms: Terms },
  RunwayError,
  Runway
> {
  const runway = yield* Runway
  yield* Options.check(operation, options, Options.wait)
  // A JavaScript caller's undefined is no id, and is refused as one.
  const { id, submittedAt } = typeof task === "object" && task !== null ? task : { id: task, submittedAt: undefined }
  yield* Options.check(operation, { submittedAt }, Options.wait)
  const terms = { ...runway.pollPolicy, ...defined({ submittedAt }), ...defined(options) }
  return { runway, id: yield* taskId(id, operation), terms }
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

/** What a span says of a task that was seen. */
const annotateWith = ({ status, cost }: Task): Effect.Effect<void> =>
  Effect.annotateCurrentSpan({
    "runway.task.status": status,
    ...(cost === undefined ? {} : { "runway.cost.credits": cost.credits })
  })

/**
 * Saves a task's video and says where it is and how many bytes it has.
 *
 * Use it soon after the task has succeeded: output URLs expire within 24 to 48 hours. The file appears under its name only when it is
 * whole. Temporary failures are tried again, and the download continues where it broke off if the host allows; so does a later call with
 * the same `to`, after a failure, an interruption or the end of the process.
 *
 * Only https from public hosts is asked for, unless `allow` says otherwise; and a mock's own output, where `Runway` is provided and its
 * base URL is the mock's.
 *
 * Errors: `InvalidInput` for an option that cannot be used, with nothing asked; `DownloadFailed`; `OutputExpired` when the task must be got again for a fresh URL.
 * Source: https://docs.dev.runwayml.com/assets/outputs/
 *
 * @example
 * ```ts
 * import { NodeServices } from "@effect/platform-node"
 * import { Console, Effect } from "effect"
 * import { Task } from "cometapi-runway"
 *
 * const program = Effect.gen(function*() {
 *   const task = yield* Task.wait("5b91e444-c232-deaf-a4d7-8aef3e57336b")
 *   const { path, bytes } = yield* Task.download(task, {
 *     to: "videos/",
 *     onProgress: ({ received, total }) => Console.log(`${received} of ${total ?? "?"} bytes`)
 *   })
 *   yield* Console.log(`${path}: ${bytes} bytes`)
 * }).pipe(Effect.provide(NodeServices.layer))
 * ```
 */
export const download: {
  (
    options: DownloadOptions
  ): (task: Succeeded) => Effect.Effect<Downloaded, RunwayError, FileSystem.FileSystem | Path.Path>
  (task: Succeeded, options: DownloadOptions): Effect.Effect<Downloaded, RunwayError, FileSystem.FileSystem | Path.Path>
} = dual(
  2,
  Effect.fn("Runway.download")(function* (
    task: Succeeded,
    options: DownloadOptions
  ): Effect.fn.Return<Downloaded, RunwayError, FileSystem.FileSystem | Path.Path> {
    yield* Effect.annotateCurrentSpan("runway.task.id", task.id)
    // A download needs no client. It only has to know where the API is, to tell a mock's output from somebody else's private address.
    const runway = yield* Effect.serviceOption(Runway)
    const apiUrl = Option.getOrUndefined(Option.map(runway, ({ baseUrl }) => baseUrl))
    const saved = yield* Download.download(task, options, apiUrl)
    yield* Effect.annotateCurrentSpan("runway.download.bytes", saved.bytes)
    return saved
  })
)

const taskId = (id: string, operation: string): Effect.Effect<TaskId, RunwayError> => {
  if (!isTaskId(id)) return Effect.fail(invalid(operation, "id", "expected the id of a task, got an empty text"))
  // As a step of a path, dots would lead elsewhere, and half a surrogate pair has no encoding.
  return id !== "." && id !== ".." && id.isWellFormed()
    ? Effect.succeed(id)
    : Effect.fail(
        invalid(operation, "id", "expected the id of a task, got a text that cannot be a step of a URL's path")
      )
}

const invalid = (operation: string, path: string, message: string): RunwayError =>
  new RunwayError({ operation, reason: new InvalidInput({ problems: [{ path, message }] }) })

const isTaskId = Schema.is(TaskId)
const decodeHandle = Schema.decodeUnknownEffect(Handle)
const decodeHandleText = Schema.decodeUnknownEffect(Schema.fromJsonString(Handle))
