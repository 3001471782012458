/**
 * The options of a client and their checks, all made before the first request.
 *
 * A problem is named together with the option and the variable it comes from; the key itself is never shown. Nothing is sent here.
 *
 * @module
 */
import * as Cause from "effect/Cause"
import type * as Config from "effect/Config"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Predicate from "effect/Predicate"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import { RunwayVersion } from "../generated/schemas.gen.ts"
import { defaultBaseUrl, defaultVersion } from "./Bindings.ts"
import { defined } from "./Defined.ts"
import * as Options from "./Options.ts"
import { defaultPoll, type PollPolicy } from "./Poll.ts"
import type { PurchasePolicy } from "./Purchase.ts"
import { InvalidConfig, RunwayError } from "./RunwayError.ts"
import type { Account } from "./request/Exchange.ts"
import type { Limit } from "./request/Limiter.ts"
import type { SubmitPolicy } from "./request/Retry.ts"

/** How a layer is made. Only the key is needed. */
export interface RunwayOptions extends SubmitPolicy, PurchasePolicy {
  /** Your CometAPI key. It is kept `Redacted` and appears in no error, log or span. */
  readonly apiKey: Redacted.Redacted<string> | string
  /** The API's origin; a trailing `/v1` is dropped, because Runway's routes stand beside it. Default: `https://api.cometapi.com`. */
  readonly baseUrl?: string | undefined
  /** The `X-Runway-Version` header. Default: `2024-11-06`. */
  readonly version?: string | undefined
  /** How long one HTTP attempt may take, its answer included. Default: 1 minute. */
  readonly attemptTimeout?: Duration.Input | undefined
  /** How tasks are waited for; each call may change it for itself. */
  readonly poll?: Partial<PollPolicy> | undefined
  /** A pace that all requests of this layer together never exceed. Default: none, until the provider answers 429. */
  readonly limit?: Limit | undefined
}

/** The options of `Runway.layerConfig`: each may be a `Config`, which is read when the layer is built. */
export type RunwayConfig = { readonly [Option in keyof RunwayOptions]?: OrConfig<RunwayOptions[Option]> }

type OrConfig<A> = A | Config.Config<A>

/** What a client works with: options that were checked, with the defaults of those that were left out. */
export interface Settings extends Account {
  readonly poll: PollPolicy
}

/** Checks a layer's options and fills in their defaults. */
export const checked = Effect.fnUntraced(function* (options: RunwayOptions): Effect.fn.Return<Settings, RunwayError> {
  if (!Predicate.isObject(options)) return yield* invalid("options", "must be an object with an apiKey")
  yield* validOptions("", options, Options.layer)
  yield* validOptions("poll", options.poll, Options.poll)
  return {
    apiKey: yield* validKey(options.apiKey),
    baseUrl: yield* validOrigin(options.baseUrl ?? defaultBaseUrl),
    version: yield* validVersion(options.version ?? defaultVersion),
    attemptTimeout: yield* validDuration("attemptTimeout", options.attemptTimeout ?? "1 minute"),
    limit: options.limit === undefined ? undefined : yield* validLimit(options.limit),
    poll: { ...defaultPoll, ...defined(options.poll ?? {}) }
  }
})

/** The failure of a layer that cannot be made. */
const invalid = (setting: string, problem: string): Effect.Effect<never, RunwayError> =>
  Effect.fail(new RunwayError({ operation: "configure", reason: new InvalidConfig({ setting, problem }) }))

/** A key that can stand in a header. */
const validKey = (
  apiKey: Redacted.Redacted<string> | string
): Effect.Effect<Redacted.Redacted<string>, RunwayError> => {
  const key = Redacted.isRedacted(apiKey) ? Redacted.value(apiKey) : apiKey
  // `process.env.COMETAPI_KEY!` is a string to the compiler only.
  if (typeof key !== "string" || key === "") return invalid("apiKey (COMETAPI_KEY)", "is empty")
  if (/\s/.test(key))
    return invalid("apiKey (COMETAPI_KEY)", "contains white space or a line break; it was probably copied with it")
  if (!/^[\x21-\x7e]+$/.test(key)) return invalid("apiKey (COMETAPI_KEY)", "contains characters that no key has")
  return Effect.succeed(Redacted.make(key, { label: "COMETAPI_KEY" }))
}

/** The origin of a base URL, without the `/v1` that CometAPI's other SDKs keep in the same variable. */
const validOrigin = (baseUrl: string): Effect.Effect<string, RunwayError> => {
  const setting = "baseUrl (COMETAPI_BASE_URL)"
  const url = typeof baseUrl === "string" ? URL.parse(baseUrl.trim()) : null
  if (url === null || !/^https?:$/.test(url.protocol)) return invalid(setting, `must be a URL like ${defaultBaseUrl}`)
  if (url.username !== "" || url.password !== "") return invalid(setting, "must not contain a user name or password")
  if (url.search !== "" || url.hash !== "") return invalid(setting, "must not contain a query or a fragment")
  if (url.protocol === "http:" && !isNearby(url.hostname)) {
    return invalid(
      setting,
      "must begin with https://, because the key travels with every request; http:// is for mocks on this machine or network"
    )
  }
  return Effect.succeed(`${url.origin}${url.pathname.replace(/\/+$/, "").replace(/\/v1$/, "")}`)
}

