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
import * as Configuration from "./Configuration.ts"
import type { MockControl } from "./control/Control.ts"
import * as Control from "./control/Control.ts"
import * as ControlApi from "./control/ControlApi.ts"
import { Metrics } from "./control/Metrics.ts"
import * as Page from "./control/Page.ts"
import * as CrossOrigin from "./doors/CrossOrigin.ts"
import * as Fetch from "./doors/Fetch.ts"
import * as HttpServer from "./doors/HttpServer.ts"
import * as Delivery from "./faults/Delivery.ts"
import * as Watcher from "./file/Watcher.ts"
import { BrokenState, InvalidOption, RunwayMockError } from "./MockError.ts"
import { type KeyedSettings, type Options, settingsOf } from "./Options.ts"
import * as Prism from "./provider/Prism.ts"
import * as Provider from "./provider/Provider.ts"
import * as ScenarioChoice from "./provider/ScenarioChoice.ts"
import * as Recorder from "./recording/Recorder.ts"
import { type RecordingsReport, ReplayIncomplete, reportOf } from "./recording/RecordingReport.ts"
import type { Replay } from "./recording/Replay.ts"
import * as StateFile from "./state/StateFile.ts"
import { type KeyRules, rulesOf } from "./world/KeyRules.ts"
import type { Script } from "./world/Scenario.ts"
import { Worlds } from "./world/Worlds.ts"

/** How a mock is served. */
export interface ServeOptions extends Options, HttpServer.Options {
  /**
   * Reads the file of `config` again whenever it is written. Tasks stay; a version with a mistake changes nothing. Scenarios, faults, account,
   * required fields, prices and what holds for some keys change at once, for a key in use from its next request; all else is read at the start.
   */
  readonly watch?: boolean | undefined
  /** Called when the file was read again. Default: what is wrong with it is a warning on the console. */
  readonly onConfig?: ((change: Configuration.ConfigChange) => void) | undefined
  /** A file that keeps the tasks while the mock is stopped. Default: none, and they are forgotten. */
  readonly state?: string | undefined
}

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

/** The request with the body that a door has read, in it. */
const withBody = (request: Request, sent: Uint8Array<ArrayBuffer> | undefined): Request =>
  sent === undefined || sent.length === 0 ? request : new Request(request, { body: sent })

/** The function behind every door: the page and the controls at their own addresses, the provider at all others. */
const handlerOf =
  (mock: Control.Mock, provider: Delivery.Handler): Delivery.Handler =>
  async (request, sent) => {
    const { pathname } = new URL(request.url)
    const isControl = pathname.startsWith("/_mock/")
    const page = isControl || pathname === "/" ? await Page.serve(request) : undefined
    if (page !== undefined) return Delivery.whole(page)
    if (isControl) return Delivery.whole(await ControlApi.serve(mock, withBody(request, sent)))
    const preflight = CrossOrigin.preflight(request)
    if (preflight !== undefined) return Delivery.whole(preflight)
    const delivery = await provider(request, sent)
    CrossOrigin.expose(request, delivery.response)
    return delivery
  }

/** Whether a request only looks at the mock. */
const isLook = ({ method, url }: Request): boolean =>
  (method === "GET" || method === "HEAD") && new URL(url).pathname.startsWith("/_mock/")

/** What stands behind every door. `salt` is what hashes of keys are made with, where they are written down. */
const build = Effect.fnUntraced(function* (options: Options, salt?: string) {
  const settings = yield* settingsOf(options)
  const { limits, seed, time, clock: kind, scale, record, replay } = settings
  const inForce: { keyed: KeyedSettings } = { keyed: settings }
  const started = performance.now()
  const worlds = new Worlds({
    limits,
    seed,
    time,
    salt,
    rulesFor: (key) => rulesFor(inForce.keyed, key),
    uptime: () => performance.now()
  })
  const metrics = new Metrics()
  const mock: Control.Mock = {
    worlds,
    metrics,
    scale,
    clock: kind,
    mode: record !== undefined ? "record" : replay !== undefined ? "replay" : "none",
    recordings: () => recordings.recordings(),
    uptime: () => performance.now() - started,
    get scripts() {
      return inForce.keyed.scripts
    }
  }
  const onRequest: Provider.Settings["onRequest"] = (entry, world) => {
    metrics.observe(entry)
    options.onRequest?.(entry, world.id)
  }
  const clock = yield* Clock.Clock
  const now = () => clock.currentTimeMillisUnsafe()
  const recorder = record && Recorder.make({ ...record, worlds, onRequest, now })
  const provider: Provider.Settings = {
    worlds,
    onRequest,
    priceOf: (route) => inForce.keyed.priceOf(route),
    get scripts() {
      return inForce.keyed.scripts
    }
  }
  const handle = handlerOf(mock, recorder?.handle ?? Provider.make(provider))
  // Answers are held back in the clock's own time: neither scaled nor virtual, as a client's timeouts are not.
  const sleep: Fetch.Sleep = (millis, signal) => Effect.runPromise(clock.sleep(Duration.millis(millis)), { signal })
  const fetch = Fetch.make(handle, sleep)
  /** The mock for its user; `origin` is where it is served, if it is. */
  const recordings = recordingsOf(recorder, replay)
  const facade = (origin?: string): Mock => ({ fetch, ...recordings, ...Control.ofMock(mock, origin) })
  /** Lets other settings hold from now on. */
  const apply = (keyed: KeyedSettings) => {
    inForce.keyed = keyed
    worlds.rulesChanged()
  }
  return { handle, sleep, facade, apply, worlds, recorded: replay?.scripts ?? [], scripts: () => mock.scripts }
})

