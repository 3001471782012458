/**
 * The client as a service: one account at one origin, with its policies and its pace.
 *
 * It offers the two kinds of request that everything else is made of: a paid submission (`Submission.ts`) and the reading of a task
 * (`Reading.ts`). It knows no operation; each has a module of its own, and following a task is `Task.ts`.
 *
 * @module
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import { Fetch } from "effect/http/FetchHttpClient"
import type * as HttpClient from "effect/http/HttpClient"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import { defined } from "./Defined.ts"
import { Ledger } from "./ledger/Service.ts"
import type { PollPolicy } from "./Poll.ts"
import type { PurchasePolicy } from "./Purchase.ts"
import * as Reading from "./Reading.ts"
import type { RunwayError } from "./RunwayError.ts"
import * as Exchange from "./request/Exchange.ts"
import * as HttpClientFetch from "./request/HttpClientFetch.ts"
import type { RetryOptions } from "./request/Retry.ts"
import { checked, fromConfig, type RunwayConfig, type RunwayOptions } from "./Settings.ts"
import type { StubOptions } from "./Stub.ts"
import * as Stub from "./Stub.ts"
import * as Submission from "./Submission.ts"
import type { Task, TaskId } from "./task/Snapshot.ts"

/**
 * CometAPI's Runway for Effect programs.
 *
 * Provide `Runway.layerConfig()` to read the key from the environment, or `Runway.layer` to pass it.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { CharacterPerformance, Runway } from "cometapi-runway"
 *
 * const program = CharacterPerformance.generate({
 *   character: { type: "image", uri: "https://example.com/portrait.png" },
 *   reference: { type: "video", uri: "https://example.com/performance.mp4" }
 * }).pipe(Effect.provide(Runway.layerConfig()))
 * ```
 */
export class Runway extends Context.Service<
  Runway,
  {
    /** Sends a paid request, at most once unless it provably was not accepted, and answers with the task's id. */
    readonly submit: (
      submission: Submission.Submission,
      options?: Submission.SubmitOptions
    ) => Effect.Effect<TaskId, RunwayError>
    /** Reads a task, again and again if need be. */
    readonly get: (id: TaskId, options?: RetryOptions) => Effect.Effect<Task, RunwayError>
    /** Reads a task with a single request. */
    readonly poll: (id: TaskId) => Effect.Effect<Task, RunwayError>
    /** Whether this layer submitted a task, which proves that there is one. Only the latest ten thousand are remembered. */
    readonly hasSubmitted: (id: TaskId) => boolean
    /** How tasks are waited for unless a call says otherwise. */
    readonly pollPolicy: PollPolicy
    /** Where requests go. */
    readonly baseUrl: string
    /** The provider's version that is asked for, in `X-Runway-Version`. */
    readonly version: string
    /** The ledger that the layer was given. One that is provided to a call comes first. */
    readonly ledger: typeof Ledger.Service | undefined
    /** How jobs are paid for unless a call says otherwise. */
    readonly purchasePolicy: PurchasePolicy
  }
