/**
 * A scenario says, as data, what becomes of one task: which documented answer it gives, for how long, and which one comes next.
 *
 * It holds no code, and its bodies are examples of the contract, so without saying so it cannot say what the provider does not. It
 * knows nothing of requests or of clocks: `Life.ts` says which state a task is in at a moment.
 *
 * @module
 */
import * as Result from "effect/Result"
import type { BundledFile } from "../BundledFile.ts"
import * as Contract from "../contract/Contract.ts"
import * as DynamicFields from "../contract/DynamicFields.ts"
import * as TaskShape from "../contract/TaskShape.ts"
import { BrokenScenario } from "../MockError.ts"
import { type Length, millisOf, pollInterval } from "../Time.ts"

/** One stretch of a task's life. All but the last say how long they last, with `for` or with `polls`; the last one stays. */
export interface State {
  /** The name of an example of `GET /runwayml/v1/tasks/{id}`. Its shape is the answer's shape. */
  readonly state: string
  /** Needed only where examples of several statuses share the name. */
  readonly status?: number
  /** How long it lasts, in the mock's time. */
  readonly for?: Length
  /** How many polls it answers, in place of a time. */
  readonly polls?: number
  /** What this state says otherwise than the example, field by field: `{ status: "DREAMING" }`. */
  readonly with?: Readonly<Record<string, unknown>>
}

/** What becomes of one task. */
export interface Scenario {
  readonly name: string
  /** One line for people who choose among several. */
  readonly about?: string | undefined
  /** A promise that every task of the timeline has this shape, checked when the mock is made. Without it shapes may mix. */
  readonly shape?: "bare" | "envelope" | "row" | undefined
  readonly timeline: ReadonlyArray<State>
  /** How long the URL of an output works, in the mock's time. Default 24 hours. */
  readonly outputLasts?: Length | undefined
  /** Lets answers through that break the contract, as `with` can make them. Otherwise such an answer is a 500. */
  readonly outsideContract?: boolean | undefined
  /** The mock says this of a recording, and nobody else can. */
  readonly recorded?: boolean | undefined
}

/** A state that was found in the contract. */
export interface Step {
  readonly example: Contract.Example
  readonly with: Readonly<Record<string, unknown>> | undefined
  /** The body with `with` in it and nothing dynamic yet. */
  readonly body: unknown
  /** In milliseconds; `Infinity` for the one that stays. For a state that counts polls, what a patient client makes of them. */
  readonly lasts: number
  readonly polls: number | undefined
}

/** Whether a state is a task, and not an error that hides it. */
export const isTask = ({ example }: Step): boolean => example.status === "200"

/** What a real job answered, in a script that was made of its recording: it takes the place of the contract's examples. */
export interface Recorded {
  /** What the POST was answered. */
  readonly submitted: Contract.Example
  /** The id that stands in the recorded answers in place of the task's own. */
  readonly taskId: string
  /** The finished video, where it was saved. */
  readonly video: (() => Promise<BundledFile>) | undefined
  /** To be called with each part of the recording that a client asked for. */
  readonly played: (part: "submit" | "video" | Contract.Example) => void
}

/** A scenario that was checked against the contract. */
export interface Script {
  readonly name: string
  readonly scenario: Scenario
  readonly steps: readonly [Step, ...Array<Step>]
  readonly outputLasts: number
  readonly outsideContract: boolean
  readonly recorded?: Recorded
  /** Finds the script to play for a POST to this operation, where its body decides; nothing where there is none for it. */
  readonly scriptFor?: (world: object, operationId: string, body: unknown) => Script | undefined
}

/** The examples of all operations that ask about a task. */
const polls = Contract.routesOf("poll").map(({ operationId }) => operationId)
const pollExamples = Contract.examples.filter(({ operationId }) => polls.includes(operationId))

/** The example that a state names, or what is wrong with the name. */
const exampleOf = ({ state, status }: State): Result.Result<Contract.Example, string> => {
  const named = pollExamples.filter((example) => example.name === state && example.status !== "default")
  const candidates = status === undefined ? named : named.filter((example) => example.status === String(status))
  const [first, second] = candidates
  if (first === undefined) return Contract.lookUp(polls[0] ?? "", status ?? 200, state)
  return second === undefined || first.status === second.status
    ? Result.succeed(first)
    : Result.fail(
        `"${state}" is an example of ${candidates.map((example) => example.status).join(" and ")}: say which with "status"`
      )
}

