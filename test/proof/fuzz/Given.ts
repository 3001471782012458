/**
 * What a caller may pass, as data: right values, JSON of any kind, and what only JavaScript has. And which of it the contract and the documentation allow, said once more
 * and independently of `src`.
 *
 * @module
 */
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"
import * as Schema from "effect/Schema"

const cycle: Record<string, unknown> = {}
cycle["self"] = cycle

class Thing {
  readonly type = "image"
}

/** What has no place in JSON. */
const oddities = {
  undefined: () => undefined,
  nan: () => Number.NaN,
  infinity: () => Number.POSITIVE_INFINITY,
  "minus zero": () => -0,
  bigint: () => 1n,
  symbol: () => Symbol("x"),
  function: () => () => "5 seconds",
  date: () => new Date(0),
  "wrong date": () => new Date(Number.NaN),
  cycle: () => cycle,
  map: () => new Map([["type", "image"]]),
  "no prototype": () => Object.create(null),
  "a boxed text": () => Object("1280:720"),
  "a boxed number": () => Object(1),
  class: () => new Thing(),
  promise: () => Promise.resolve("5 seconds"),
  "half a character": () => "\ud800",
  "a field that throws": () => ({
    get type(): string {
      throw new Error("no")
    }
  }),
  proxy: () => {
    const { proxy, revoke } = Proxy.revocable({}, {})
    revoke()
    return proxy
  },
  "a text of toString": () => ({ toString: () => "https://example.com/a.png" })
} satisfies Record<string, () => unknown>
const names = Object.keys(oddities) as ReadonlyArray<keyof typeof oddities>

/** A value: the n-th right one of its place, some JSON, or an oddity. */
export const Value = Schema.Union([
  Schema.Struct({ right: Schema.Literals([0, 1, 2]) }),
  Schema.Struct({ json: Schema.Json }),
  Schema.Struct({ odd: Schema.Literals(names) })
])
export type Value = typeof Value.Type

export const resolved = (value: Value, right: ReadonlyArray<unknown>): unknown => {
  if ("right" in value) return right[value.right % right.length]
  return "odd" in value ? oddities[value.odd]() : modest(value.json)
}

/** Longer times than eleven days only make a test long. */
const modest = (json: unknown): unknown => (typeof json === "number" && json > 1e9 ? 1e9 : json)

const portrait = "https://example.com/portrait.png"
const clip = "https://example.com/performance.mp4"

/** Right values of each field of a request. */
export const fields: Readonly<Record<string, ReadonlyArray<unknown>>> = {
  character: [
    { type: "image", uri: portrait },
    { type: "video", uri: clip },
    { type: "image", uri: "https://x.example:8443/a?b=c#d" }
  ],
  reference: [{ type: "video", uri: clip }],
  bodyControl: [true, false],
  expressionIntensity: [1, 3, 5],
  seed: [0, 1, 4_294_967_295],
  model: ["act_two"],
  ratio: ["1280:720", "720:1280", "960:960"],
  contentModeration: [{ publicFigureThreshold: "auto" }, { publicFigureThreshold: "low" }, {}]
}

const isPlain = (value: unknown, allowed: ReadonlyArray<string>): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" &&
  value !== null &&
  !Array.isArray(value) &&
  Object.keys(value).every((name) => allowed.includes(name))

const isWhole = (value: unknown, from: number, to: number): boolean =>
  Number.isInteger(value) && Number(value) >= from && Number(value) <= to

const isAsset = (value: unknown, types: ReadonlyArray<string>): boolean =>
  isPlain(value, ["type", "uri"]) &&
  types.includes(String(value["type"])) &&
  typeof value["uri"] === "string" &&
  /^https:\/\/[a-z.]+(:\d+)?\/[!-~]*$/i.test(value["uri"])

/** What the contract says of each field of a request on the wire. */
const allowed: Readonly<Record<string, (value: unknown) => boolean>> = {
  character: (value) => isAsset(value, ["image", "video"]),
  reference: (value) => isAsset(value, ["video"]),
  bodyControl: (value) => typeof value === "boolean",
  expressionIntensity: (value) => isWhole(value, 1, 5),
  seed: (value) => isWhole(value, 0, 4_294_967_295),
  model: (value) => value === "act_two",
  ratio: (value) => typeof value === "string" && /^[1-9]\d{2,3}:[1-9]\d{2,3}$/.test(value),
  contentModeration: (value) =>
    isPlain(value, ["publicFigureThreshold"]) &&
    (!("publicFigureThreshold" in value) || ["auto", "low"].includes(String(value["publicFigureThreshold"])))
}

