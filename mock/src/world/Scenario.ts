/**
 * A scenario says, as data, what becomes of one task: which documented answer it gives, for how long, and which one comes next.
 *
 * It holds no code, and its bodies are examples of the contract, so without saying so it cannot say what the provider does not. It
 * knows nothing of requests or of clocks either: the state at a moment is a pure function of the time since the POST and of the
 * polls so far.
 */
import * as Contract from "../contract/Contract.ts"
import * as Overlay from "../contract/DynamicFields.ts"
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

const isTask = ({ example }: Step): boolean => example.status === "200"

/** A scenario that was checked against the contract. */
export interface Script {
  readonly name: string
  readonly scenario: Scenario
  readonly steps: readonly [Step, ...Array<Step>]
  readonly outputLasts: number
  readonly outsideContract: boolean
}

/** How far a task has come: when each state so far was reached, in milliseconds since the POST, and the polls of the last of them. */
export interface Life {
  readonly reached: ReadonlyArray<number>
  readonly polls: number
}

/** A task that was just made. */
export const birth: Life = { reached: [0], polls: 0 }

/** A task that was seen before its timeline begins: it does not vanish again, so what comes before the first task is left out. */
export const reappearance = ({ steps }: Script): Life => {
  const hidden = Math.max(0, steps.findIndex(isTask))
  return { reached: Array.from({ length: hidden + 1 }, () => 0), polls: 0 }
}

/** What a script says about one moment. The times are milliseconds since the POST. */
export interface Moment extends Step {
  /** From 0 to 1 over all the time that the task is at work; absent where the work has no end. */
  readonly progress: number | undefined
  /** When the first state that speaks of a start, or of an end, was reached. */
  readonly startedAfter: number | undefined
  readonly finishedAfter: number | undefined
}

const exampleOf = (state: State): Contract.Example | string => {
  const named = Contract.examples.filter(
    (example) => example.operationId === "getTask" && example.name === state.state && example.status !== "default"
  )
  const found = state.status === undefined ? named : named.filter((example) => example.status === String(state.status))
  const [first, second] = found
  if (first === undefined) {
    try {
      return Contract.namedExample("getTask", state.status ?? 200, state.state)
    } catch (error) {
      return error instanceof Error ? error.message : String(error)
    }
  }
  return second === undefined || first.status === second.status
    ? first
    : `"${state.state}" is an example of ${found.map((example) => example.status).join(" and ")}: say which with "status"`
}

/** How long a state lasts, or what is wrong with what it says about that. */
const lastsOf = (state: State, last: boolean): number | string => {
  const { polls, state: name } = state
  if (last) {
    return state.for === undefined && polls === undefined
      ? Number.POSITIVE_INFINITY
      : `"${name}" is the last state and stays, so it cannot say how long it lasts`
  }
  if (state.for !== undefined && polls !== undefined)
    return `"${name}" says both "for" and "polls": one of them ends it`
  if (polls !== undefined) {
    return Number.isInteger(polls) && polls > 0
      ? polls * pollInterval
      : `"${name}" lasts ${polls} polls, which is no number of them`
  }
  if (state.for === undefined)
    return `"${name}" is not the last state, so it must say how long it lasts, with "for" or with "polls"`
  return millisOf(state.for) ?? `"${name}" lasts ${String(state.for)}, which is no duration`
}

/** What can be written down as JSON: nothing that is nested too deeply, or in itself. */
const written = (make: () => unknown): unknown => {
  try {
    const body = make()
    JSON.stringify(body)
    return body
  } catch {
    return undefined
  }
}

/** So many states at most: each poll goes through all that are behind it. */
const longest = 1000