/** Hosts that a key may be sent to without TLS: this machine, a container's neighbour, a private network. */
const isNearby = (host: string): boolean =>
  /^[^.:]+$|^\[(::1|f[cd].*|fe80.*)\]$|\.(localhost|local|internal|test)$/.test(host) ||
  // All of it digits, or it is a name that only begins like an address.
  /^((127|10)\.\d+|192\.168|172\.(1[6-9]|2\d|3[01]))\.\d+\.\d+$/.test(host)

const isVersion = Schema.is(RunwayVersion)

/** A version as the contract writes it. */
const validVersion = (version: string): Effect.Effect<string, RunwayError> =>
  isVersion(version)
    ? Effect.succeed(version)
    : invalid("version (COMETAPI_RUNWAY_VERSION)", "must be a date like 2024-11-06")

/** A group of options that are checked like those of a call. */
const validOptions = (group: string, options: unknown, checks: Options.Checks): Effect.Effect<void, RunwayError> => {
  const [problem] = Options.problems(options, checks)
  if (problem === undefined) return Effect.void
  const { path, message } = problem
  return invalid(group === "" ? path : path === "options" ? group : `${group}.${path}`, message)
}

/** A time that can be waited for. */
const validDuration = (setting: string, input: Duration.Input): Effect.Effect<Duration.Duration, RunwayError> => {
  const problem = Options.positiveTime(input)
  return problem === undefined ? Effect.succeed(Duration.fromInputUnsafe(input)) : invalid(setting, problem)
}

/** A pace at which requests can go at all. */
const validLimit = Effect.fnUntraced(function* (limit: Limit): Effect.fn.Return<Limit, RunwayError> {
  if (!Predicate.isObject(limit)) return yield* invalid("limit", `must be like { requests: 60, per: "1 minute" }`)
  const { requests, per, burst = requests } = limit
  for (const [setting, number] of Object.entries({ requests, burst })) {
    const problem = Options.count(number)
    if (problem !== undefined) return yield* invalid(`limit.${setting}`, problem)
  }
  return { requests, burst, per: yield* validDuration("limit.per", per) }
})

/** The variables, by the option that each is read into where it is not given. */
const variables = {
  apiKey: "COMETAPI_KEY",
  baseUrl: "COMETAPI_BASE_URL",
  version: "COMETAPI_RUNWAY_VERSION",
  attemptTimeout: "COMETAPI_ATTEMPT_TIMEOUT"
} as const

/** The options that were given, and for the rest what the environment says, each variable checked for itself and named when it is wrong. */
export const fromConfig = Effect.fnUntraced(function* (
  config: RunwayConfig
): Effect.fn.Return<RunwayOptions, RunwayError> {
  if (!Predicate.isObject(config)) return yield* invalid("options", "must be an object")
  const given: { -readonly [Option in keyof RunwayOptions]?: unknown } = {}
  for (const [option, value] of Object.entries(defined(config))) {
    given[option as keyof RunwayOptions] = Effect.isEffect(value) ? yield* readConfig(option, value) : value
  }
  const environment = {
    baseUrl: yield* variable(variables.baseUrl, given.baseUrl),
    version: yield* variable(variables.version, given.version),
    attemptTimeout: yield* time(variables.attemptTimeout, given.attemptTimeout)
  }
  const deadline = Predicate.hasProperty(given.poll, "deadline") ? undefined : yield* time("COMETAPI_WAIT_DEADLINE")
  const apiKey = given.apiKey ?? (yield* environmentKey)
  // What is given is checked like any layer's options, so that it is what it should be is not relied on here.
  return {
    ...environment,
    ...given,
    apiKey,
    poll: { ...defined({ deadline }), ...(given.poll ?? {}) }
  } as RunwayOptions
})

/** A `Config` is an effect; one that cannot be read is the option's problem. */
const readConfig = (option: string, config: Effect.Effect<unknown, unknown>): Effect.Effect<unknown, RunwayError> =>
  Effect.catchCause(config, (cause) => {
    const error: unknown = Cause.squash(cause)
    return invalid(option, `cannot be read: ${error instanceof Error ? error.message : String(error)}`)
  })

const environmentKey = Effect.flatMap(
  Effect.suspend(() => variable(variables.apiKey)),
  (key) =>
    key === undefined
      ? invalid(
          variables.apiKey,
          "is not set; get a key from CometAPI and export it, or try the mock, which needs none"
        )
      : Effect.succeed(Redacted.make(key))
)

/** A variable's text; nothing where it is unset or blank, or where its option is given. */
const variable = (name: string, given?: unknown): Effect.Effect<string | undefined, RunwayError> =>
  given !== undefined
    ? Effect.undefined
    : Effect.flatMap(ConfigProvider.ConfigProvider, (provider) => provider.load([name])).pipe(
        Effect.map((node) => (node?.value === undefined || node.value.trim() === "" ? undefined : node.value)),
        Effect.catch((error) => invalid(name, `cannot be read: ${error.message}`))
      )

/** A variable's text as a time. */
const time = (name: string, given?: unknown): Effect.Effect<Duration.Duration | undefined, RunwayError> =>
  Effect.flatMap(variable(name, given), (value) =>
    // Whatever is no time is refused by name, so the claim that it is one is never relied on.
    value === undefined ? Effect.undefined : validDuration(name, value as Duration.Input)
  )
