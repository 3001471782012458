/**
 * What can go wrong before the mock answers its first request: a scenario, an option or a port that cannot be had.
 *
 * Nothing that happens while it serves is found here. Once it runs, every request gets an answer.
 */
import * as Data from "effect/Data"

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

/** Why the mock did not start. */
export type MockErrorReason = UnknownScenario | BrokenScenario | InvalidScale | InvalidOption | PortInUse | ListenFailed

/** The one error of this package; `reason` says which. `Effect.catchReason("RunwayMockError", "PortInUse", …)` picks one. */
export class RunwayMockError extends Data.TaggedError("RunwayMockError")<{ readonly reason: MockErrorReason }> {
  override get message() {
    return this.reason.message
  }
}
