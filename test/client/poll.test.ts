import { describe, expect, it } from "@effect/vitest"
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Random from "effect/Random"
import * as Schedule from "effect/Schedule"
import * as Schema from "effect/Schema"
import { policies, spaced } from "../../bench/polling/Policies.ts"
import { draw, fixedOfEqualDelay, scenarios, simulate } from "../../bench/polling/Simulation.ts"
import { adaptivePoll, defaultPoll, type PollSchedule } from "../../src/Poll.ts"
import * as Task from "../../src/Task.ts"
import { provider } from "../support/Provider.ts"
import { failure, run } from "../support/VirtualTime.ts"

const id = Task.TaskId.make("5b91e444-c232-deaf-a4d7-8aef3e57336b")
const queued = new Task.Queued({ id, status: "PENDING" })
const silent = new Task.Running({ id, status: "RUNNING" })
const row = new Task.Running({ id, status: "IN_PROGRESS", progress: 0.3 })
const running = (progress: number) => new Task.Running({ id, status: "RUNNING", progress })
const finishing = new Task.Finishing({ id, status: "SUCCEEDED" })
const unknown = new Task.Unrecognised({ id, status: "SOMETHING_NEW" })
const nothing = undefined

/** One wait on paper: given what a look showed, the seconds to the next, which then is now. */
const waiter = (schedule: PollSchedule) =>
  Effect.map(Schedule.toStep(schedule), (step) => {
    let now = 0
    return (seen: Task.Task | undefined) =>
      step(now, Option.fromUndefinedOr(seen)).pipe(
        Effect.map(([, delay]) => {
          now += Duration.toMillis(delay)
          return Duration.toSeconds(delay)
        }),
        Effect.orDie
      )
  })

/** The seconds after each of these looks. */
const pauses = (schedule: PollSchedule, ...seen: ReadonlyArray<Task.Task | undefined>) =>
  Effect.flatMap(waiter(schedule), (next) => Effect.forEach(seen, next))

const between = (least: number, most: number) => (pause: number | undefined) => {
  expect(pause).toBeGreaterThanOrEqual(least)
  expect(pause).toBeLessThanOrEqual(most)
}
// A jitter of up to a fifth is in these.
const atMinimum = between(5, 6)
const blind = between(7.5, 9)
const atMaximum = between(20 / 1.2, 20)

