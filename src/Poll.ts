/**
 * How a task is waited for, as a value: when to look again, for how long, and how long a young task may stay invisible. Nothing here looks
 * or waits.
 *
 * @module
 */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Random from "effect/Random"
import * as Schedule from "effect/Schedule"
import * as Time from "./Time.ts"
import type { Task } from "./task/Snapshot.ts"

/** When to look again. Its input is what the last look showed: the task, or nothing when it could not be seen. */
export type PollSchedule = Schedule.Schedule<unknown, Option.Option<Task>>

export interface PollPolicy {
  /** When to look again. Default: `adaptivePoll()`, every 5 to 20 seconds by what was last seen. */
  readonly schedule: PollSchedule
  /** How long after a submission the first look is taken. Default: 5 seconds. */
  readonly firstAfter: Duration.Input
  /** How long the whole wait may take; then the request in flight is cut and the wait ends. Default: 30 minutes. */
  readonly deadline: Duration.Input
  /**
   * How long the provider may say that it knows no such task: from its submission, or from the last time that it was seen. Default: 3
   * minutes where the submission is known, because this layer made it, or by a handle or `submittedAt` (a few seconds are documented,
   * minutes have been reported), and 15 seconds for a bare id from elsewhere, which nothing proves.
   */
  readonly notFoundGrace?: Duration.Input | undefined
  /** How long a task may say that it succeeded and show no output. Default: 3 minutes. */
  readonly outputGrace: Duration.Input
}

export interface AdaptivePollOptions {
  /** No two looks are closer than this. Default: 5 seconds, as Runway asks. */
  readonly minimum?: Duration.Input | undefined
  /** No two looks are further apart than this; so late can the end be noticed at worst. Default: 20 seconds. */
  readonly maximum?: Duration.Input | undefined
}

/** How often one policy looks, by what was seen. Times are in milliseconds; up to `jitter` more, never less, keeps many waits from falling into step. */
interface Pace {
  /** No two looks are closer than this, and none are further apart than `maximum`. */
  readonly minimum: number
  readonly maximum: number
  readonly queued: number
  /** When the work has just begun: hardly a video is made in the time of `youth`, so there is little to miss. */
  readonly young: number
  readonly youth: number
  /** At most, while progress grows; within that, this share of the time that seems to remain. An estimate twice too long then still comes before the end. */
  readonly gaining: number
  readonly share: number
  /** When nothing tells how long it will take. Growing with the time elapsed was tried and loses to any fixed interval. */
  readonly blind: number
  readonly jitter: number
}

/**
 * When to look again, by what was last seen: seldom while nothing can have ended, often near the end.
 *
 * Use it to move the default's limits: a lower `maximum` notices the end sooner, a higher one asks less. Within them, with up to a fifth
 * more at random:
 *
 * - queued: the maximum;
 * - at work, with progress that has grown since it was first seen: half of the time that seems to remain;
 * - at work for less than 40 seconds, without such progress: the maximum, less the share that is done;
 * - success without its output: the minimum;
 * - anything else: one and a half minimums.
 *
 * Progress that stands still, as the 30 % of the gateway's envelope, is no measure and is not taken for one. A look that saw nothing
 * changes nothing. The value can be shared by any number of waits. Limits are durations: texts such as `"10 seconds"`, or milliseconds.
 * A maximum below the minimum is taken for the minimum.
 *
 * @example
 * ```ts
 * import { Redacted } from "effect"
 * import { adaptivePoll, Runway } from "cometapi-runway"
 *
 * declare const apiKey: Redacted.Redacted<string>
 *
 * const overnight = Runway.layer({ apiKey, poll: { schedule: adaptivePoll({ maximum: "1 minute" }) } })
 * ```
 */
export const adaptivePoll = (options: AdaptivePollOptions = {}): PollSchedule => {
  const given = { minimum: options.minimum ?? "5 seconds", maximum: options.maximum ?? "20 seconds" }
  const minimum = limit(given.minimum) ?? 5000
  const maximum = Math.max(minimum, limit(given.maximum) ?? 20_000)
  const schedule = scheduleOf({
    minimum,
    maximum,
    queued: maximum,
    young: maximum,
    youth: 40_000,
    gaining: maximum,
    share: 0.5,
    blind: minimum * 1.5,
    jitter: 0.2
  })
  const wrong = (["minimum", "maximum"] as const).find((name) => limit(given[name]) === undefined)
  if (wrong !== undefined) {
    problems.set(schedule, `has a ${wrong} that is no time like "10 seconds", longer than none and not endless`)
  }
  return schedule
}

