/**
 * The mock and its doors: a `fetch`, a layer for Effect programs, and an HTTP server.
 *
 * All doors of one mock lead to the same tasks. Its time is that of Effect's `Clock` where it was made, so a `TestClock` moves it.
 */
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as FetchHttpClient from "effect/http/FetchHttpClient"
import * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
import { builtIn, scriptForKey } from "./BuiltInScenarios.ts"
import * as Fetch from "./Fetch.ts"
import * as HttpServer from "./HttpServer.ts"
import { InvalidScale, RunwayMockError, UnknownScenario } from "./MockError.ts"
import * as Prism from "./Prism.ts"
import * as Provider from "./Provider.ts"
import { compile, type Scenario, type Script } from "./Scenario.ts"

/** How a mock behaves. */
export interface Options {
  /** What becomes of the tasks: a built-in scenario's name, or a scenario of your own. Default `"happy"`. */
  readonly scenario?: string | Scenario | undefined
  /** How many times faster than the clock the mock's time runs. Default 1. */
  readonly scale?: number | undefined
}

/** How a mock is served. */
export interface ServeOptions extends Options, HttpServer.Options {}

/** A mock that is listening. */
export interface Served extends HttpServer.Address {
  /** The same mock without the socket. */
  readonly fetch: typeof globalThis.fetch
}

interface Shape {
  /** Answers as the provider would; the URL's host does not matter, and no socket is opened. */
  readonly fetch: typeof globalThis.fetch
  /** Loads Prism now instead of at the first request. */
  readonly warmUp: Effect.Effect<void>
}

const fail = (reason: RunwayMockError["reason"]) => Effect.fail(new RunwayMockError({ reason }))

const scriptOf = (scenario: string | Scenario): Effect.Effect<Script, RunwayMockError> => {
  const data = typeof scenario === "string" ? builtIn.get(scenario) : scenario
  if (data === undefined) return fail(new UnknownScenario({ name: String(scenario), known: [...builtIn.keys()] }))
  const script = compile(data)
  return "steps" in script ? Effect.succeed(script) : fail(script)
}

const provider = Effect.fnUntraced(function* ({ scenario = "happy", scale = 1 }: Options) {
  if (!(scale > 0 && Number.isFinite(scale))) return yield* fail(new InvalidScale({ scale }))
  const script = yield* scriptOf(scenario)
  const clock = yield* Clock.Clock
  const origin = clock.currentTimeMillisUnsafe()
  return Provider.make({
    now: () => origin + (clock.currentTimeMillisUnsafe() - origin) * scale,
    scriptFor: (key) => scriptForKey(key) ?? script
  })
})

/**
 * A stand-in for CometAPI's Runway character performance endpoint that remembers its tasks.
 *
 * Use `RunwayMock.layer` in Effect tests, `RunwayMock.make` where you want the `fetch` itself, and `RunwayMock.serve` for other
 * processes and languages. Any API key works, and each is a world of its own; a key `mock-envelope` (or `mock-envelope-…`) chooses the
 * scenario `envelope` for its world.
 *
 * @example
 * ```ts
 * import * as Effect from "effect/Effect"
 * import { TestClock } from "effect/testing"
 * import { RunwayMock } from "cometapi-runway-mock"
 *
 * const program = Effect.gen(function* () {
 *   const { fetch } = yield* RunwayMock
 *   yield* Effect.promise(() => fetch("https://api.cometapi.com/runwayml/v1/tasks/unknown")) // 401: there is no key
 *   yield* TestClock.adjust("1 minute") // a generation passes
 * }).pipe(Effect.provide(RunwayMock.layer()))
 * ```
 */
export class RunwayMock extends Context.Service<RunwayMock, Shape>()("cometapi-runway-mock/RunwayMock") {
  /** A mock of its own. Fails when a scenario or an option makes no sense. */
  static make(options: Options = {}): Effect.Effect<Shape, RunwayMockError> {
    return Effect.map(provider(options), (handle) =>
      RunwayMock.of({ fetch: Fetch.make(handle), warmUp: Effect.promise(Prism.warmUp) })
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
      const handle = yield* provider(options)
      const address = yield* HttpServer.listen(handle, options)
      yield* Effect.promise(Prism.warmUp)
      return { ...address, fetch: Fetch.make(handle) }
    })
  }
}