>()("cometapi-runway/Runway") {
  /**
   * A client from values, for who builds layers of their own: `layer` without the layer. Fails with `InvalidConfig` when a value cannot be used.
   *
   * @example
   * ```ts
   * import { Effect } from "effect"
   * import { CharacterPerformance, Runway } from "cometapi-runway"
   *
   * declare const tenants: ReadonlyArray<{ readonly key: string; readonly input: CharacterPerformance.Input }>
   *
   * const program = Effect.forEach(tenants, Effect.fn(function*({ key, input }) {
   *   const runway = yield* Runway.make({ apiKey: key })
   *   return yield* CharacterPerformance.generate(input).pipe(Effect.provideService(Runway, runway))
   * }))
   * ```
   */
  static readonly make = (options: RunwayOptions): Effect.Effect<Runway["Service"], RunwayError> => make(options)

  /**
   * A client from values. Fails with `InvalidConfig` when one of them cannot be used. A `Ledger` that is provided to the layer is used by all its
   * calls.
   */
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
   *
   * An option that is given comes before its variable. Each may be a value or a `Config`, for example the key of a second account.
   *
   * @example
   * ```ts
   * import { Config } from "effect"
   * import { Runway } from "cometapi-runway"
   *
   * const second = Runway.layerConfig({ apiKey: Config.Redacted("COMETAPI_KEY_OF_THE_STUDIO"), limit: { requests: 60, per: "1 minute" } })
   * ```
   */
  static readonly layerConfig = (config: RunwayConfig = {}): Layer.Layer<Runway, RunwayError> =>
    Layer.effect(Runway, Effect.flatMap(fromConfig(config), make))

  /**
   * The client of `layerConfig`, whose requests an `HttpClient` of your own carries: with its pool, its proxy, its tracing, or a stub of it.
   *
   * Give it a client that sends each request once. The client here decides what is sent again, by what proves that a job was not accepted; an
   * `HttpClient` that retries knows nothing of that, so a paid body can be read once only: a second sending is refused and reported as
   * `OutcomeUnknown`. A client that follows redirects would take the key elsewhere. Downloads do not go this way.
   *
   * @example
   * ```ts
   * import { NodeHttpClient } from "@effect/platform-node"
   * import { Layer } from "effect"
   * import { Runway } from "cometapi-runway"
   *
   * const pooled = Runway.layerHttpClient().pipe(Layer.provide(NodeHttpClient.layerUndici))
   * ```
   */
  static readonly layerHttpClient = (
    config: RunwayConfig = {}
  ): Layer.Layer<Runway, RunwayError, HttpClient.HttpClient> =>
    Layer.effect(
      Runway,
      Effect.gen(function* () {
        const fetchOf = yield* HttpClientFetch.make
        const runway = yield* make(yield* fromConfig(config))
        const through = <A, E>(request: Effect.Effect<A, E>): Effect.Effect<A, E> =>
          Effect.contextWith((context: Context.Context<never>) =>
            Effect.provideService(request, Fetch, fetchOf(context))
          )
        return {
          ...runway,
          submit: (...asked) => through(runway.submit(...asked)),
          get: (...asked) => through(runway.get(...asked)),
          poll: (...asked) => through(runway.poll(...asked))
        }
      })
    )

  /**
   * A stub for unit tests: it sends nothing, and the test says what the provider does. Whatever is left out goes well, at once.
   *
   * @example
   * ```ts
   * import { Effect } from "effect"
   * import { CharacterPerformance, RateLimited, Runway, RunwayError } from "cometapi-runway"
   *
   * declare const input: CharacterPerformance.Input
   *
   * const busy = Runway.layerTest({
   *   submit: () => Effect.fail(new RunwayError({ reason: new RateLimited({}) }))
   * })
   * const test = CharacterPerformance.generate(input).pipe(Effect.flip, Effect.provide(busy))
   * ```
   */
  static readonly layerTest = (options: StubOptions = {}): Layer.Layer<Runway> =>
    Layer.sync(Runway, () => Stub.make(options))
}

const make = Effect.fnUntraced(function* (options: RunwayOptions): Effect.fn.Return<Runway["Service"], RunwayError> {
  const settings = yield* checked(options)
  const exchange = yield* Exchange.make(settings)
  const { retry, onUnknownOutcome, onInterrupt, interruptGrace, hookTimeout } = options
  const { budget, price, creditPrice, again } = options
  const purchasePolicy = defined({ budget, price, creditPrice, again })
  const submitPolicy = {
    ...defined({ retry, onUnknownOutcome, onInterrupt, interruptGrace, hookTimeout }),
    ...purchasePolicy
  }
  const ledger = Option.getOrUndefined(yield* Effect.serviceOption(Ledger))
  const submitted = new Set<TaskId>()
  return Runway.of({
    submit: (submission, submitOptions = {}) =>
      Submission.submit(
        exchange,
        settings.attemptTimeout,
        submission,
        { ...submitPolicy, ...defined(submitOptions) },
        ledger
      ).pipe(Effect.map((id) => remember(submitted, id))),
    get: (id, readOptions = {}) => Reading.read(exchange, id, { ...defined({ retry }), ...defined(readOptions) }),
    poll: (id) => Reading.readOnce(exchange, id),
    hasSubmitted: (id) => submitted.has(id),
    pollPolicy: settings.poll,
    baseUrl: settings.baseUrl,
    version: settings.version,
    ledger,
    purchasePolicy
  })
})

/** Adds an id to those that are remembered, forgets the oldest when there are too many, and gives the id. */
const remember = (ids: Set<TaskId>, id: TaskId): TaskId => {
  ids.add(id)
  const [oldest] = ids
  if (ids.size > maxRemembered && oldest !== undefined) ids.delete(oldest)
  return id
}

const maxRemembered = 10_000
