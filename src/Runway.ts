/**
 * The client as a service: one account at one origin, with its policies and its pace.
 *
 * It owns the two kinds of request everything else is made of, a paid submission and a read of a task. What is submitted is an
 * operation's own module (`CharacterPerformance.ts`), following a task is `Task.ts`.
 *
 * @module
 */
import * as Context from "effect/Context"
import type * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import { identity } from "effect/Function"
import * as Hash from "effect/Hash"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import { type Bindings, createBindings, defaultBaseUrl, defaultVersion } from "./Bindings.ts"
import { defined } from "./Defined.ts"
import { defaultPoll, type PollPolicy } from "./Poll.ts"
import * as Reasons from "./RunwayError.ts"
import { RunwayError } from "./RunwayError.ts"
import * as Answer from "./request/Answer.ts"
import { attempt, type Limits, type NoAnswer, type Wiring } from "./request/Attempt.ts"
import * as Limiter from "./request/Limiter.ts"
import { type Kind, type Restore, type RetryOptions, retrying, type SubmitOptions } from "./request/Retry.ts"
import * as Telemetry from "./request/Telemetry.ts"
import {
  fromEnvironment,
  type RunwayOptions,
  validDuration,
  validKey,
  validLimit,
  validOrigin,
  validVersion
} from "./Settings.ts"
import { hiding } from "./Shown.ts"
import { type Task, TaskId } from "./task/Snapshot.ts"
import * as WireTask from "./task/WireTask.ts"

/** A paid request: its operation, its body, and the bindings call that sends it. */
export interface Submission {
  readonly operation: string
  readonly body: object
  readonly send: (bindings: Bindings, wiring: Wiring) => Promise<unknown>
}

/**
 * CometAPI's Runway for Effect programs.
 *
 * Provide `Runway.layerConfig` to read the key from the environment, or `Runway.layer` to pass it.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { CharacterPerformance, Runway } from "cometapi-runway"
 *
 * const program = CharacterPerformance.generate({
 *   character: { type: "image", uri: "https://example.com/portrait.png" },
 *   reference: { type: "video", uri: "https://example.com/performance.mp4" }
 * }).pipe(Effect.provide(Runway.layerConfig))
 * ```
 */
export class Runway extends Context.Service<
  Runway,
  {
    /** Sends a paid request, at most once unless it provably was not accepted, and answers with the task's id. */
    readonly submit: (submission: Submission, options?: SubmitOptions) => Effect.Effect<TaskId, RunwayError>
    /** Reads a task, again and again if need be. */
    readonly get: (id: TaskId, options?: RetryOptions) => Effect.Effect<Task, RunwayError>
    /** Reads a task with a single request. */
    readonly poll: (id: TaskId) => Effect.Effect<Task, RunwayError>
    /** How tasks are waited for unless a call says otherwise. */
    readonly pollPolicy: PollPolicy
    /** Where requests go. */
    readonly baseUrl: string
  }
>()("cometapi-runway/Runway") {
  /** A client from values. Fails with `InvalidConfig` when one of them cannot be used. */
  static readonly layer = (options: RunwayOptions): Layer.Layer<Runway, RunwayError> =>
    Layer.effect(Runway, make(options))

  /**
   * A client from the environment, or whatever `ConfigProvider` is in place. A blank variable counts as unset.
   *
   * | variable | |
   * | --- | --- |
   * | `COMETAPI_KEY` | required |
   * | `COMETAPI_BASE_URL` | default `https://api.cometapi.com` |
   * | `COMETAPI_RUNWAY_VERSION` | default `2024-11-06` |
   * | `COMETAPI_ATTEMPT_TIMEOUT` | how long one HTTP attempt may take, for example `30 seconds`; default `1 minute` |
   * | `COMETAPI_WAIT_DEADLINE` | how long a whole wait may take; default `30 minutes` |
   */
  static readonly layerConfig: Layer.Layer<Runway, RunwayError> = Layer.unwrap(
    Effect.map(fromEnvironment, (options) => Runway.layer(options))
  )
}

