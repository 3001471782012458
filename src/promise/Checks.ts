/**
 * The options of the Promise door's calls, checked before anything is sent: a wrong one must not be found after a job was paid for.
 *
 * It only says what is wrong; what an option does is decided elsewhere.
 *
 * @module
 */
import * as Predicate from "effect/Predicate"
import * as Options from "../Options.ts"
import { InvalidInput, RunwayError } from "../RunwayError.ts"

const { schedule: _, ...times } = Options.poll

const isSignal = (value: unknown): boolean =>
  Predicate.hasProperty(value, "throwIfAborted") && Predicate.hasProperty(value, "addEventListener")

/** How one call is stopped. */
export const stoppable: Options.Checks = {
  signal: (value) => (isSignal(value) ? undefined : Options.must("an AbortSignal", value))
}

const between: Options.Check = (value) => {
  const [problem] = Options.problems(value ?? null, { minimum: Options.positiveTime, maximum: Options.positiveTime })
  if (problem === undefined) return undefined
  return problem.path === "options" ? problem.message : `has a ${problem.path} that ${problem.message}`
}

/** How a task is waited for. */
export const wait: Options.Checks = { ...stoppable, ...times, between, onProgress: Options.callback }

/** How a job is paid for, and what is looked at before. */
export const submit: Options.Checks = {
  ...stoppable,
  ...Options.purchasePolicy,
  intent: Options.name,
  preflight: Options.callback
}

const archive: Options.Check = (value) => (typeof value === "string" ? Options.path(value) : Options.archive(value))

/** How a job is begun and waited for. */
export const job: Options.Checks = { ...wait, ...submit, onSubmitted: Options.callback, archive }

/** How many jobs are. */
export const all: Options.Checks = { ...job, concurrency: Options.count, intent: Options.callback }

/** The error that names every option at fault, if there is one. */
export const refusal = (
  operation: string,
  options: unknown,
  checks: Options.Checks,
  required?: ReadonlyArray<string>
): RunwayError | undefined => {
  const [first, ...rest] = Options.problems(options, checks, required)
  return first === undefined
    ? undefined
    : new RunwayError({ operation, reason: new InvalidInput({ problems: [first, ...rest] }) })
}
