/**
 * A scenario says, as data, what becomes of one task: which documented answer it gives, for how long, and which one comes next.
 *
 * It holds no code and no bodies: each state is the name of an example of the contract, so a scenario cannot say what the provider
 * does not. It knows nothing of requests or of clocks either: the state at a moment is a pure function of the time since the POST.
 */
import * as Duration from "effect/Duration"
import * as Option from "effect/Option"
import * as Contract from "./Contract.ts"
import { BrokenScenario } from "./MockError.ts"
import * as Overlay from "./Overlay.ts"

/** One stretch of a task's life. */
export interface State {
  /** The name of an example of `GET /runwayml/v1/tasks/{id}`. */
  readonly state: string
  /** Needed only where examples of several statuses share the name. */
  readonly status?: number
  /** How long it lasts, in the mock's time. The last state has none: it stays. */
  readonly for?: Duration.Input
}

/** What becomes of one task. */
export interface Scenario {
  readonly name: string
  /** The shape of the answers: Runway's own task, or the gateway's envelope around it. */
  readonly shape: "bare" | "envelope"
  readonly timeline: ReadonlyArray<State>
}

/** A state with its place in time, in milliseconds since the POST; `until` is `Infinity` for the one that stays. */
export interface Step {
  readonly example: Contract.Example
  readonly from: number
  readonly until: number
}

/** A scenario that was checked against the contract. */
export interface Script {
  readonly name: string
  readonly steps: readonly [Step, ...Array<Step>]
}

/** What a script says about one moment. The times are milliseconds since the POST. */
export interface Moment {
  readonly example: Contract.Example
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

/** Checks a scenario against the contract and lays its states out in time. */
export const compile = (scenario: Scenario): Script | BrokenScenario => {
  const broken = (problem: string) => new BrokenScenario({ name: scenario.name, problem })
  const steps: Array<Step> = []
  let from = 0
  for (const [index, state] of scenario.timeline.entries()) {
    const example = exampleOf(state)
    if (typeof example === "string") return broken(example)
    const shape = Overlay.shapeOf(example.body)
    if (example.status === "200" && shape !== scenario.shape) {
      return broken(`its shape is "${scenario.shape}", but "${state.state}" is ${shape}`)
    }
    const last = index === scenario.timeline.length - 1
    if (state.for === undefined && !last)
      return broken(`"${state.state}" is not the last state, so it must say how long it lasts`)
    const lasts = state.for === undefined ? Option.some(Duration.infinity) : Duration.fromInput(state.for)
    if (Option.isNone(lasts)) return broken(`"${state.state}" lasts ${String(state.for)}, which is no duration`)
    const until = last ? Number.POSITIVE_INFINITY : from + Duration.toMillis(lasts.value)
    steps.push({ example, from, until })
    from = until
  }
  const [first, ...rest] = steps
  return first === undefined ? broken("its timeline is empty") : { name: scenario.name, steps: [first, ...rest] }
}

/** What a script says about the moment `elapsed` milliseconds after the POST. */
export const stateAt = (script: Script, elapsed: number): Moment => {
  const reached = script.steps.filter((step) => step.from <= elapsed && step.from < step.until)
  const step = reached.at(-1) ?? script.steps[0]
  const since = (speaks: (body: unknown) => boolean) => reached.find((other) => speaks(other.example.body))?.from
  const working = script.steps.filter((other) => Overlay.hasProgress(other.example.body))
  const total = working.reduce((sum, other) => sum + (other.until - other.from), 0)
  const done = working.reduce((sum, other) => sum + Math.max(0, Math.min(elapsed, other.until) - other.from), 0)
  return {
    example: step.example,
    progress: total > 0 && Number.isFinite(total) ? done / total : undefined,
    startedAfter: since(Overlay.hasStarted),
    finishedAfter: since(Overlay.hasFinished)
  }
}