const make = Effect.fnUntraced(function* (options: RunwayOptions) {
  const apiKey = Redacted.value(yield* validKey(options.apiKey))
  const baseUrl = yield* validOrigin(options.baseUrl ?? defaultBaseUrl)
  const version = yield* validVersion(options.version ?? defaultVersion)
  const timeout = yield* validDuration("attemptTimeout", options.attemptTimeout ?? "1 minute")
  const limit = options.limit === undefined ? undefined : yield* validLimit(options.limit)
  const limits: Limits = { timeout, maxBytes: maxAnswerBytes }
  const bindings = createBindings({ apiKey, baseUrl, version })
  const limiter = yield* Limiter.make(Hash.string(apiKey).toString(36), limit)

  /** What comes from outside, without the key: servers have echoed it. */
  const scrub = hiding(apiKey)

  /**
   * One attempt in its turn, which it waits for outside of its span. Its answer is shown to who wants to see it. Where it must not be
   * interrupted once it is answered, `restore` makes the waiting interruptible.
   */
  const ask = (
    kind: Kind,
    send: Submission["send"],
    about: { operation: string; attempt: number; taskId?: TaskId },
    restore: Restore = identity
  ) => {
    const { operation, taskId } = about
    const onCutOff = kind === "submit" ? warnOfInterruption(operation) : Effect.void
    return restore(attempt((wiring) => send(bindings, wiring), limits, onCutOff)).pipe(
      Effect.mapError((none): NoAnswer => ({ ...none, problem: scrub(none.problem) })),
      (one) => Telemetry.attemptSpan(one, { operation, baseUrl, resendCount: about.attempt - 1, taskId }),
      Effect.tap((answer) => show(operation, answer)),
      Effect.map(
        (answer): Answer.Answer => ({
          ...answer,
          headers: new Headers(Array.from(answer.headers, ([name, value]): [string, string] => [name, scrub(value)])),
          text: scrub(answer.text)
        })
      ),
      limiter.inTurn(kind, restore)
    )
  }

  const submit = Effect.fn("Runway.submit")(function* (
    { operation, body, send }: Submission,
    submitOptions: SubmitOptions = {}
  ) {
    const once = (attempt: number) =>
      // From the answer on nothing may interrupt: a task that is paid for has to be told of.
      Effect.uninterruptibleMask((restore) =>
        Effect.gen(function* () {
          const outcomeUnknown = Effect.fnUntraced(function* (problem: string, sentAt: DateTime.Utc) {
            yield* Telemetry.countUnknownOutcome
            return new Reasons.OutcomeUnknown({ problem, sentAt, bodyDigest: yield* digest(JSON.stringify(body)) })
          })
          const attempted = yield* Effect.result(ask("submit", send, { operation, attempt }, restore))
          if (Result.isFailure(attempted)) {
            const { _tag, problem, sentAt } = attempted.failure
            const reason =
              _tag === "NotSent" ? new Reasons.Unreachable({ problem }) : yield* outcomeUnknown(problem, sentAt)
            return yield* new RunwayError({ operation, reason })
          }
          const answer = attempted.success
          const id = isSuccess(answer) ? acceptedId(answer) : Option.none()
          if (Option.isSome(id)) {
            yield* Effect.logInfo("task submitted").pipe(Effect.annotateLogs({ taskId: id.value }))
            return id.value
          }
          const refusal = Answer.refusal(answer)
          const reason = refusal._tag === "Ambiguous" ? yield* outcomeUnknown(refusal.problem, answer.sentAt) : refusal
          return yield* new RunwayError({ operation, reason, ...from(answer) })
        })
      )
    const id = yield* retrying(once, "submit", { ...defined(options), ...defined(submitOptions) })
    yield* Effect.annotateCurrentSpan("runway.task.id", id)
    return id
  }, Effect.tapError(warn))

  const look = (id: TaskId, attempt: number): Effect.Effect<Task, RunwayError> =>
    Effect.gen(function* () {
      const answer = yield* ask(
        "read",
        (bindings, wiring) => bindings.GET("/runwayml/v1/tasks/{id}", { params: { path: { id } }, ...wiring }),
        { operation: readOperation, attempt, taskId: id }
      ).pipe(
        Effect.mapError(({ _tag, problem }) => {
          const reason =
            _tag === "NotSent" ? new Reasons.Unreachable({ problem }) : new Reasons.ConnectionLost({ problem })
          return new RunwayError({ operation: readOperation, reason, taskId: id })
        })
      )
      const task = isSuccess(answer)
        ? Option.flatMap(Answer.json(answer), (body) => WireTask.fromBody(id, body))
        : Option.none()
      if (Option.isSome(task)) return task.value
      const reason = Answer.missing(answer)
      return yield* new RunwayError({ operation: readOperation, reason, taskId: id, ...from(answer) })
    })

  return Runway.of({
    submit,
    get: (id, { retry } = {}) =>
      retrying((attempt) => look(id, attempt), "read", defined({ retry: retry ?? options.retry })),
    poll: (id) => look(id, 1),
    pollPolicy: { ...defaultPoll, ...defined(options.poll ?? {}) },
    baseUrl
  })
})

