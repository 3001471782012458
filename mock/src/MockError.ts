/**
 * What goes wrong for those who start and steer the mock: an option, a port, a fault or a task that cannot be had.
 *
 * Nothing that a request under test can cause is found here: once the mock runs, every request gets an answer.
 *
 * @module
 */
import * as Data from "effect/Data"
import type { Report, Verification } from "../../generated/mock-control/types.gen.ts"

/** No built-in scenario has this name. */
export class UnknownScenario extends Data.TaggedError("UnknownScenario")<{
  readonly name: string
  readonly known: ReadonlyArray<string>
}> {
  override get message() {
    return `there is no scenario "${this.name}"; known: ${this.known.join(", ")}`
  }
}

/** A scenario that says something the contract does not know, or that cannot be played. */
export class BrokenScenario extends Data.TaggedError("BrokenScenario")<{
  readonly name: string
  readonly problem: string
}> {
  override get message() {
    return `scenario "${this.name}" cannot be played: ${this.problem}`
  }
}

/** A fault that says something nonsensical. */
export class BrokenFault extends Data.TaggedError("BrokenFault")<{ readonly problem: string }> {
  override get message() {
    return `this fault cannot happen: ${this.problem}`
  }
}

/** A task that cannot be made without its POST. */
export class BrokenSeed extends Data.TaggedError("BrokenSeed")<{ readonly problem: string }> {
  override get message() {
    return `this task cannot be seeded: ${this.problem}`
  }
}

/** A recording that cannot be read or played. */
export class BrokenRecording extends Data.TaggedError("BrokenRecording")<{
  readonly file: string
  readonly problem: string
}> {
  override get message() {
    return `the recording ${this.file} cannot be played: ${this.problem}`
  }
}

/** A file with options that cannot be used, with every mistake in it. */
export class BrokenFile extends Data.TaggedError("BrokenFile")<{
  readonly file: string
  /** What is wrong, and where in the file: `faults[0].kind`. */
  readonly mistakes: ReadonlyArray<{ readonly at: string; readonly problem: string }>
}> {
  override get message() {
    const number = this.mistakes.length === 1 ? "a mistake" : `${this.mistakes.length} mistakes`
    return [`${this.file} has ${number}:`, ...this.mistakes.map(({ at, problem }) => `  ${at} ${problem}`)].join("\n")
  }
}

/** A file with kept tasks that cannot be read or written. */
export class BrokenState extends Data.TaggedError("BrokenState")<{ readonly file: string; readonly problem: string }> {
  override get message() {
    return `the tasks kept in ${this.file} cannot be used: ${this.problem}`
  }
}

/** A recording that is older than it may be. */
export class StaleRecording extends Data.TaggedError("StaleRecording")<{
  readonly name: string
  readonly days: number
  readonly limit: number
}> {
  override get message() {
    return `the recording "${this.name}" is ${this.days} days old and may be ${this.limit}: record it anew, or raise the limit (--replay-max-age)`
  }
}

/** The world has no such task. */
export class UnknownTask extends Data.TaggedError("UnknownTask")<{
  readonly id: string
  readonly known: ReadonlyArray<string>
}> {
  override get message() {
    const known = this.known.length === 0 ? "it has none" : `its last ones are ${this.known.slice(-5).join(", ")}`
    return `this world has no task "${this.id}"; ${known}`
  }
}

/** The mock has no such world, or has it no more. */
export class UnknownWorld extends Data.TaggedError("UnknownWorld")<{
  readonly id: string
  readonly known: ReadonlyArray<string>
}> {
  override get message() {
    return `there is no world "${this.id}"; there are ${this.known.slice(0, 10).join(", ") || "none"}`
  }
}

/** There are as many worlds as the mock keeps. */
export class TooManyWorlds extends Data.TaggedError("TooManyWorlds")<{ readonly limit: number }> {
  override get message() {
    return `the mock keeps ${this.limit} keys and all are in use: use fewer, or raise the limit`
  }
}

/** Time cannot run at this speed. */
export class InvalidScale extends Data.TaggedError("InvalidScale")<{ readonly scale: number }> {
  override get message() {
    return `scale must be a number above 0, for example 20 for twenty times as fast; got ${this.scale}`
  }
}

/** An option that makes no sense, alone or together with another. */
export class InvalidOption extends Data.TaggedError("InvalidOption")<{
  readonly option: string
  readonly problem: string
}> {
  override get message() {
    return `${this.option} ${this.problem}`
  }
}

/** Something else listens on the port. */
export class PortInUse extends Data.TaggedError("PortInUse")<{ readonly host: string; readonly port: number }> {
  override get message() {
    return `port ${this.port} on ${this.host} is in use: stop what listens there, or choose another port (0 takes any free one)`
  }
}

/** The host or the port cannot be listened on for another reason. */
export class ListenFailed extends Data.TaggedError("ListenFailed")<{
  readonly host: string
  readonly port: number
  readonly cause: unknown
}> {
  override get message() {
    const why = this.cause instanceof Error ? this.cause.message : String(this.cause)
    return `cannot listen on ${this.host}, port ${this.port}: ${why}`
  }
}

/** Why the mock did not start, or could not be steered. */
export type MockErrorReason =
  | UnknownScenario
  | BrokenScenario
  | BrokenFault
  | BrokenSeed
  | BrokenFile
  | BrokenRecording
  | BrokenState
  | StaleRecording
  | InvalidScale
  | InvalidOption
  | PortInUse
  | ListenFailed
  | UnknownTask
  | UnknownWorld
  | TooManyWorlds

/** The one error of this package; `reason` says which. `Effect.catchReason("RunwayMockError", "PortInUse", …)` picks one. */
export class RunwayMockError extends Data.TaggedError("RunwayMockError")<{ readonly reason: MockErrorReason }> {
  override get message() {
    return this.reason.message
  }
}

/**
 * The failure of a test whose client did what it should not; its message is the report in words.
 *
 * It is a plain error, because test frameworks print what they do not know as data, and then leave the message out.
 */
export class ClientMisconduct extends Error {
  readonly #report: Report

  constructor(report: Report) {
    super(report.text)
    this.#report = report
  }

  override get name() {
    return "ClientMisconduct"
  }

  /** What the client did, without the findings that were allowed. */
  get report(): Report {
    return this.#report
  }
}

/** The failure of a test whose client did not send what was expected; its message says what differs. A plain error, as `ClientMisconduct` is. */
export class UnexpectedRequests extends Error {
  readonly #verification: Verification

  constructor(verification: Verification) {
    super(verification.text)
    this.#verification = verification
  }

  override get name() {
    return "UnexpectedRequests"
  }

  /** What was received, and what came near. */
  get verification(): Verification {
    return this.#verification
  }
}
