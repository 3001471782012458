/**
 * How a mock behaves, and the check that this makes sense before anything is made.
 *
 * It makes no mock and opens nothing: what it gives is the checked settings, or the one error that says which option is wrong.
 *
 * @module
 */
import { accessSync, constants, mkdirSync } from "node:fs"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import type { Entry, Fault, KeyRules as KeyOptions } from "../../generated/mock-control/types.gen.ts"
import * as Contract from "./contract/Contract.ts"
import { check } from "./faults/Fault.ts"
import { InvalidOption, InvalidScale, RunwayMockError, UnknownScenario } from "./MockError.ts"
import type * as Recorder from "./recording/Recorder.ts"
import type { RedactedHosts } from "./recording/Redaction.ts"
import * as Replay from "./recording/Replay.ts"
import * as Time from "./Time.ts"
import * as Account from "./world/Account.ts"
import { builtIn } from "./world/BuiltInScenarios.ts"
import type { KeyRules, PatternRules } from "./world/KeyRules.ts"
import { compile, type Scenario, type Script } from "./world/Scenario.ts"
import type { Limits, Required } from "./world/World.ts"

/** What is recorded, and where it is kept. */
export interface RecordOptions {
  /** The provider's base URL: `"https://api.cometapi.com"`. */
  readonly from: string
  /** The folder that gets a file for each job, and the videos. It is made where it is missing. */
  readonly out: string
  /** Hosts that must not be in what is kept: `"all"`, or their names. Default none. Keys and queries of URLs are never in it. */
  readonly redactHosts?: RedactedHosts | undefined
  /** A longer video is not saved, in bytes. Default 64 MiB. */
  readonly videoLimit?: number | undefined
}

/** What is replayed. */
export interface ReplayOptions {
  /** The folder with the recordings. */
  readonly from: string
  /** The mock does not start with an older recording. Default 90 days. */
  readonly maxAge?: Time.Length | undefined
}