/** A submission that was cut off on its way: nobody is left to take an error, and there may be a job. */
const warnOfInterruption = (operation: string) =>
  Telemetry.countUnknownOutcome.pipe(
    Effect.andThen(Effect.logWarning("interrupted while submitting; the job may have been accepted")),
    Effect.annotateLogs({ operation })
  )

/** What a submission came to, where it did not come to a task: money may be involved, so it is said aloud. */
const warn = (error: RunwayError) =>
  Effect.logWarning("task not submitted").pipe(
    Effect.annotateLogs(defined({ reason: error.reason._tag, status: error.status, requestId: error.requestId }))
  )

const show = Effect.fnUntraced(function* (operation: string, answer: Answer.Answer) {
  const onAnswer = yield* Answer.OnAnswer
  const { status, headers, text } = answer
  const raw = { operation, status, headers, requestId: Answer.requestId(answer), body: Redacted.make(text) }
  // A recorder that breaks must not take the answer with it: there may be a paid task's id in it.
  yield* Effect.catchDefect(
    Effect.suspend(() => onAnswer(raw)),
    (defect) => Effect.logError("OnAnswer failed", defect)
  )
})

const readOperation = "GET /runwayml/v1/tasks/{id}"

/** Task answers are far below 10 kB; whatever is larger is not one. */
const maxAnswerBytes = 1024 * 1024

const isSuccess = (answer: Answer.Answer): boolean => answer.status >= 200 && answer.status < 300

const from = (answer: Answer.Answer) => defined({ status: answer.status, requestId: Answer.requestId(answer) })

const decodeTaskId = Schema.decodeUnknownOption(TaskId)

/** The new task's id. It is also looked for where sibling gateways put it: a paid job's id is never thrown away for standing elsewhere. */
const acceptedId = (answer: Answer.Answer): Option.Option<TaskId> => {
  const body = Option.getOrUndefined(Answer.json(answer))
  const found = [body, field(body, "data")]
    .flatMap((place) => [field(place, "id"), field(place, "task_id"), field(place, "taskId")])
    .find((value) => typeof value === "string" && value.trim() !== "")
  return decodeTaskId(found)
}

const field = (value: unknown, name: string): unknown =>
  typeof value === "object" && value !== null ? Reflect.get(value, name) : undefined

/** SHA-256 of a text, in hex. */
const digest = (text: string): Effect.Effect<string> =>
  Effect.promise(async () => {
    const hash = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text))
    return Array.from(new Uint8Array(hash), (byte) => byte.toString(16).padStart(2, "0")).join("")
  })
