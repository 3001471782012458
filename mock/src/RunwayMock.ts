/**
 * The mock and its doors: a `fetch`, a layer for Effect programs, and an HTTP server.
 *
 * All doors of one mock lead to the same tasks. Its time is that of Effect's `Clock` where it was made, so a `TestClock` moves it,
 * unless its clock is a virtual one, which the polls move.
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
import type { Entry, Fault } from "../../generated/mock-control/types.gen.ts"
import type { MockControl } from "./control/Control.ts"
import * as Control from "./control/Control.ts"
import * as ControlApi from "./control/ControlApi.ts"
import * as Page from "./control/Page.ts"
import * as Fetch from "./doors/Fetch.ts"
import * as HttpServer from "./doors/HttpServer.ts"
import * as Wire from "./faults/Delivery.ts"
import { check } from "./faults/Fault.ts"
import { BrokenFault, InvalidOption, InvalidScale, RunwayMockError, UnknownScenario } from "./MockError.ts"
import * as Prism from "./provider/Prism.ts"
import * as Provider from "./provider/Provider.ts"
import * as Choice from "./provider/ScenarioChoice.ts"
import * as Time from "./Time.ts"
import * as Account from "./world/Account.ts"
import { builtIn } from "./world/BuiltInScenarios.ts"
import { compile, type Scenario, type Script } from "./world/Scenario.ts"
import { type Limits, Worlds } from "./world/World.ts"

/** How a mock behaves. */
export interface Options {
  /** What becomes of the tasks: a built-in scenario's name, or a scenario of your own. Default `"happy"`. */
  readonly scenario?: string | Scenario | undefined
  /** Scenarios of your own that a POST or a key can ask for by name, beside the built-in ones. */
  readonly scenarios?: ReadonlyArray<Scenario> | undefined
  /**
   * Whose time it is: `"real"`, the default, is Effect's `Clock`. `"virtual"` is a clock of each key's own, which starts at the same
   * moment in every run and moves only when a task is polled, by the 5 seconds that a client waits between two polls.
   */
  readonly clock?: "real" | "virtual" | undefined
  /** How many times faster than the clock the mock's time runs. Default 1. */
  readonly scale?: number | undefined
  /** Faults that every key begins with. */
  readonly faults?: ReadonlyArray<Fault> | undefined
  /** What every key may do, until it is told otherwise: jobs at work at a time, submissions a day. Default: anything. */
  readonly account?: Account.Account | undefined
  /** What chance is made of: the same seed, the same key and the same requests meet the same faults. Default 1. */
  readonly seed?: number | undefined
  /** Told of each request as the journal has it, and of the id of the world that it came to. */
  readonly onRequest?: ((entry: Entry, world: string) => void) | undefined
  /** How much is kept. */
  readonly limits?:
    | {
        /** Keys at a time. Default 1000. */
        readonly worlds?: number | undefined
        /** Tasks of one key. Default 1000. */
        readonly tasks?: number | undefined
        /** Requests in the journals of all keys together. Default 20 000. */
        readonly journal?: number | undefined
        /** How long a key's tasks outlive its last request, in real time. Default one hour. */
        readonly idle?: Time.Length | undefined
      }
    | undefined
}

/** How a mock is served. */
export interface ServeOptions extends Options, HttpServer.Options {}

/** A mock and its controls, without a socket. */
export interface Mock extends MockControl {
  /** Answers as the provider would; the URL's host does not matter, and no socket is opened. */
  readonly fetch: typeof globalThis.fetch
}

/** A mock that is listening. */
export interface Served extends HttpServer.Address, Mock {}

/** A mock that listens until it is stopped, at the end of an `await using` or by hand. */
export interface Running extends Served, AsyncDisposable {
  /** Ends it and frees its port. Once more does nothing more. */
  readonly stop: () => Promise<void>
}

/** A mock that is not served. */
export interface Unserved extends Mock {
  /** Loads Prism now instead of at the first request. */
  readonly warmUp: Effect.Effect<void>
}

type Limiting = NonNullable<Options["limits"]>

const fail = (reason: RunwayMockError["reason"]) => Effect.fail(new RunwayMockError({ reason }))

const scriptOf = (scenario: Scenario): Effect.Effect<Script, RunwayMockError> => {
  const script = compile(scenario)
  return "steps" in script ? Effect.succeed(script) : fail(script)
}

