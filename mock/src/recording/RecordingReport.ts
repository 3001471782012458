/**
 * What is to be said of recordings, for people and for programs: where real answers differ from the contract, and what was not replayed.
 *
 * It decides no severity and reads no file: it only puts into words what was found.
 *
 * @module
 */
import * as Arr from "effect/Array"
import type { RecordedDeviation } from "./RecordingFile.ts"

/** What is known of one recording. */
export interface RecordingState {
  /** The name of its file and of its scenario. */
  readonly name: string
  readonly recordedAt: string
  /** Where its answers differ from the contract. Empty: all are as documented. */
  readonly deviations: ReadonlyArray<RecordedDeviation>
  /** Replaying: what of it no client asked for. */
  readonly neverAsked: ReadonlyArray<string>
  /** Recording: why something of it could not be saved. */
  readonly unsaved: ReadonlyArray<string>
}

/** All recordings of a mock, and the requests that have none. */
export interface RecordingsReport {
  /** Whether each recorded answer was asked for, each request had a recording, and everything was saved. */
  readonly complete: boolean
  readonly recordings: ReadonlyArray<RecordingState>
  /** Replaying: the paid requests that no recording answers. */
  readonly unrecorded: ReadonlyArray<string>
  /** The same in words. */
  readonly text: string
}

const severities = { wrong: "the contract is wrong", new: "new" } as const

/** One line for each difference, however many of the answers have it. */
const differencesOf = (deviations: ReadonlyArray<RecordedDeviation>): ReadonlyArray<string> => {
  const groups = Arr.groupBy(
    deviations,
    ({ severity, at, problem }) => `${severities[severity]}: ${at || "the body"} ${problem}`
  )
  return Object.entries(groups).map(([difference, group]) => {
    const names = [...new Set(group.map(({ answer }) => answer))]
    const others = names.length > 1 ? ` and ${names.length - 1} more` : ""
    return `  - ${difference} (in ${names[0]}${others})`
  })
}

const linesOf = ({ name, deviations, neverAsked, unsaved }: RecordingState): ReadonlyArray<string> => {
  const wrong = deviations.filter(({ severity }) => severity === "wrong")
  const fresh = deviations.filter(({ severity }) => severity === "new")
  const differences = [...differencesOf(wrong), ...differencesOf(fresh)]
  return [
    `${name}: ${differences.length === 0 ? "as the contract says" : "not as the contract says"}`,
    ...differences,
    ...unsaved.map((problem) => `  - not saved: ${problem}`),
    ...neverAsked.map((part) => `  - never asked for: ${part}`)
  ]
}

/** Puts a report together. */
export const reportOf = (
  recordings: ReadonlyArray<RecordingState>,
  unrecorded: ReadonlyArray<string>
): RecordingsReport => {
  const complete =
    unrecorded.length === 0 && recordings.every(({ neverAsked, unsaved }) => neverAsked.length + unsaved.length === 0)
  const lines = [
    ...recordings.flatMap(linesOf),
    ...unrecorded.map((request) => `No recording answers this: ${request}`)
  ]
  return { complete, recordings, unrecorded, text: lines.join("\n") }
}

/** The failure of a test whose replay was not complete; its message is the report in words. */
export class ReplayIncomplete extends Error {
  readonly #report: RecordingsReport

  constructor(report: RecordingsReport) {
    super(`The recordings were not replayed as they were recorded:\n${report.text}`)
    this.#report = report
  }

  override get name() {
    return "ReplayIncomplete"
  }

  get report(): RecordingsReport {
    return this.#report
  }
}