/** Checks a scenario against the contract. */
export const compile = (scenario: Scenario): Script | BrokenScenario => {
  const broken = (problem: string) => new BrokenScenario({ name: scenario.name, problem })
  const { length } = scenario.timeline
  if (length > longest) return broken(`its timeline has ${length} states, and may have ${longest}`)
  const steps: Array<Step> = []
  for (const [index, state] of scenario.timeline.entries()) {
    const example = exampleOf(state)
    if (typeof example === "string") return broken(example)
    const shape = Overlay.shapeOf(example.body)
    if (example.status === "200" && scenario.shape !== undefined && shape !== scenario.shape) {
      return broken(`its shape is "${scenario.shape}", but "${state.state}" is ${shape}`)
    }
    const lasts = lastsOf(state, index === scenario.timeline.length - 1)
    if (typeof lasts === "string") return broken(lasts)
    const body = written(() => Overlay.merge(example.body, state.with))
    if (body === undefined) return broken(`what "${state.state}" says with "with" cannot be written as JSON`)
    steps.push({ example, with: state.with, body, lasts, polls: state.polls })
  }
  const outputLasts = millisOf(scenario.outputLasts ?? "24 hours")
  if (outputLasts === undefined || !(outputLasts > 0 && outputLasts < Number.POSITIVE_INFINITY))
    return broken(`its output lasts ${String(scenario.outputLasts)}, which is no duration`)
  const [first, ...rest] = steps
  if (first === undefined) return broken("its timeline is empty")
  const outsideContract = scenario.outsideContract === true
  return { name: scenario.name, scenario, steps: [first, ...rest], outputLasts, outsideContract }
}

/** Where the time alone has brought a task `elapsed` milliseconds after the POST. */
const grow = (script: Script, life: Life, elapsed: number): Life => {
  const step = script.steps[life.reached.length - 1] ?? script.steps[0]
  const until = (life.reached.at(-1) ?? 0) + step.lasts
  return step.polls === undefined && elapsed >= until && until < Number.POSITIVE_INFINITY
    ? grow(script, { reached: [...life.reached, until], polls: 0 }, elapsed)
    : life
}

/** Milliseconds after the POST at which the task ends by time alone, or has ended; `Infinity` where that takes polls, or never comes. */
export const endOf = (script: Script, life: Life): number => {
  const { reached } = grow(script, life, Number.POSITIVE_INFINITY)
  return reached.find((_, index) => Overlay.hasEnded(script.steps[index]?.body)) ?? Number.POSITIVE_INFINITY
}

/** How the first state of a script that is a task tells of it; the errors before that have no shape. */
export const shapeOf = ({ steps }: Script): ReturnType<typeof Overlay.shapeOf> =>
  Overlay.shapeOf(steps.find(isTask)?.body)

/** Whether a task of this script ever ends. */
export const ends = (script: Script): boolean => script.steps.some(({ body }) => Overlay.hasEnded(body))

/** A life that goes on to its next state at once, or stays in its last one. */
export const stepped = (script: Script, life: Life, elapsed: number): Life => {
  const { reached, polls } = grow(script, life, elapsed)
  return reached.length < script.steps.length ? { reached: [...reached, elapsed], polls: 0 } : { reached, polls }
}

/** A task that turns into something else at once: what it was so far stays, and this is its last state. */
export const turned = (script: Script, life: Life, elapsed: number, last: Step) => {
  const { reached } = grow(script, life, elapsed)
  const [first, ...rest] = script.steps
  return {
    script: { ...script, steps: [first, ...rest.slice(0, reached.length - 1), last] } satisfies Script,
    life: { reached: [...reached, elapsed], polls: 0 } satisfies Life
  }
}

/** The life of a task after one more poll, which was answered as `stateAt` said. */
export const polled = (script: Script, life: Life, elapsed: number): Life => {
  const { reached, polls } = grow(script, life, elapsed)
  const enough = polls + 1 === script.steps[reached.length - 1]?.polls
  return enough ? { reached: [...reached, elapsed], polls: 0 } : { reached, polls: polls + 1 }
}

/** What a script says about the moment `elapsed` milliseconds after the POST. */
export const stateAt = (script: Script, elapsed: number, life: Life = birth): Moment => {
  const { reached, polls } = grow(script, life, elapsed)
  const current = reached.length - 1
  const step = script.steps[current] ?? script.steps[0]
  const since = (speaks: (body: unknown) => boolean) => reached.find((_, index) => speaks(script.steps[index]?.body))
  const total = script.steps.reduce((sum, { body, lasts }) => sum + (Overlay.hasProgress(body) ? lasts : 0), 0)
  const here = step.polls === undefined ? Math.max(0, elapsed - (reached[current] ?? 0)) : polls * pollInterval
  const done = script.steps
    .slice(0, current + 1)
    .reduce(
      (sum, { body, lasts }, index) => sum + (Overlay.hasProgress(body) ? (index < current ? lasts : here) : 0),
      0
    )
  return {
    ...step,
    progress: total > 0 && Number.isFinite(total) ? done / total : undefined,
    startedAfter: since(Overlay.hasStarted),
    finishedAfter: since(Overlay.hasFinished)
  }
}