const scheduleOf = (pace: Pace): PollSchedule =>
  // The effect runs once for each wait, so each has its own memory.
  Schedule.fromStepWithMetadata(
    Effect.sync(() => {
      let memory: Memory = { task: undefined, began: undefined }
      return ({ input, now }: Schedule.InputMetadata<Option.Option<Task>>) =>
        Effect.map(Random.next, (random) => {
          memory = after(memory, input, now)
          const { minimum, maximum, jitter } = pace
          // Room for the jitter below the maximum, or those who wait longest would be in step.
          const base = Math.max(minimum, Math.min(wanted(memory, now, pace), maximum / (1 + jitter)))
          const delay = Duration.millis(Math.min(maximum, base * (1 + jitter * random)))
          return [delay, delay]
        })
    })
  )

/**
 * When to look again for those who sit and wait: on average the end is noticed no later than by Runway's own SDK, which looks every 4.5 to
 * 7.5 seconds, with fewer requests than it makes.
 *
 * Use it where a person watches, and the default where nobody does: it makes up to twice as many requests. No two looks are closer than 5
 * seconds, as Runway asks.
 *
 * @example
 * ```ts
 * import { promptPoll, Task } from "cometapi-runway"
 *
 * const program = Task.wait("5b91e444-c232-deaf-a4d7-8aef3e57336b", { schedule: promptPoll })
 * ```
 */
export const promptPoll: PollSchedule = scheduleOf({
  minimum: 5000,
  maximum: 13_200,
  queued: 12_000,
  young: 10_000,
  youth: 20_000,
  gaining: 7500,
  share: 0.3,
  blind: 5400,
  jitter: 0.1
})

/** Schedules that were made from limits which are no times, and what is wrong with those. */
const problems = new WeakMap<object, string>()

/** What is wrong with a schedule of `adaptivePoll`, where its limits cannot be used; said before a wait begins, not in the middle of it. */
export const problemOf = (schedule: object): string | undefined => problems.get(schedule)

/** A limit in milliseconds, or nothing. */
const limit = (input: Duration.Input): number | undefined =>
  Option.getOrUndefined(Option.map(Time.readPositive(input), Duration.toMillis))

/** What one wait remembers for its schedule. */
interface Memory {
  /** The task as it was last seen. */
  readonly task: Task | undefined
  /** Since when, and from which progress on, the task has been seen at work. */
  readonly began: { readonly at: number; readonly progress: number } | undefined
}

const after = (memory: Memory, look: Option.Option<Task>, now: number): Memory => {
  const task = Option.getOrElse(look, () => memory.task)
  if (task?._tag === "Queued") return { task, began: undefined }
  if (task?._tag !== "Running") return { task, began: memory.began }
  return { task, began: memory.began ?? { at: now, progress: task.progress ?? 0 } }
}

/** How many milliseconds to wait for the next look, before the limits and the jitter. */
const wanted = ({ task, began }: Memory, now: number, pace: Pace): number => {
  if (task?._tag === "Queued") return pace.queued
  if (task?._tag === "Finishing") return pace.minimum
  if (task?._tag !== "Running" || began === undefined) return pace.blind
  const { progress = 0 } = task
  const worked = now - began.at
  const gained = progress - began.progress
  if (gained > 0) return Math.min(pace.gaining, pace.share * (1 - progress) * (worked / gained))
  return worked < pace.youth ? pace.young * (1 - progress) : pace.blind
}

export const defaultPoll: PollPolicy = {
  schedule: adaptivePoll(),
  firstAfter: "5 seconds",
  deadline: "30 minutes",
  outputGrace: "3 minutes"
}

/** How long an unknown task is waited for, unless the caller says: long when its submission proves it, short when nothing does. */
export const defaultNotFoundGrace = { proven: "3 minutes", bareId: "15 seconds" } satisfies Record<
  string,
  Duration.Input
>