/** The fields of a body that the contract does not allow, those that are missing and those that are unknown. */
export const wrongFields = (body: unknown): ReadonlyArray<string> => {
  if (typeof body !== "object" || body === null || Array.isArray(body)) return [""]
  const given = Object.entries(body)
  const wrong = given
    .filter(([name, value]) => !Object.hasOwn(allowed, name) || allowed[name]?.(value) !== true)
    .map(([name]) => name)
  return [...wrong, ...Object.keys(allowed).filter((name) => !Object.hasOwn(body, name))]
}

const times = [5000, "5 seconds", Duration.seconds(5)]
const noTimes = [
  "nan",
  "infinity",
  "symbol",
  "function",
  "date",
  "wrong date",
  "cycle",
  "map",
  "no prototype",
  "half a character",
  "promise",
  "proxy",
  "a text of toString"
]

/** An option: right values, and whether some other value is right; nothing where the documentation leaves that open. */
interface Option {
  readonly right: ReadonlyArray<unknown>
  readonly allows: (given: Value) => boolean | undefined
}

const time: Option = {
  right: times,
  allows: (given) => {
    if ("odd" in given) return given.odd === "minus zero" ? undefined : !noTimes.includes(given.odd) && undefined
    if ("right" in given) return true
    return typeof given.json === "object"
      ? undefined
      : typeof given.json === "number"
        ? given.json <= -1
          ? false
          : undefined
        : /^\d+ (seconds|millis)$/.test(String(given.json)) && undefined
  }
}

/** An option that has a few right values and no others. */
const only = (...right: ReadonlyArray<unknown>): Option => ({ right, allows: (given) => "right" in given })
/** A function, whatever it does. */
const callback = (right: unknown): Option => ({
  right: [right],
  allows: (given) => "right" in given || ("odd" in given && given.odd === "function")
})

const whole: Option = {
  right: [1, 2, 3],
  allows: (given) => "right" in given || ("json" in given && Number.isSafeInteger(given.json) && Number(given.json) > 0)
}

const waiting = { deadline: time, firstAfter: time, notFoundGrace: time, outputGrace: time }

/** The options of the Effect client's calls. */
export const effectOptions: Readonly<Record<"submit" | "generate" | "all", Readonly<Record<string, Option>>>> = (() => {
  const submit = {
    retry: only(Schedule.recurs(1)),
    onUnknownOutcome: only("fail", "resend"),
    onInterrupt: only("finish", "abort"),
    interruptGrace: time,
    hookTimeout: time,
    onSubmitted: callback(() => Effect.void),
    aroundAttempt: only({ before: () => Effect.void, after: () => Effect.void })
  }
  const generate = {
    ...submit,
    ...waiting,
    schedule: only(Schedule.spaced("1 second")),
    submittedAt: only(DateTime.makeUnsafe(0))
  }
  return { submit, generate, all: { ...generate, concurrency: whole } }
})()

/** Limits, which may all be left out. */
const between: Option = {
  right: [{ minimum: "1 second", maximum: 5000 }, {}],
  allows: (given) => {
    if ("right" in given) return true
    if ("odd" in given)
      return (
        [
          "date",
          "wrong date",
          "map",
          "no prototype",
          "class",
          "promise",
          "cycle",
          "a boxed text",
          "a boxed number",
          "a field that throws",
          "a text of toString"
        ].includes(given.odd) && undefined
      )
    return typeof given.json === "object" && given.json !== null && !Array.isArray(given.json) && undefined
  }
}

/** The options of the Promise door's calls. */
export const promiseOptions: Readonly<Record<"submit" | "generate" | "all", Readonly<Record<string, Option>>>> =
  (() => {
    const signal = only(new AbortController().signal)
    const generate = {
      ...waiting,
      signal,
      onProgress: callback(() => undefined),
      onSubmitted: callback(() => undefined),
      between
    }
    return { submit: { signal }, generate, all: { ...generate, concurrency: whole } }
  })()