/** How long a state lasts, or what is wrong with what it says about that. */
const lastsOf = (state: State, isLast: boolean): Result.Result<number, string> => {
  const { polls, state: name } = state
  if (isLast) {
    return state.for === undefined && polls === undefined
      ? Result.succeed(Number.POSITIVE_INFINITY)
      : Result.fail(`"${name}" is the last state and stays, so it cannot say how long it lasts`)
  }
  if (state.for !== undefined && polls !== undefined)
    return Result.fail(`"${name}" says both "for" and "polls": one of them ends it`)
  if (polls !== undefined) {
    return Number.isInteger(polls) && polls > 0
      ? Result.succeed(polls * pollInterval)
      : Result.fail(`"${name}" lasts ${polls} polls, which is no number of them`)
  }
  if (state.for === undefined)
    return Result.fail(`"${name}" is not the last state, so it must say how long it lasts, with "for" or with "polls"`)
  return Result.fromNullishOr(millisOf(state.for), () => `"${name}" lasts ${String(state.for)}, which is no duration`)
}

/** A body with the fields of a `with`, or nothing where that cannot be written down as JSON. */
const writableBody = (body: unknown, fields: State["with"]): unknown => {
  try {
    const merged = DynamicFields.merge(body, fields)
    JSON.stringify(merged)
    return merged
  } catch {
    return undefined
  }
}

/** A state as a step of a script, or what is wrong with it. */
const stepOf = (state: State, shape: Scenario["shape"], isLast: boolean): Result.Result<Step, string> =>
  Result.gen(function* () {
    const example = yield* exampleOf(state)
    const actual = TaskShape.shapeOf(example.body)
    if (example.status === "200" && shape !== undefined && actual !== shape)
      return yield* Result.fail(`its shape is "${shape}", but "${state.state}" is ${actual}`)
    const lasts = yield* lastsOf(state, isLast)
    const body = writableBody(example.body, state.with)
    if (body === undefined)
      return yield* Result.fail(`what "${state.state}" says with "with" cannot be written as JSON`)
    return { example, with: state.with, body, lasts, polls: state.polls }
  })

/** So many states at most: each poll goes through all that are behind it. */
const mostStates = 1000

const scriptOf = (scenario: Scenario): Result.Result<Script, string> =>
  Result.gen(function* () {
    const { name, shape, timeline, outputLasts: length = "24 hours", outsideContract = false } = scenario
    if (scenario.recorded === true)
      return yield* Result.fail(`"recorded" is said of recordings only: leave it out, and it is a scenario of your own`)
    if (timeline.length > mostStates)
      return yield* Result.fail(`its timeline has ${timeline.length} states, and may have ${mostStates}`)
    const [first, ...rest] = yield* Result.all(
      timeline.map((state, index) => stepOf(state, shape, index === timeline.length - 1))
    )
    const outputLasts = millisOf(length)
    if (outputLasts === undefined || !(outputLasts > 0 && outputLasts < Number.POSITIVE_INFINITY))
      return yield* Result.fail(`its output lasts ${String(length)}, which is no duration`)
    if (first === undefined) return yield* Result.fail("its timeline is empty")
    return { name, scenario, steps: [first, ...rest], outputLasts, outsideContract: outsideContract === true }
  })

/** Checks a scenario against the contract. */
export const compile = (scenario: Scenario): Result.Result<Script, BrokenScenario> =>
  Result.mapError(scriptOf(scenario), (problem) => new BrokenScenario({ name: scenario.name, problem }))

/** The shape of the first state of a script that is a task; the errors before that have no shape. */
export const shapeOf = ({ steps }: Script): TaskShape.Shape => TaskShape.shapeOf(steps.find(isTask)?.body)

/** Whether a task of this script ever ends. */
export const ends = (script: Script): boolean => script.steps.some(({ body }) => TaskShape.hasEnded(body))