describe("the adaptive schedule", () => {
  const look = Schema.Struct({
    kind: Schema.Literals(["nothing", "Queued", "Running", "silent", "Finishing", "Unrecognised"]),
    progress: Schema.Finite.check(Schema.isBetween({ minimum: 0, maximum: 1 }))
  })
  const limits = Schema.Struct({
    minimum: Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 60_000 })),
    more: Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 120_000 }))
  })
  const shown = { nothing, Queued: queued, silent, Finishing: finishing, Unrecognised: unknown }

  it.effect.prop(
    "never looks sooner than the minimum nor later than the maximum, whatever it is shown",
    [limits, Schema.Array(look)],
    ([{ minimum, more }, looks]) =>
      Effect.gen(function* () {
        const seen = looks.map(({ kind, progress }) => (kind === "Running" ? running(progress) : shown[kind]))
        const maximum = minimum + more
        for (const pause of yield* pauses(adaptivePoll({ minimum, maximum }), ...seen)) {
          // Seconds are fractions here.
          between(minimum / 1000 - 1e-6, maximum / 1000 + 1e-6)(pause)
        }
      })
  )

  it.effect("looks seldom while the task is queued, and in the first 40 seconds of its work", () =>
    Effect.gen(function* () {
      const [inQueue, early, still, again, later] = yield* pauses(
        adaptivePoll(),
        queued,
        silent,
        silent,
        silent,
        silent
      )
      atMaximum(inQueue)
      atMaximum(early)
      atMaximum(still)
      atMaximum(again)
      blind(later)
    })
  )

  it.effect("sleeps half of the time that seems to remain", () =>
    Effect.gen(function* () {
      const next = yield* waiter(adaptivePoll({ maximum: "2 minutes" }))
      const worked = yield* next(running(0))
      // A tenth done in the time worked so far, so nine times that remain; then three tenths in all the time so far.
      expect(worked).toBeGreaterThanOrEqual(100)
      between(100, 120)(yield* next(running(0.1)))
      const whole = worked + 120
      between((0.5 * 100) / 9, (1.2 * 0.5 * whole) / 9)(yield* next(running(0.9)))
    })
  )

  it.effect("looks at the minimum near the end, and while the output is missing", () =>
    Effect.gen(function* () {
      const [, , , nearly, there, missing] = yield* pauses(
        adaptivePoll(),
        running(0),
        running(0.4),
        running(0.7),
        running(0.95),
        running(1),
        finishing
      )
      atMinimum(nearly)
      atMinimum(there)
      atMinimum(missing)
      // The first look at a resumed wait, when there is no speed yet.
      atMinimum((yield* pauses(adaptivePoll(), running(0.95)))[0])
    })
  )

  it.effect("goes on looking when progress stands still, or falls", () =>
    Effect.gen(function* () {
      const stalled = yield* pauses(adaptivePoll(), running(0.1), ...Array.from({ length: 100 }, () => running(0.93)))
      for (const pause of stalled.slice(1)) between(5, 20)(pause)
      // It may seem ever longer, but only as the time without progress grows.
      for (const pause of stalled.slice(1, 6)) atMinimum(pause)
      const fallen = yield* pauses(adaptivePoll(), running(0.5), running(0.6), running(0.2), running(0.2), running(0))
      blind(fallen[4])
    })
  )

  it.effect("does not take the envelope's 30 % for a measure, nor its steps while queued", () =>
    Effect.gen(function* () {
      const steps = [0.1, 0.2].map((progress) => new Task.Queued({ id, status: "QUEUED", progress }))
      const [first, second, ...atWork] = yield* pauses(
        adaptivePoll(),
        ...steps,
        ...Array.from({ length: 60 }, () => row)
      )
      atMaximum(first)
      atMaximum(second)
      for (const pause of atWork.slice(0, 2)) between(14, 16.8)(pause)
      for (const pause of atWork.slice(3)) blind(pause)
    })
  )

  it.effect(
    "keeps to what it knew when a look saw nothing, and knows nothing before the first that saw something",
    () =>
      Effect.gen(function* () {
        const [unseen, , blip, , , late] = yield* pauses(
          adaptivePoll(),
          nothing,
          queued,
          nothing,
          running(0),
          running(0.8),
          nothing
        )
        blind(unseen)
        atMaximum(blip)
        atMinimum(late)
        blind((yield* pauses(adaptivePoll(), unknown))[0])
      })
  )

  it.effect("begins to measure anew when a task goes back to the queue", () =>
    Effect.gen(function* () {
      const [, , , again] = yield* pauses(adaptivePoll(), running(0.5), running(0.9), queued, running(0.2))
      between(16, 19.2)(again)
    })
  )

  it.effect("is shared by waits that do not know of each other", () =>
    Effect.gen(function* () {
      const shared = adaptivePoll()
      const [one, other] = [yield* waiter(shared), yield* waiter(shared)]
      yield* one(running(0))
      atMaximum(yield* other(queued))
      atMinimum(yield* one(running(0.95)))
      atMaximum(yield* other(nothing))
      atMinimum(yield* one(nothing))
      atMaximum(yield* other(running(0)))
      atMinimum(yield* one(running(0.97)))
    })
  )

  it.effect("spreads waits that began together", () =>
    Effect.gen(function* () {
      for (const seen of [queued, silent, finishing, nothing]) {
        const times = yield* Effect.forEach(Array.from({ length: 20 }), () => pauses(adaptivePoll(), seen))
        expect(new Set(times.flat()).size).toBe(20)
      }
    }).pipe(Random.withSeed("spread"))
  )

  it.effect("takes a maximum below the minimum for the minimum", () =>
    Effect.gen(function* () {
      const every = adaptivePoll({ minimum: "1 minute", maximum: "10 seconds" })
      expect(yield* pauses(every, queued, running(0.1), running(0.9), finishing)).toEqual([60, 60, 60, 60])
    })
  )
})

