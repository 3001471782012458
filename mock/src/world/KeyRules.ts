/**
 * What holds for the world of a key from its start: what becomes of its tasks, its faults, its limits, and tasks that are there already.
 *
 * Some of it holds for every key, some for keys that fit a pattern. It compares keys with patterns and keeps none.
 *
 * @module
 */
import type { Fault, RequiredFields } from "../../../generated/mock-control/types.gen.ts"
import type { Checked } from "../faults/Fault.ts"
import type { Account } from "./Account.ts"
import type { Script } from "./Scenario.ts"

/** A fault that a world begins with. */
export interface GivenFault {
  readonly fault: Fault
  readonly checked: Checked
}

/** A task that a world begins with. */
interface GivenTask {
  readonly id: string | undefined
  /** What becomes of it; what becomes of its world's tasks where it does not say. */
  readonly script: Script | undefined
  /** How many milliseconds ago it was submitted. */
  readonly ago: number
}

/** What holds for a key. */
export interface KeyRules {
  readonly script: Script
  readonly faults: ReadonlyArray<GivenFault>
  readonly account: Account
  readonly required: RequiredFields
  readonly tasks: ReadonlyArray<GivenTask>
}

/** What holds for the keys that fit a pattern; what it leaves out holds as for every key. */
export interface PatternRules {
  readonly pattern: string
  readonly script: Script | undefined
  readonly faults: ReadonlyArray<GivenFault>
  readonly account: Account | undefined
  readonly required: RequiredFields | undefined
  readonly tasks: ReadonlyArray<GivenTask>
}

/** Whether a key fits a pattern, in which `*` stands for any letters. It takes no longer for a pattern with many of them. */
const fits = (pattern: string, key: string): boolean => {
  const [first = "", ...rest] = pattern.split("*")
  const last = rest.pop()
  if (last === undefined) return key === first
  if (!key.startsWith(first) || !key.endsWith(last) || key.length < first.length + last.length) return false
  let from = first.length
  const until = key.length - last.length
  for (const part of rest) {
    const at = key.indexOf(part, from)
    if (at < 0 || at + part.length > until) return false
    from = at + part.length
  }
  return true
}

/** What holds for a key: faults and tasks of all patterns that it fits add up, and of all else the last such pattern counts. */
export const rulesOf = (general: KeyRules, patterns: ReadonlyArray<PatternRules>, key: string): KeyRules => {
  const fitting = patterns.filter(({ pattern }) => fits(pattern, key))
  return {
    script: fitting.findLast(({ script }) => script !== undefined)?.script ?? general.script,
    account: fitting.findLast(({ account }) => account !== undefined)?.account ?? general.account,
    required: fitting.findLast(({ required }) => required !== undefined)?.required ?? general.required,
    faults: [...general.faults, ...fitting.flatMap(({ faults }) => faults)],
    tasks: [...general.tasks, ...fitting.flatMap(({ tasks }) => tasks)]
  }
}
