/**
 * Checks the options of a layer and of a call, all before anything is sent: a wrong one must not be found after a job was paid for.
 *
 * The compiler finds most of them, but not a time that comes from a file, a negative one, or whatever a JavaScript caller passes. It only
 * says what is wrong; what an option does is decided elsewhere.
 *
 * @module
 */
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Predicate from "effect/Predicate"
import * as Schedule from "effect/Schedule"
import { problemOf } from "./Poll.ts"
import { InvalidInput, type Problem, RunwayError } from "./RunwayError.ts"
import * as Shown from "./Shown.ts"
import * as Time from "./Time.ts"

/** What is wrong with the value of an option, as `must be …`; nothing when it can be used. */
export type Check = (value: unknown) => string | undefined

/** The options that are known, and what each must be. One that is left out, or undefined, is checked only where it is required. */
export interface Checks {
  readonly [option: string]: Check
}

/** What an option must be, and what it is. */
export const must = (be: string, value: unknown): string => `must be ${be}, got ${shown(value)}`

const shown = (value: unknown): string => (typeof value === "function" ? "a function" : Shown.value(value))

/** A time to wait, which may be none. */
const time: Check = (value) =>
  Option.isSome(Time.read(value)) ? undefined : must(`a time like "1 minute", not negative and not endless`, value)

/** A time to wait that lasts. */
export const positiveTime: Check = (value) =>
  Option.isSome(Time.readPositive(value))
    ? undefined
    : must(`a time like "1 minute", longer than none and not endless`, value)

/** A number of things. */
export const count: Check = (value) =>
  Number.isSafeInteger(value) && Number(value) > 0 ? undefined : must("a whole number, 1 or more", value)

/** A place in a list. */
const place: Check = (value) =>
  Number.isSafeInteger(value) && Number(value) >= 0 ? undefined : must("a whole number, 0 or more", value)

export const path: Check = (value) =>
  typeof value === "string" && value !== "" && !value.includes("\0") ? undefined : must("a path", value)

const schedule: Check = (value) =>
  Schedule.isSchedule(value) ? problemOf(value) : must("a Schedule of Effect, such as adaptivePoll()", value)

export const callback: Check = (value) => (typeof value === "function" ? undefined : must("a function", value))

const date: Check = (value) => (DateTime.isDateTime(value) ? undefined : must("a DateTime of Effect", value))

const oneOf =
  (...words: ReadonlyArray<string>): Check =>
  (value) =>
    words.some((word) => word === value) ? undefined : must(words.map((word) => `"${word}"`).join(" or "), value)

/** How tasks are waited for. */
export const poll: Checks = {
  schedule,
  firstAfter: time,
  deadline: positiveTime,
  notFoundGrace: time,
  outputGrace: time
}

/** How one wait is made. */
export const wait: Checks = { ...poll, submittedAt: date }

/** How a request is sent again. */
export const read: Checks = { retry: schedule }

/** How paid requests are sent. */
const submitPolicy: Checks = {
  ...read,
  onUnknownOutcome: oneOf("fail", "resend"),
  onInterrupt: oneOf("finish", "abort"),
  interruptGrace: time,
  hookTimeout: positiveTime
}

const hooksAround: Check = (value) =>
  Predicate.hasProperty(value, "before") &&
  Predicate.isFunction(value.before) &&
  Predicate.hasProperty(value, "after") &&
  Predicate.isFunction(value.after)
    ? undefined
    : must("an object with the functions before and after", value)

export const name: Check = (value) =>
  typeof value === "string" && value.trim() !== "" ? undefined : must("a text that is not empty", value)

const dollars: Check = (value) =>
  typeof value === "number" && Number.isFinite(value) && value >= 0
    ? undefined
    : must("an amount of dollars, 0 or more", value)

const noJobs: Check = (value) => (value === 0 ? undefined : count(value))

const budget: Check = (value) => {
  const [problem] = problems(value ?? null, { name, jobs: noJobs, dollars })
  if (problem === undefined) return undefined
  return problem.path === "options" ? problem.message : `has ${problem.path}, which ${problem.message}`
}

/** How jobs are paid for. */
export const purchasePolicy: Checks = {
  budget,
  price: dollars,
  creditPrice: dollars,
  again: oneOf("never", "failed", "always")
}

/** How a layer sends paid requests and pays for jobs. */
export const layer: Checks = { ...submitPolicy, ...purchasePolicy }

export const archive: Check = (value) =>
  Predicate.hasProperty(value, "find") &&
  Predicate.isFunction(value.find) &&
  Predicate.hasProperty(value, "keep") &&
  Predicate.isFunction(value.keep)
    ? undefined
    : must("an archive, such as Archive.folder(…)", value)

/** How one paid request is sent. */
export const submit: Checks = {
  intent: name,
  ...layer,
  preflight: callback,
  onSubmitted: callback,
  onReused: callback,
  aroundAttempt: hooksAround
}

/** How a job is submitted and waited for. */
export const generate: Checks = { ...wait, ...submit, archive, onKept: callback }

/** How many jobs are. */
export const generateAll: Checks = { ...generate, concurrency: count, intent: callback }

const rules: Check = (value) =>
  Array.isArray(value) && value.every((rule) => typeof rule === "string") ? undefined : must("a list of rules", value)

/** How assets are looked at. */
export const preflight: Checks = {
  allow: callback,
  resolve: callback,
  timeout: positiveTime,
  deadline: positiveTime,
  userAgent: name,
  warnOnly: rules
}

/** How a video is saved. */
export const download: Checks = {
  ...read,
  to: path,
  index: place,
  onProgress: callback,
  stallTimeout: positiveTime,
  deadline: positiveTime,
  maxBytes: count,
  allow: callback
}

/**
 * Whether a call brings what it is about, as in `Task.wait(id, options)`. The other form brings only options, as in `Task.wait(options)`, and waits for
 * the rest in a pipe: one object that has options which are known, and nothing else.
 */
export const isDataFirst =
  (checks: Checks) =>
  (args: ArrayLike<unknown>): boolean => {
    const [only] = Array.from(args)
    if (args.length !== 1 || !Predicate.isObject(only)) return true
    const names = Object.keys(only)
    return names.length === 0 || names.some((name) => !Object.hasOwn(checks, name))
  }

/** What is wrong with options. Those that are not known are passed over. */
export const problems = (
  options: unknown,
  checks: Checks,
  required: ReadonlyArray<string> = []
): ReadonlyArray<Problem> => {
  const own = readable(() =>
    options === undefined || Predicate.isObject(options) ? undefined : must("an object", options)
  )
  if (own !== undefined) return [{ path: "options", message: own }]
  return Object.entries(checks).flatMap(([path, check]) => {
    const message = readable(() => {
      const value = Predicate.isObject(options) ? options[path] : undefined
      return value === undefined && !required.includes(path) ? undefined : check(value)
    })
    return message === undefined ? [] : [{ path, message }]
  })
}

/** What a check says, also of a value whose fields throw when they are read. */
const readable = (check: () => string | undefined): string | undefined => {
  try {
    return check()
  } catch (error) {
    return `cannot be read: ${Shown.line(Shown.thrown(error))}`
  }
}

/** Fails with `InvalidInput`, naming every option at fault. */
export const check = (
  operation: string,
  options: unknown,
  checks: Checks,
  required?: ReadonlyArray<string>
): Effect.Effect<void, RunwayError> => {
  const [first, ...rest] = problems(options, checks, required)
  return first === undefined
    ? Effect.void
    : Effect.fail(new RunwayError({ operation, reason: new InvalidInput({ problems: [first, ...rest] }) }))
}