describe("a wait with the default schedule", () => {
  /** Queued for 40 s, at work for 60 s. */
  const scripted = Effect.map(Clock.Clock, (clock) => {
    const times: Array<number> = []
    const api = provider(() => {
      const now = clock.currentTimeMillisUnsafe()
      times.push(now)
      const progress = (now - 40_000) / 60_000
      if (progress < 0) return Response.json({ id, status: "PENDING" })
      if (progress < 1) return Response.json({ id, status: "RUNNING", progress })
      return Response.json({ id, status: "SUCCEEDED", output: ["https://cdn.example.com/out.mp4"] })
    })
    return { times, api }
  })

  it.effect("notices the end soon, with fewer requests than one every five seconds", () =>
    Effect.gen(function* () {
      const { times, api } = yield* scripted
      yield* run(Task.wait(id)).pipe(Effect.provide(api.layer()))
      const gaps = times.slice(1).map((time, index) => time - (times[index] ?? 0))
      for (const gap of gaps) between(5000, 20_000)(gap)
      between(100_000, 106_000)(times.at(-1))
      expect(times.length).toBeLessThanOrEqual(12)
    }).pipe(Random.withSeed("wait"))
  )

  it.effect("ends at its deadline to the millisecond", () =>
    Effect.gen(function* () {
      const { times, api } = yield* scripted
      // Read as the wait ends: on a busy machine the test's clock may go on before the test notices.
      const ends: Array<number> = []
      const wait = Task.wait(id, { deadline: "77 seconds" }).pipe(
        Effect.ensuring(Effect.map(Clock.currentTimeMillis, (now) => ends.push(now)))
      )
      const error = yield* failure(wait).pipe(Effect.provide(api.layer()))
      expect(error.reason._tag).toBe("WaitTimedOut")
      // Random pauses are no whole milliseconds, and their sum is a rounded one.
      expect(ends.map(Math.round)).toEqual([77_000])
      expect(Math.max(...times)).toBeLessThan(77_000)
    })
  )
})

describe("in the simulation", () => {
  const seed = "test"
  const saved = (name: string, schedule: PollSchedule, tasks = 400) =>
    Effect.gen(function* () {
      const scenario = scenarios.find((scenario) => scenario.name === name)
      if (scenario === undefined) throw new Error(`no scenario "${name}"`)
      const lives = yield* draw(scenario, tasks, seed)
      const { requests, delay } = yield* simulate(lives, schedule, seed)
      return 1 - requests.mean / fixedOfEqualDelay(lives, delay.mean).requests
    })

  // Measured on 2500 tasks each: see docs/polling.md.
  it.effect.each([
    { name: "bare, usual", least: 0.25 },
    { name: "bare, queue spike", least: 0.4 },
    { name: "bare, long tail", least: 0.3 },
    { name: "bare, stalled at 93 %", least: 0.15 },
    { name: "bare, short jobs", least: 0.2 },
    { name: "bare, no progress", least: 0.08 },
    { name: "envelope, usual", least: 0.06 },
    { name: "envelope, queue spike", least: 0.25 },
    { name: "envelope, long tail", least: 0 },
    { name: "envelope + Runway's copy", least: 0.15 }
  ])("the default asks less than a fixed interval that is as late: $name", ({ name, least }) =>
    Effect.gen(function* () {
      expect(yield* saved(name, defaultPoll.schedule)).toBeGreaterThan(least)
    })
  )

  it.effect("a fixed interval saves nothing against itself, and growing intervals lose", () =>
    Effect.gen(function* () {
      between(-0.06, 0.06)(yield* saved("bare, usual", spaced("8 seconds")))
      expect(yield* saved("bare, usual", policies["backoff to 30 s"] ?? spaced(0))).toBeLessThan(-0.2)
      expect(yield* saved("bare, usual", policies["tenth of elapsed"] ?? spaced(0))).toBeLessThan(-0.2)
    })
  )

  it.effect("the same seed draws the same tasks and the same result", () =>
    Effect.gen(function* () {
      for (const scenario of scenarios) {
        const once = Effect.flatMap(draw(scenario, 20, seed), (lives) => simulate(lives, defaultPoll.schedule, seed))
        expect(yield* once).toEqual(yield* once)
      }
    })
  )
})