/** How a mock behaves. */
export interface Options {
  /**
   * A file that says all of this in JSON: a `mock.json`. What is said here goes before it, and its own paths are relative to it. Default:
   * none is read, whatever lies in the folder.
   */
  readonly config?: string | undefined
  /** What becomes of the tasks: a built-in scenario's name, or a scenario of your own. Default `"happy"`. */
  readonly scenario?: string | Scenario | undefined
  /** Scenarios of your own that a POST or a key can ask for by name, beside the built-in ones. */
  readonly scenarios?: ReadonlyArray<Scenario> | undefined
  /**
   * Whose time it is: `"real"`, the default, is Effect's `Clock`. `"virtual"` is a clock of each key's own, which starts at the same
   * moment in every run and moves only when a task is polled, by the 5 seconds that a client waits between two polls. `"manual"` moves
   * only when it is told to, by the `sleep` that a test gives its program: there a program that does not wait is found.
   */
  readonly clock?: "real" | "virtual" | "manual" | undefined
  /** When a virtual or a manual clock begins: at a time such as `"2026-05-01T12:00:00Z"`, the default, or `"now"`. */
  readonly virtualStart?: string | undefined
  /** Which fields a body must have, until that is changed: all that the contract requires, which is the default, or the fewer ones that another edition of the provider's page names. */
  readonly required?: Required | undefined
  /** How many times faster than the clock the mock's time runs. Default 1. */
  readonly scale?: number | undefined
  /** Faults that every key begins with. */
  readonly faults?: ReadonlyArray<Fault> | undefined
  /**
   * What holds for some keys: a pattern, in which `*` stands for any letters, and what keys like that get. Of several patterns that fit a
   * key, faults and tasks add up, and of all else the last one counts.
   */
  readonly keys?: Readonly<Record<string, KeyOptions>> | undefined
  /** What one job costs in dollars, by the contract's name of its operation. Default: the contract's prices. */
  readonly prices?: Readonly<Record<string, number>> | undefined
  /** What every key may do, until that is changed: jobs at work at a time, submissions a day. Default: anything. */
  readonly account?: Account.Account | undefined
  /** What chance is made of: the same seed, the same key and the same requests meet the same faults. Default 1. */
  readonly seed?: number | undefined
  /** Called with each request as the journal has it, and with the id of the world that it came to. */
  readonly onRequest?: ((entry: Entry, world: string) => void) | undefined
  /** Forwards every request to the real provider, and saves what became of each job. The client's own key pays. */
  readonly record?: RecordOptions | undefined
  /** Plays recordings: a folder, or a folder and how old they may be. */
  readonly replay?: string | ReplayOptions | undefined
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

/** Checked options that may change while a mock runs. */
export interface KeyedSettings {
  /** Every scenario that can be asked for, by name. */
  readonly scripts: ReadonlyMap<string, Script>
  /** What holds for every key. Its script is for tasks for which nobody asks for another scenario. */
  readonly rules: KeyRules
  /** What holds for some keys, in the order in which it was written. */
  readonly patterns: ReadonlyArray<PatternRules>
  readonly priceOf: (route: Contract.Route) => number | undefined
}

/** Options that were checked, with what holds where they say nothing. */
export interface Settings extends KeyedSettings {
  readonly limits: Limits
  readonly seed: number
  readonly clock: "real" | "virtual" | "manual"
  readonly scale: number
  /** The clock of one more world. */
  readonly time: () => Time.Time
  readonly record: Recording | undefined
  readonly replay: Replay.Replay | undefined
}

/** What is recorded, checked. */
type Recording = Pick<Recorder.Settings, "from" | "folder" | "hosts" | "videoLimit">

const fail = (reason: RunwayMockError["reason"]): Effect.Effect<never, RunwayMockError> =>
  Effect.fail(new RunwayMockError({ reason }))

const orFail = <A>(result: Result.Result<A, RunwayMockError["reason"]>): Effect.Effect<A, RunwayMockError> =>
  Result.isSuccess(result) ? Effect.succeed(result.success) : fail(result.failure)

const limitsOf = Effect.fnUntraced(function* (limits: NonNullable<Options["limits"]>) {
  const { worlds = 1000, tasks = 1000, journal = 20_000, idle = "1 hour" } = limits
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
  return { worlds, tasks, journal, idle: millis } satisfies Limits
})

const timeOf = Effect.fnUntraced(function* ({ clock: kind = "real", scale = 1, virtualStart }: Options) {
  if (!(scale > 0 && Number.isFinite(scale))) return yield* fail(new InvalidScale({ scale }))
  const clock = yield* Clock.Clock
  const machine = () => clock.currentTimeMillisUnsafe()
  if (kind === "real") {
    const problem = "is for a virtual or a manual clock; a real one begins at the machine's time"
    return virtualStart === undefined
      ? () => Time.following(machine, scale)
      : yield* fail(new InvalidOption({ option: "virtualStart", problem }))
  }
  if (scale !== 1) {
    const problem = `has no meaning for a ${kind} clock, which does not go by itself: leave one of the two out`
    return yield* fail(new InvalidOption({ option: "scale", problem }))
  }
  const start = yield* startOf(virtualStart)
  const standing = kind === "virtual" ? Time.virtual : Time.manual
  return () => standing(machine, start === "now" ? machine() : start)
})

const startOf = Effect.fnUntraced(function* (text: string | undefined) {
  if (text === undefined || text === "now") return text
  const start = Date.parse(text)
  if (start >= 0 && start < Date.UTC(9000, 0)) return start
  const problem = `must be "now" or a time such as "2026-05-01T12:00:00Z"; got "${text}"`
  return yield* fail(new InvalidOption({ option: "virtualStart", problem }))
})

const isLoopback = (name: string): boolean => /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/.test(name)

/** The provider's base URL, or what is wrong with it. */
const providerOf = (from: string): Result.Result<URL, InvalidOption> => {
  const url = URL.canParse(from) ? new URL(from) : null
  const broken = (problem: string) => Result.fail(new InvalidOption({ option: "record.from", problem }))
  if (url === null || !/^https?:$/.test(url.protocol))
    return broken(`must be a URL such as https://api.cometapi.com; got ${from}`)
  if (url.pathname !== "/" || url.search !== "" || url.username !== "")
    return broken("must be a host alone, without a path, a query or a name")
  // Without TLS anybody on the way could read the key.
  return url.protocol === "https:" || isLoopback(url.hostname)
    ? Result.succeed(url)
    : broken("must begin with https://, because a key is sent there")
}

/** Why a folder cannot be written to, if it cannot. It is made here, so that this is known before anything is paid for. */
const folderProblem = (folder: string): string | undefined => {
  if (folder === "") return "must name a folder"
  try {
    mkdirSync(folder, { recursive: true })
    accessSync(folder, constants.W_OK)
    return undefined
  } catch (error) {
    return `cannot be written to: ${error instanceof Error ? error.message : String(error)}`
  }
}

const recordOf = Effect.fnUntraced(function* ({ record, replay, clock = "real", scale = 1 }: Options) {
  if (record === undefined) return undefined
  const { from, out, redactHosts = [], videoLimit = 64 * 1024 * 1024 } = record
  const refuse = (option: string, problem: string) => fail(new InvalidOption({ option, problem }))
  if (replay !== undefined) return yield* refuse("record", "cannot be given together with replay")
  if (clock !== "real" || scale !== 1)
    return yield* refuse("record", "needs the real clock, unscaled: the provider's time is not ours")
  const unusable = folderProblem(out)
  if (unusable !== undefined) return yield* refuse("record.out", unusable)
  if (!(videoLimit >= 0)) return yield* refuse("record.videoLimit", `must be a number of bytes; got ${videoLimit}`)
  return { from: yield* orFail(providerOf(from)), folder: out, hosts: redactHosts, videoLimit } satisfies Recording
})

const replayOf = Effect.fnUntraced(function* ({ replay }: Options) {
  if (replay === undefined) return undefined
  const { from, maxAge = "90 days" } = typeof replay === "string" ? { from: replay } : replay
  const millis = Time.millisOf(maxAge) ?? 0
  if (!(millis > 0)) {
    const problem = `must be a duration such as "90 days"; got ${String(maxAge)}`
    return yield* fail(new InvalidOption({ option: "replay.maxAge", problem }))
  }
  return yield* orFail(Replay.load({ folder: from, maxAge: millis, now: Date.now() }))
})

/** Every scenario by its name, and the one that holds where nobody asks for another. */
const scriptsOf = Effect.fnUntraced(function* (options: Options, recorded: ReadonlyArray<Script>) {
  const { scenario = recorded.length === 0 ? "happy" : Replay.byBody, scenarios = [] } = options
  // Of two with the same name, the caller's is meant.
  const all = [...builtIn.values(), ...scenarios, ...(typeof scenario === "string" ? [] : [scenario])]
  const compiled = yield* Effect.forEach(all, (each) => orFail(compile(each)))
  const named = [...compiled, ...recorded].map((script) => [script.name, script] as const)
  const scripts: ReadonlyMap<string, Script> = new Map(named)
  const name = typeof scenario === "string" ? scenario : scenario.name
  const script = scripts.get(name)
  return script === undefined
    ? yield* fail(new UnknownScenario({ name, known: [...scripts.keys()] }))
    : { scripts, script }
})

const faultOf = (fault: Fault) => Effect.map(orFail(check(fault)), (checked) => ({ fault, checked }))

const orInvalid = (problem: { readonly option: string; readonly problem: string } | undefined) =>
  problem === undefined ? Effect.void : fail(new InvalidOption(problem))

/** The checked rules of one pattern. */
const patternOf = Effect.fnUntraced(function* (
  pattern: string,
  { scenario, faults = [], account, required, tasks = [] }: KeyOptions,
  scripts: ReadonlyMap<string, Script>,
  general: Script
) {
  const scriptOf = (name: string) =>
    Effect.fromNullishOr(scripts.get(name)).pipe(
      Effect.mapError(() => new RunwayMockError({ reason: new UnknownScenario({ name, known: [...scripts.keys()] }) }))
    )
  const script = scenario === undefined ? undefined : yield* scriptOf(scenario)
  const seeds = yield* Effect.forEach(tasks, ({ id, scenario: name, at = "0 seconds" }) =>
    Effect.gen(function* () {
      const ago = Time.millisOf(at)
      const refuse = (problem: string) => orInvalid({ option: `keys["${pattern}"]`, problem })
      if (ago === undefined) yield* refuse(`has a task whose at is no duration: ${at}`)
      const own = name === undefined ? undefined : yield* scriptOf(name)
      // Such a script only says where to look for one, by the body of a POST that is not there.
      if ((own ?? script ?? general).scriptFor !== undefined)
        yield* refuse("has a task that would be chosen by the body of its POST, and there is none: name its scenario")
      return { id, ago: ago ?? 0, script: own }
    })
  )
  yield* orInvalid(account && Account.problemOf(account))
  return {
    pattern,
    script,
    account,
    required,
    faults: yield* Effect.forEach(faults, faultOf),
    tasks: seeds
  } satisfies PatternRules
})

const pricesOf = Effect.fnUntraced(function* (prices: NonNullable<Options["prices"]>) {
  const known = Contract.routesOf("submit").map(({ operationId }) => operationId)
  for (const [name, price] of Object.entries(prices)) {
    if (!known.includes(name))
      yield* orInvalid({ option: "prices", problem: `has "${name}", which is no paid operation: ${known.join(", ")}` })
    if (!(price >= 0 && Number.isFinite(price)))
      yield* orInvalid({ option: `prices.${name}`, problem: `must be dollars, 0 or more; got ${price}` })
  }
  const given: ReadonlyMap<string, number> = new Map(Object.entries(prices))
  return ({ operationId, price }: Contract.Route) => given.get(operationId) ?? price
})

/** Checks the options that may change while a mock runs; `recorded` are the scenarios that it replays. */
export const keyedSettingsOf: (
  options: Options,
  recorded: ReadonlyArray<Script>
) => Effect.Effect<KeyedSettings, RunwayMockError> = Effect.fnUntraced(function* (options, recorded) {
  const { account = {}, required = "full" } = options
  const { scripts, script } = yield* scriptsOf(options, recorded)
  const faults = yield* Effect.forEach(options.faults ?? [], faultOf)
  yield* orInvalid(Account.problemOf(account))
  const patterns = yield* Effect.forEach(Object.entries(options.keys ?? {}), ([pattern, given]) =>
    patternOf(pattern, given, scripts, script)
  )
  const priceOf = yield* pricesOf(options.prices ?? {})
  const rules: KeyRules = { script, faults, account, required, tasks: [] }
  return { scripts, rules, patterns, priceOf }
})

/** Checks options. */
export const settingsOf: (options: Options) => Effect.Effect<Settings, RunwayMockError> = Effect.fnUntraced(
  function* (options) {
    const { seed = 1, scale = 1, clock = "real" } = options
    const time = yield* timeOf(options)
    const limits = yield* limitsOf(options.limits ?? {})
    const record = yield* recordOf(options)
    const replay = yield* replayOf(options)
    const keyed = yield* keyedSettingsOf(options, replay?.scripts ?? [])
    if (!Number.isFinite(seed))
      return yield* fail(new InvalidOption({ option: "seed", problem: `must be a number; got ${seed}` }))
    return { ...keyed, limits, seed, clock, scale, time, record, replay }
  }
)
