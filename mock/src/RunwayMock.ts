/**
 * The mock and its doors: a `fetch`, a layer for Effect programs, and an HTTP server.
 *
 * All doors of one mock lead to the same tasks. Its time is that of Effect's `Clock` where it was made, so a `TestClock` moves it,
 * unless its clock is a virtual one, which the polls move. It only puts the parts together: what is answered is the provider's part.
 *
 * @module
 */
import * as Cause from "effect/Cause"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as FetchHttpClient from "effect/http/FetchHttpClient"
import * as Layer from "effect/Layer"
import * as Scope from "effect/Scope"
import type { MockControl } from "./control/Control.ts"
import * as Control from "./control/Control.ts"
import * as ControlApi from "./control/ControlApi.ts"
import * as Page from "./control/Page.ts"
import * as CrossOrigin from "./doors/CrossOrigin.ts"
import * as Fetch from "./doors/Fetch.ts"
import * as HttpServer from "./doors/HttpServer.ts"
import * as Delivery from "./faults/Delivery.ts"
import type { RunwayMockError } from "./MockError.ts"
import { type Options, settingsOf } from "./Options.ts"
import * as Prism from "./provider/Prism.ts"
import * as Provider from "./provider/Provider.ts"
import * as ScenarioChoice from "./provider/ScenarioChoice.ts"
import * as Recorder from "./recording/Recorder.ts"
import { type RecordingsReport, ReplayIncomplete, reportOf } from "./recording/RecordingReport.ts"
import type { Replay } from "./recording/Replay.ts"
import { Worlds } from "./world/Worlds.ts"

/** How a mock is served. */
export interface ServeOptions extends Options, HttpServer.Options {}

/** A mock and its controls, without a socket. */
export interface Mock extends MockControl {
  /** Answers as the provider would; the URL's host does not matter, and no socket is opened. */
  readonly fetch: typeof globalThis.fetch
  /** What was recorded or replayed, and how it differs from the contract. Waits for what is still being saved. */
  readonly recordings: () => Promise<RecordingsReport>
  /** Fails with `ReplayIncomplete` where a recorded answer was never asked for, or a request had no recording. */
  readonly expectReplayed: () => Promise<void>
}

/** A mock that is listening. */
export interface Served extends HttpServer.Address, Mock {}

/** A mock that listens until it is stopped, at the end of an `await using` or by hand. */
export interface Running extends Served, AsyncDisposable {
  /** Ends it and frees its port. Calling it again changes nothing. */
  readonly stop: () => Promise<void>
}

/** A mock that is not served. */
export interface Unserved extends Mock {
  /** Loads Prism now instead of at the first request. */
  readonly warmUp: Effect.Effect<void>
}

/** The function behind every door: the page and the controls at their own addresses, the provider at all others. */
const handlerOf =
  (mock: Control.Mock, provider: (request: Request) => Promise<Delivery.Delivery>) =>
  async (request: Request): Promise<Delivery.Delivery> => {
    const { pathname } = new URL(request.url)
    const isControl = pathname.startsWith("/_mock/")
    const page = isControl || pathname === "/" ? await Page.serve(request) : undefined
    if (page !== undefined) return Delivery.whole(page)
    if (isControl) return Delivery.whole(await ControlApi.serve(mock, request))
    const preflight = CrossOrigin.preflight(request)
    if (preflight !== undefined) return Delivery.whole(preflight)
    const delivery = await provider(request)
    CrossOrigin.expose(request, delivery.response)
    return delivery
  }

/** What stands behind every door. */
const build = Effect.fnUntraced(function* (options: Options) {
  const { script, scripts, clock: kind, scale, record, replay, ...settings } = yield* settingsOf(options)
  const started = performance.now()
  const worlds = new Worlds({
    ...settings,
    scriptFor: (key) => ScenarioChoice.ofKey(key, scripts) ?? script,
    uptime: () => performance.now()
  })
  const mock: Control.Mock = { worlds, scripts, clock: kind, scale, uptime: () => performance.now() - started }
  const onRequest: Provider.Settings["onRequest"] = (entry, world) => options.onRequest?.(entry, world.id)
  const clock = yield* Clock.Clock
  const now = () => clock.currentTimeMillisUnsafe()
  const recorder = record && Recorder.make({ ...record, worlds, onRequest, now })
  const handle = handlerOf(mock, recorder?.handle ?? Provider.make({ worlds, scripts, onRequest }))
  // Answers are held back in the clock's own time: neither scaled nor virtual, as a client's timeouts are not.
  const sleep: Fetch.Sleep = (millis, signal) => Effect.runPromise(clock.sleep(Duration.millis(millis)), { signal })
  const fetch = Fetch.make(handle, sleep)
  /** The mock for its user; `origin` is where it is served, if it is. */
  const recordings = recordingsOf(recorder, replay)
  const facade = (origin?: string): Mock => ({ fetch, ...recordings, ...Control.ofMock(mock, origin) })
  return { handle, sleep, facade }
})

