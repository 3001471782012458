/**
 * The options of a Promise user's runway and of its waits, in plain values, and what the Effect client makes of them.
 *
 * It checks nothing itself: the client does.
 *
 * @module
 */
import * as ConfigProvider from "effect/ConfigProvider"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import { Fetch } from "effect/http/FetchHttpClient"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import { defined } from "../Defined.ts"
import { adaptivePoll, type PollPolicy } from "../Poll.ts"
import type { PurchasePolicy } from "../Purchase.ts"
import { Runway } from "../Runway.ts"
import type { RunwayError } from "../RunwayError.ts"
import { fromConfig } from "../Settings.ts"
import { type LedgerPlace, ledgerLayer } from "./Ledger.ts"

/** A length of time: milliseconds, or a text like `"10 minutes"`. */
export type Time = Extract<Duration.Input, number | string>

/** When a task is looked at; what is left out comes from the runway, and there from the client's defaults. */
export interface PollOptions {
  /** How long the whole wait may take. Default: 30 minutes. */
  readonly deadline?: Time | undefined
  /** How long after the submission the first look is taken. Default: 5 seconds. */
  readonly firstAfter?: Time | undefined
  /** The shortest and the longest time between two looks; progress decides between them. Default: 5 and 20 seconds. */
  readonly between?: { readonly minimum?: Time | undefined; readonly maximum?: Time | undefined } | undefined
  /** How long a young task may be invisible. Default: 3 minutes. */
  readonly notFoundGrace?: Time | undefined
  /** How long a task may say that it succeeded and show no output. Default: 3 minutes. */
  readonly outputGrace?: Time | undefined
}

/** How a runway is made. What is left out comes from the environment, and then from the client's defaults. */
export interface RunwayOptions extends PollOptions, PurchasePolicy {
  /** Your CometAPI key. Default: `COMETAPI_KEY`. It appears in no error and is not part of what the runway shows of itself. */
  readonly apiKey?: string | undefined
  /** The API's origin. Default: `COMETAPI_BASE_URL`, or `https://api.cometapi.com`. */
  readonly baseUrl?: string | undefined
  /** The `X-Runway-Version` header. Default: `COMETAPI_RUNWAY_VERSION`, or `2024-11-06`. */
  readonly version?: string | undefined
  /** Any function like the global `fetch`, which is the default: a proxy's, a test's. */
  readonly fetch?: typeof globalThis.fetch | undefined
  /** How long one HTTP attempt may take. Default: `COMETAPI_ATTEMPT_TIMEOUT`, or 1 minute. */
  readonly attemptTimeout?: Time | undefined
  /** A pace that all requests of this runway together never exceed. Default: none, until the provider answers 429. */
  readonly limit?: { readonly requests: number; readonly per: Time } | undefined
  /** `"resend"` submits again where it is not known whether a job was accepted, and may pay twice. Default: `"fail"`. */
  readonly onUnknownOutcome?: "fail" | "resend" | undefined
  /** How long a submission that has left may take to finish after an abort or `close`. Default: 30 seconds. */
  readonly interruptGrace?: Time | undefined
  /**
   * Where intents are written down, so that one is paid at most once in whatever process: a file (Node from 22.5 on, Bun), or a layer of
   * `cometapi-runway/ledger`. Default: none. Without one, `budget`, `price`, `creditPrice`, `again` and `intent` are refused.
   */
  readonly ledger?: LedgerPlace | undefined
  /** Is told what nobody else is there to hear, above all the failure of a job that nobody awaits. Default: `console.warn`. */
  readonly warn?: ((message: string) => void) | undefined
}

/** The poll policy that options speak of. */
export const pollOf = ({
  between,
  deadline,
  firstAfter,
  notFoundGrace,
  outputGrace
}: PollOptions): Partial<PollPolicy> =>
  defined({
    deadline,
    firstAfter,
    notFoundGrace,
    outputGrace,
    schedule: between === undefined ? undefined : adaptivePoll(between)
  })

/** The client that options speak of. Its log is silent: a promise and its hooks say what it would say. */
export const layerOf = (options: RunwayOptions): Layer.Layer<Runway, RunwayError> => {
  const { apiKey, baseUrl, version, attemptTimeout, limit, onUnknownOutcome, interruptGrace, fetch, ledger } = options
  const { budget, price, creditPrice, again } = options
  const environment = apiKey === undefined ? ConfigProvider.fromEnv() : keyBeforeEnvironment(apiKey)
  const client = Effect.map(fromConfig({}), (found) =>
    Runway.layer({
      ...found,
      ...defined({ apiKey, baseUrl, version, attemptTimeout, limit, onUnknownOutcome, interruptGrace }),
      ...defined({ budget, price, creditPrice, again }),
      poll: { ...found.poll, ...pollOf(options) }
    })
  ).pipe(Effect.provideService(ConfigProvider.ConfigProvider, environment))
  return Layer.mergeAll(
    ledger === undefined ? Layer.unwrap(client) : Layer.provide(Layer.unwrap(client), ledgerLayer(ledger)),
    Logger.layer([]),
    fetch === undefined ? Layer.empty : Layer.succeed(Fetch, fetch)
  )
}

const keyBeforeEnvironment = (apiKey: string): ConfigProvider.ConfigProvider =>
  ConfigProvider.orElse(ConfigProvider.fromUnknown({ COMETAPI_KEY: apiKey }), ConfigProvider.fromEnv())
