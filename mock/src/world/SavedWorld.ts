/**
 * What of a world outlives the mock: its tasks, its clock and its numbering, as data.
 *
 * A task's scenario is written down as it is played, so that a task goes on even where the scenario has another form by then; that of a
 * recording is named, because its answers are in the recording. It reads and writes no file.
 *
 * @module
 */
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import * as Schemas from "../../../generated/mock-control/schemas.gen.ts"
import type * as Life from "./Life.ts"
import * as Scenario from "./Scenario.ts"

const SavedState = Schema.Struct({
  state: Schema.String,
  status: Schema.Int,
  for: Schema.optionalKey(Schema.String),
  polls: Schema.optionalKey(Schema.Int),
  with: Schemas.State.fields.with
})

const SavedScript = Schema.Struct({
  name: Schema.String,
  outputLasts: Schema.Finite,
  outsideContract: Schema.Boolean,
  /** How many states are those of the recording with this name, from its first. */
  recorded: Schema.optionalKey(Schema.Int),
  timeline: Schema.Array(SavedState)
})

const SavedTask = Schema.Struct({
  id: Schema.String,
  createdAt: Schema.Finite,
  admittedAt: Schema.optionalKey(Schema.Finite),
  polls: Schema.Int,
  polledAt: Schema.Finite,
  reached: Schema.Array(Schema.Finite),
  pollsOfState: Schema.Int,
  collected: Schema.Boolean,
  script: SavedScript
})

export const SavedWorld = Schema.Struct({
  name: Schema.String.check(Schema.isPattern(/^[\da-f]{64}$/)),
  label: Schema.optionalKey(Schema.String),
  now: Schema.Finite,
  submissions: Schema.Int,
  seeds: Schema.Int,
  requests: Schema.Int,
  days: Schema.Array(Schema.Tuple([Schema.Int, Schema.Int])),
  tasks: Schema.Array(SavedTask)
})

export type SavedWorld = typeof SavedWorld.Type
export type SavedTask = typeof SavedTask.Type
type SavedScript = typeof SavedScript.Type
type SavedState = typeof SavedState.Type

/** The scenarios that can be asked for by name. */
export type Scripts = ReadonlyMap<string, Scenario.Script>

/** How far a task has come. */
export const lifeOf = ({ reached, pollsOfState }: SavedTask): Life.Life => ({ reached, polls: pollsOfState })

const stateOf = ({ example, lasts, polls, with: fields }: Scenario.Step, isLast: boolean): SavedState => {
  const length = Number.isFinite(lasts) ? `${lasts} millis` : "Infinity"
  const duration = isLast ? {} : polls === undefined ? { for: length } : { polls }
  return {
    state: example.name,
    status: Number(example.status),
    ...duration,
    // What was written in a scenario can be written as JSON: that was checked.
    ...(fields === undefined ? {} : { with: JSON.parse(JSON.stringify(fields)) })
  }
}

/** A script as data. */
export const scriptToSave = (script: Scenario.Script, scripts: Scripts): SavedScript => {
  const { name, outputLasts, outsideContract, steps } = script
  const recording = script.recorded === undefined ? undefined : scripts.get(name)?.steps
  const changed = recording === undefined ? 0 : steps.findIndex((step, index) => step !== recording[index])
  const recorded = changed < 0 ? steps.length : changed
  const timeline = steps.map((step, index) => stateOf(step, index === steps.length - 1)).slice(recorded)
  const common = { name, outputLasts, outsideContract, timeline }
  return script.recorded === undefined ? common : { ...common, recorded }
}

const recordedScript = ({ name, recorded = 0, timeline }: SavedScript, scripts: Scripts) =>
  Result.gen(function* () {
    const script = scripts.get(name)
    const isThere = script?.recorded !== undefined && script.steps.length >= recorded
    if (script === undefined || !isThere)
      return yield* Result.fail(
        `it plays the recording "${name}", which is not replayed now: start with --replay again`
      )
    const added = timeline.length === 0 ? [] : (yield* compiled(name, timeline)).steps
    const [first = script.steps[0], ...rest] = [...script.steps.slice(0, recorded), ...added]
    return { ...script, steps: [first, ...rest] } satisfies Scenario.Script
  })

const compiled = (name: string, timeline: ReadonlyArray<SavedState>): Result.Result<Scenario.Script, string> =>
  Result.mapError(Scenario.compile({ name, timeline }), ({ problem }) => problem)

/** The script that was saved, or why it cannot be played any more. */
export const scriptOf = (saved: SavedScript, scripts: Scripts): Result.Result<Scenario.Script, string> =>
  saved.recorded === undefined
    ? Result.map(compiled(saved.name, saved.timeline), (script) => ({
        ...script,
        outputLasts: saved.outputLasts,
        outsideContract: saved.outsideContract
      }))
    : recordedScript(saved, scripts)
