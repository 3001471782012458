/** The policies that are compared, as schedules: what is used, and what was tried and dropped. */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Random from "effect/Random"
import * as Schedule from "effect/Schedule"
import { adaptivePoll, type PollSchedule, promptPoll } from "../../src/Poll.ts"
import type { Task } from "../../src/task/Snapshot.ts"
import type { Policy } from "./Simulation.ts"

/** Up to a fifth more, as in the adaptive policy. */
const jittered = <Output>(schedule: Schedule.Schedule<Output>): PollSchedule =>
  Schedule.modifyDelay(schedule, ({ duration }) =>
    Effect.map(Random.next, (random) => Duration.times(duration, 1 + random * 0.2))
  )

/** The same delay after every look: with 5 seconds, the default before there was an adaptive one. */
export const spaced = (every: Duration.Input): PollSchedule => jittered(Schedule.spaced(every))

/** What HTTP clients do: longer and longer, whatever is seen. */
const backoff = jittered(Schedule.min([Schedule.exponential("5 seconds", 1.5), Schedule.spaced("25 seconds")]))

/** A tenth of the time since the work was first seen: late by at most a tenth, which sounds fair. */
const tenth: PollSchedule = Schedule.fromStepWithMetadata(
  Effect.sync(() => {
    let began: number | undefined
    return ({ input, now }: Schedule.InputMetadata<Option.Option<Task>>) => {
      if (Option.exists(input, ({ _tag }) => _tag === "Running")) began ??= now
      const millis = Math.min(25_000, Math.max(5000, 0.1 * (now - (began ?? now))))
      return Effect.map(Random.next, (random) => [began, Duration.millis(millis * (1 + random * 0.2))])
    }
  })
)

export const policies: Readonly<Record<string, PollSchedule>> = {
  "adaptive 5-20 s": adaptivePoll(),
  prompt: promptPoll,
  "adaptive 5-10 s": adaptivePoll({ maximum: "10 seconds" }),
  "fixed 5-6 s": spaced("5 seconds"),
  "fixed 10-12 s": spaced("10 seconds"),
  "fixed 15-18 s": spaced("15 seconds"),
  "backoff to 30 s": backoff,
  "tenth of elapsed": tenth
}

/** Four and a half to seven and a half seconds before each look, the first too. */
const sdkDelay = Effect.map(Random.next, (random) => 4.5 + 3 * random)

/** What `waitForTaskOutput` of @runwayml/sdk does after a submission, whatever it sees. */
export const sdkPolicy: Policy = {
  first: sdkDelay,
  schedule: Schedule.fromStepWithMetadata(
    Effect.succeed(() => Effect.map(sdkDelay, (delay) => [delay, Duration.seconds(delay)]))
  )
}
