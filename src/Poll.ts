/**
 * How a task is waited for, as a value: when to look again, for how long, and how long a young task may stay invisible.
 *
 * @module
 */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as Option from "effect/Option"
import * as Random from "effect/Random"
import * as Schedule from "effect/Schedule"
import type { Task } from "./TaskSnapshot.ts"

/** When to look again. Its input is what the last look showed: the task, or nothing when it could not be seen. */
export type PollSchedule = Schedule.Schedule<unknown, Option.Option<Task>>

export interface PollPolicy {
  /** When to look again. Default: every 5 to 6 seconds. */
  readonly schedule: PollSchedule
  /** How long after a submission the first look is taken. Default: 5 seconds. */
  readonly firstAfter: Duration.Input
  /** How long the whole wait may take; then the request in flight is cut and the wait ends. Default: 30 minutes. */
  readonly deadline: Duration.Input
  /**
   * How long after its submission the provider may say that it knows no such task. Default: 3 minutes; a few seconds are documented,
   * minutes have been reported.
   */
  readonly notFoundGrace: Duration.Input
}

/** Runway asks for no more than one look every 5 seconds; the jitter, upwards only, keeps many waits from falling into step. */
const everyFiveSeconds: PollSchedule = Schedule.spaced("5 seconds").pipe(
  Schedule.setInputType<Option.Option<Task>>(),
  Schedule.modifyDelay(({ duration }) =>
    Effect.map(Random.next, (random) => Duration.times(duration, 1 + random * 0.2))
  )
)

export const defaultPoll: PollPolicy = {
  schedule: everyFiveSeconds,
  firstAfter: "5 seconds",
  deadline: "30 minutes",
  notFoundGrace: "3 minutes"
}
