/**
 * How far one task has come in its scenario, and what the scenario says about that moment.
 *
 * The state at a moment is a pure function of the time since the POST and of the polls so far. Nothing here reads a clock or changes a
 * task: each function gives a new life.
 *
 * @module
 */
import * as TaskShape from "../contract/TaskShape.ts"
import { pollInterval } from "../Time.ts"
import { isTask, type Script, type Step } from "./Scenario.ts"

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
  return reached.find((_, index) => TaskShape.hasEnded(script.steps[index]?.body)) ?? Number.POSITIVE_INFINITY
}

/** A life that goes on to its next state at once, or stays in its last one. */
export const stepped = (script: Script, life: Life, elapsed: number): Life => {
  const { reached, polls } = grow(script, life, elapsed)
  return reached.length < script.steps.length ? { reached: [...reached, elapsed], polls: 0 } : { reached, polls }
}

/** A task that turns into something else at once: what it was so far stays, and this is its last state. */
export const turned = (
  script: Script,
  life: Life,
  elapsed: number,
  last: Step
): { readonly script: Script; readonly life: Life } => {
  const { reached } = grow(script, life, elapsed)
  const [first, ...rest] = script.steps
  return {
    script: { ...script, steps: [first, ...rest.slice(0, reached.length - 1), last] },
    life: { reached: [...reached, elapsed], polls: 0 }
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
  const total = script.steps.reduce((sum, { body, lasts }) => sum + (TaskShape.hasProgress(body) ? lasts : 0), 0)
  const here = step.polls === undefined ? Math.max(0, elapsed - (reached[current] ?? 0)) : polls * pollInterval
  const done = script.steps
    .slice(0, current + 1)
    .reduce(
      (sum, { body, lasts }, index) => sum + (TaskShape.hasProgress(body) ? (index < current ? lasts : here) : 0),
      0
    )
  return {
    ...step,
    progress: total > 0 && Number.isFinite(total) ? done / total : undefined,
    startedAfter: since(TaskShape.hasStarted),
    finishedAfter: since(TaskShape.hasFinished)
  }
}