/** What holds for a key: by its name, by the patterns that it fits, and else as for every key. */
const rulesFor = ({ rules, patterns, scripts }: KeyedSettings, key: string | undefined): KeyRules => {
  if (key === undefined) return { ...rules, faults: [], tasks: [] }
  return rulesOf({ ...rules, script: ScenarioChoice.ofKey(key, scripts) ?? rules.script }, patterns, key)
}

/** What was kept in the file of `state`, if there is one. */
const stateOf = ({ state }: ServeOptions) =>
  state === undefined
    ? Effect.succeed(undefined)
    : Effect.fromResult(StateFile.read(state)).pipe(
        Effect.map((content) => ({ file: state, content })),
        Effect.mapError((reason) => new RunwayMockError({ reason }))
      )

/** Goes on from what was kept, and keeps what comes of it until the scope closes. Gives what is to be called after each change. */
const keepState = Effect.fnUntraced(function* (
  kept: Effect.Success<ReturnType<typeof stateOf>>,
  worlds: Worlds,
  scripts: () => ReadonlyMap<string, Script>
) {
  if (kept === undefined) return () => {}
  const { file, content } = kept
  const since = content.worlds.length === 0 ? 0 : Math.max(0, Date.now() - content.savedAt)
  yield* Effect.fromResult(worlds.restore(content.worlds, since, scripts())).pipe(
    Effect.mapError((problem) => new RunwayMockError({ reason: new BrokenState({ file, problem }) }))
  )
  const { version, salt } = content
  const keeper = new StateFile.StateFile(file, () => ({
    version,
    salt,
    savedAt: Date.now(),
    worlds: worlds.saved(scripts())
  }))
  const save = Effect.tryPromise({
    try: () => keeper.save(),
    catch: (error) =>
      new RunwayMockError({
        reason: error instanceof BrokenState ? error : new BrokenState({ file, problem: String(error) })
      })
  })
  // A file that cannot be written is to be known now, and not when there is something to lose.
  yield* save
  yield* Effect.addFinalizer(() => Effect.catch(save, ({ message }) => Effect.sync(() => console.warn(message))))
  return () => keeper.changed()
})

/** Follows the file of options until the scope closes. */
const followFile = (
  options: ServeOptions,
  recorded: ReadonlyArray<Script>,
  apply: (settings: KeyedSettings) => void
): Effect.Effect<void, RunwayMockError, Scope.Scope> => {
  const { config, watch = false, onConfig = warnOf } = options
  if (!watch) return Effect.void
  if (config === undefined) {
    const problem = "is about the file of config, and there is none"
    return Effect.fail(new RunwayMockError({ reason: new InvalidOption({ option: "watch", problem }) }))
  }
  const look = Configuration.follower({ ...options, config }, recorded, apply)
  return Watcher.watch(config, () => {
    const change = look()
    if (change !== undefined) onConfig(change)
  })
}

const warnOf = ({ error }: Configuration.ConfigChange): void => {
  if (error !== undefined) console.warn(`cometapi-runway-mock: ${error.message}`)
}

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
    return Effect.map(Effect.flatMap(Configuration.withFile(options), build), ({ facade }) =>
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
      const configured = yield* Configuration.withFile(options)
      const kept = yield* stateOf(configured)
      const { handle, sleep, facade, apply, worlds, recorded, scripts } = yield* build(configured, kept?.content.salt)
      yield* followFile(options, recorded, apply)
      const changed = yield* keepState(kept, worlds, scripts)
      const keeping: typeof handle = (request, sent) =>
        handle(request, sent).finally(() => (isLook(request) ? undefined : changed()))
      const address = yield* HttpServer.listen(keeping, sleep, configured)
      yield* Effect.promise(Prism.warmUp)
      const mock = facade(address.publicUrl ?? address.url)
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