/** What a mock says of the recordings that it makes or plays. */
const recordingsOf = (
  recorder: Recorder.Recorder | undefined,
  replay: Replay | undefined
): Pick<Mock, "recordings" | "expectReplayed"> => {
  const recordings = async () => recorder?.report() ?? replay?.report() ?? reportOf([], [])
  return {
    recordings,
    expectReplayed: async () => {
      const report = await recordings()
      if (!report.complete) throw new ReplayIncomplete(report)
    }
  }
}

/**
 * A stand-in for CometAPI's Runway character performance endpoint that remembers its tasks.
 *
 * Use `RunwayMock.layer` in Effect tests, `RunwayMock.make` where you want the `fetch` itself, and `RunwayMock.serve` for other
 * processes and languages. Any API key works, and each is a world of its own. What becomes of a task is said by its POST, by its
 * key's name (`mock-stuck-…` plays the scenario `stuck`) or by the option `scenario`.
 *
 * @example
 * ```ts
 * import { RunwayMock } from "cometapi-runway-mock"
 * import * as Effect from "effect/Effect"
 * import { TestClock } from "effect/testing"
 *
 * const program = Effect.gen(function* () {
 *   const { fetch } = yield* RunwayMock
 *   yield* Effect.promise(() => fetch("https://api.cometapi.com/runwayml/v1/tasks/unknown")) // 401: there is no key
 *   yield* TestClock.adjust("1 minute") // a generation passes
 * }).pipe(Effect.provide(RunwayMock.layer()))
 * ```
 */
export class RunwayMock extends Context.Service<RunwayMock, Unserved>()("cometapi-runway-mock/RunwayMock") {
  /** A mock of its own. Fails when a scenario or an option makes no sense. */
  static make(options: Options = {}): Effect.Effect<Unserved, RunwayMockError> {
    return Effect.map(build(options), ({ facade }) =>
      RunwayMock.of({ ...facade(), warmUp: Effect.promise(Prism.warmUp) })
    )
  }

  /**
   * A mock as a service, which also takes the place of `fetch` for every Effect client that honours `FetchHttpClient.Fetch`.
   * Each call makes another mock. Prism is loaded when the layer is built: its answers then come without a turn of the event loop, so
   * that a single `TestClock.adjust` takes a client through a whole generation.
   */
  static layer(options: Options = {}): Layer.Layer<RunwayMock, RunwayMockError> {
    return Layer.effectContext(
      Effect.gen(function* () {
        const mock = yield* RunwayMock.make(options)
        yield* mock.warmUp
        return Context.make(RunwayMock, mock).pipe(Context.add(FetchHttpClient.Fetch, mock.fetch))
      })
    )
  }

  /**
   * A mock that listens until the scope closes. When this effect succeeds, the server listens and Prism is loaded, so the first request
   * is answered as fast as the later ones.
   *
   * @example
   * ```ts
   * import { RunwayMock } from "cometapi-runway-mock"
   * import { Effect } from "effect"
   *
   * const program = Effect.scoped(
   *   Effect.gen(function* () {
   *     const { url } = yield* RunwayMock.serve({ port: 0, scale: 20 })
   *     return yield* Effect.promise(() => fetch(url))
   *   })
   * )
   * ```
   */
  static serve(options: ServeOptions = {}): Effect.Effect<Served, RunwayMockError, Scope.Scope> {
    return Effect.gen(function* () {
      const { handle, sleep, facade } = yield* build(options)
      const address = yield* HttpServer.listen(handle, sleep, options)
      yield* Effect.promise(Prism.warmUp)
      const mock = facade(address.url)
      // A video that is still being saved is saved before the mock ends.
      yield* Effect.addFinalizer(() => Effect.promise(mock.recordings))
      return { ...address, ...mock }
    })
  }

  /**
   * A mock that listens, for programs that do not use Effect. It is ready when the promise resolves, and keeps the process alive until
   * it is stopped.
   *
   * Rejects with the `RunwayMockError` itself where a scenario or an option makes no sense (`UnknownScenario`, `InvalidOption`, …) or
   * the address cannot be had (`PortInUse`, `ListenFailed`); then nothing listens.
   *
   * @example
   * ```ts
   * import { RunwayMock } from "cometapi-runway-mock"
   *
   * await using mock = await RunwayMock.start({ port: 0, clock: "virtual" })
   * mock.world("any-key").inject({ on: "submit", kind: "lost", once: true })
   * const answer = await fetch(`${mock.url}/runwayml/v1/tasks/unknown`, { headers: { authorization: "Bearer any-key" } })
   * console.log(answer.status) // 400: there is no such task
   * ```
   */
  static async start(options: ServeOptions = {}): Promise<Running> {
    const scope = Scope.makeUnsafe()
    const exit = await Effect.runPromiseExit(RunwayMock.serve(options).pipe(Scope.provide(scope)))
    let stopped: Promise<void> | undefined
    const stop = () => {
      stopped ??= Effect.runPromise(Scope.close(scope, Exit.void))
      return stopped
    }
    if (Exit.isSuccess(exit)) return { ...exit.value, stop, [Symbol.asyncDispose]: stop }
    await stop()
    throw Cause.squash(exit.cause)
  }
}
