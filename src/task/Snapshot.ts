/**
 * A task as one answer showed it, whatever the wire's shape was: one of seven states.
 *
 * A snapshot is a value. It knows nothing of time, of the network or of the answers before it; reading an answer is
 * `WireTask.ts`, following a task is `Task.ts`.
 *
 * @module
 */
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import { withoutQuery } from "../Shown.ts"

/** An amount in Runway's credits. CometAPI charges by its own price list, not by these. */
export const Cost = Schema.Struct({ credits: Schema.Finite })
export type Cost = typeof Cost.Type

/** The id that the POST answered: an opaque string, and the only handle on a paid job. */
export const TaskId = Schema.NonEmptyString.pipe(Schema.brand("cometapi-runway/TaskId"))
export type TaskId = typeof TaskId.Type

/**
 * URL of a finished video. Whoever has it can load the video until it expires, so it is kept `Redacted` and prints without its query
 * string: `Redacted.value(url)` is the real one.
 */
export const OutputUrl = Schema.RedactedFromValue(Schema.String)
export type OutputUrl = typeof OutputUrl.Type

/** An `OutputUrl` that prints as the URL without its query. */
export const makeOutputUrl = (url: string): OutputUrl => Redacted.make(url, { label: withoutQuery(url) })

const shared = {
  id: TaskId,
  /** The status in the provider's own word, for example `PENDING`, `IN_PROGRESS` or one not known yet. */
  status: Schema.String,
  /** When the task was created, by the provider's clock. */
  createdAt: Schema.optionalKey(Schema.DateTimeUtcFromString),
  /** From 0 to 1, where the provider says so. In the gateway's envelope it is coarse: 0, 0.1, 0.2, 0.3, 1. */
  progress: Schema.optionalKey(Schema.Finite.check(Schema.isBetween({ minimum: 0, maximum: 1 }))),
  /** What the task may cost at most, where the provider says so (Runway does while it waits). Nothing here relies on it. */
  estimatedCost: Schema.optionalKey(Cost),
  /** What the task has cost, where the provider says so (Runway does once it has ended). Nothing here relies on it. */
  cost: Schema.optionalKey(Cost)
}

/** Accepted and waiting for its turn (`PENDING`, `THROTTLED`; `NOT_START`, `SUBMITTED`, `QUEUED`). */
export class Queued extends Schema.TaggedClass<Queued>("cometapi-runway/Task/Queued")("Queued", shared) {}

/** At work (`RUNNING`; `IN_PROGRESS`). */
export class Running extends Schema.TaggedClass<Running>("cometapi-runway/Task/Running")("Running", shared) {}

/**
 * The status says success and the output is not there yet. Not an end: the source page asks to poll until the status is terminal
 * *and* the output is there.
 */
export class Finishing extends Schema.TaggedClass<Finishing>("cometapi-runway/Task/Finishing")("Finishing", shared) {}

/** A status this package does not know, or a row without one. Not an end: new statuses have appeared before. */
export class Unrecognised extends Schema.TaggedClass<Unrecognised>("cometapi-runway/Task/Unrecognised")(
  "Unrecognised",
  shared
) {}

/** Done, with at least one output (`SUCCEEDED`; `SUCCESS`). */
export class Succeeded extends Schema.TaggedClass<Succeeded>("cometapi-runway/Task/Succeeded")("Succeeded", {
  ...shared,
  /** Where the finished video is, for 24 to 48 hours (Runway). */
  output: Schema.NonEmptyArray(OutputUrl)
}) {}

/** Ended without a video (`FAILED`; `FAILURE`). */
export class Failed extends Schema.TaggedClass<Failed>("cometapi-runway/Task/Failed")("Failed", {
  ...shared,
  /** Why, for people; empty when the provider does not say. */
  failure: Schema.String,
  /** Why, for programs, for example `SAFETY.INPUT.IMAGE`: an open list, matched by prefix (Runway). */
  failureCode: Schema.optionalKey(Schema.String)
}) {}

/** Ended by the provider on somebody's word (`CANCELLED`); CometAPI documents no way to ask for it. */
export class Cancelled extends Schema.TaggedClass<Cancelled>("cometapi-runway/Task/Cancelled")("Cancelled", shared) {}

/** Any state of a task. Narrow it by `_tag`. */
export const Task = Schema.Union([Queued, Running, Finishing, Unrecognised, Succeeded, Failed, Cancelled])
export type Task = typeof Task.Type

/** The states after which nothing changes any more. */
export type Terminal = Succeeded | Failed | Cancelled

/** Whether nothing will change any more. */
export const isTerminal = (task: Task): task is Terminal =>
  task._tag === "Succeeded" || task._tag === "Failed" || task._tag === "Cancelled"