const limitsOf = Effect.fnUntraced(function* (limiting: Limiting) {
  const { worlds = 1000, tasks = 1000, journal = 20_000, idle = "1 hour" } = limiting
  const counts = { "limits.worlds": worlds, "limits.tasks": tasks, "limits.journal": journal }
  for (const [option, count] of Object.entries(counts)) {
    if (!(Number.isInteger(count) && count > 0))
      return yield* fail(new InvalidOption({ option, problem: `must be a whole number above 0; got ${count}` }))
  }
  const millis = Time.millisOf(idle) ?? 0
  if (!(millis > 0)) {
    const problem = `must be a duration such as "1 hour"; got ${String(idle)}`
    return yield* fail(new InvalidOption({ option: "limits.idle", problem }))
  }
  const limits: Limits = { worlds, tasks, journal, idle: millis }
  return limits
})

const timeOf = Effect.fnUntraced(function* ({ clock: kind = "real", scale = 1 }: Options) {
  if (!(scale > 0 && Number.isFinite(scale))) return yield* fail(new InvalidScale({ scale }))
  if (kind === "virtual") {
    const problem = "has no meaning for a virtual clock, which the polls move: leave one of the two out"
    return scale === 1 ? Time.virtual : yield* fail(new InvalidOption({ option: "scale", problem }))
  }
  const clock = yield* Clock.Clock
  const origin = clock.currentTimeMillisUnsafe()
  return () => Time.following(() => origin + (clock.currentTimeMillisUnsafe() - origin) * scale, scale)
})

const faultOf = (fault: Fault) => {
  const checked = check(fault)
  return checked instanceof BrokenFault ? fail(checked) : Effect.succeed({ fault, checked })
}

/** What stands behind every door. */
const build = Effect.fnUntraced(function* (options: Options) {
  const { scenario = "happy", scenarios: own = [], account = {}, seed = 1, scale = 1, onRequest } = options
  const time = yield* timeOf(options)
  const limits = yield* limitsOf(options.limits ?? {})
  // Of two with the same name, the caller's own is meant.
  const all = [...builtIn.values(), ...own, ...(typeof scenario === "string" ? [] : [scenario])]
  const scripts = new Map((yield* Effect.forEach(all, scriptOf)).map((script) => [script.name, script] as const))
  const name = typeof scenario === "string" ? scenario : scenario.name
  const script = scripts.get(name)
  if (script === undefined) return yield* fail(new UnknownScenario({ name, known: [...scripts.keys()] }))
  const scriptFor = (key: string) => Choice.ofKey(key, scripts) ?? script
  const faults = yield* Effect.forEach(options.faults ?? [], faultOf)
  const problem = Account.problemOf(account)
  if (problem !== undefined) return yield* fail(new InvalidOption(problem))
  if (!Number.isFinite(seed))
    return yield* fail(new InvalidOption({ option: "seed", problem: `must be a number; got ${seed}` }))

  const started = performance.now()
  const worlds = new Worlds({ limits, scriptFor, faults, account, seed, time, uptime: () => performance.now() })
  const mock: Control.Mock = {
    ...{ worlds, scripts, clock: options.clock ?? "real", scale },
    uptime: () => performance.now() - started
  }
  const provider = Provider.make({ worlds, scripts, onRequest: (entry, world) => onRequest?.(entry, world.id) })
  const handle = async (request: Request): Promise<Wire.Delivery> => {
    const { pathname } = new URL(request.url)
    const ours = pathname.startsWith("/_mock/")
    const page = ours || pathname === "/" ? await Page.serve(request) : undefined
    if (page !== undefined) return Wire.whole(page)
    return ours ? Wire.whole(await ControlApi.serve(mock, request)) : provider(request)
  }
  // The wire's time is the clock's own: neither scaled nor virtual, as a client's timeouts are not.
  const clock = yield* Clock.Clock
  const sleep: Fetch.Sleep = (millis, signal) => Effect.runPromise(clock.sleep(Duration.millis(millis)), { signal })
  const fetch = Fetch.make(handle, sleep)
  /** What its user has of it; `origin` is where it is served, if it is. */
  const inHand = (origin?: string): Mock => ({ fetch, ...Control.ofMock(mock, origin) })
  return { handle, sleep, inHand }
})

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
    return Effect.map(build(options), ({ inHand }) =>
      RunwayMock.of({ ...inHand(), warmUp: Effect.promise(Prism.warmUp) })
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
   * A mock that listens until the scope closes. It is ready when this succeeds: its first answer is as quick as any other.
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
      const { handle, sleep, inHand } = yield* build(options)
      const address = yield* HttpServer.listen(handle, sleep, options)
      yield* Effect.promise(Prism.warmUp)
      return { ...address, ...inHand(address.url) }
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
