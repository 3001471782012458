/**
 * Tasks that live and are looked at on paper: no sleeping, no clock, no network.
 *
 * A life is drawn from a seed: when the task becomes visible, how long it queues and works, how its progress grows, and what of it the
 * gateway shows. A poll schedule is then stepped along it at virtual times, as `Task.wait` would. Times are seconds.
 */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Random from "effect/Random"
import * as Schedule from "effect/Schedule"
import type { PollSchedule } from "../../src/Poll.ts"
import {
  Failed,
  Finishing,
  makeOutputUrl,
  Queued,
  Running,
  Succeeded,
  type Task,
  TaskId
} from "../../src/task/Snapshot.ts"

/** `bare`: Runway's own task, always fresh. `envelope`: the gateway's row, 30 % all through the work, refreshed every 15 s. */
type Shape = "bare" | "bare without progress" | "envelope" | "envelope with Runway's copy"

/** How progress grows with the share of the work that is done. */
type Curve = (share: number) => number

/** Even growth, a slow start, standing still at 93 %, and nothing but jumps. */
const curves: Readonly<Record<string, Curve>> = {
  even: (share) => share,
  slow: (share) => share ** 2,
  stalled: (share) => Math.min(0.93, share * 1.6),
  jumps: (share) => Math.floor(share * 4) / 4
}

export interface Scenario {
  readonly name: string
  readonly shape: Shape
  /** Median of the time in the queue and the sigma of its log-normal distribution. */
  readonly queue: readonly [median: number, sigma: number]
  /** Median of the time at work and the sigma of its log-normal distribution. */
  readonly work: readonly [median: number, sigma: number]
  readonly curves: ReadonlyArray<keyof typeof curves>
}

const usual = { queue: [5, 1], work: [90, 0.5], curves: ["even", "slow", "stalled", "jumps"] } as const
const spike = { queue: [150, 0.8] } as const
const broad = { work: [120, 0.9] } as const
const short = { queue: [2, 0.5], work: [25, 0.4] } as const

export const scenarios: ReadonlyArray<Scenario> = [
  { ...usual, name: "bare, usual", shape: "bare" },
  { ...usual, ...spike, name: "bare, queue spike", shape: "bare" },
  { ...usual, ...broad, name: "bare, long tail", shape: "bare" },
  { ...usual, name: "bare, stalled at 93 %", shape: "bare", curves: ["stalled"] },
  { ...usual, ...short, name: "bare, short jobs", shape: "bare" },
  { ...usual, name: "bare, no progress", shape: "bare without progress" },
  { ...usual, name: "envelope, usual", shape: "envelope" },
  { ...usual, ...spike, name: "envelope, queue spike", shape: "envelope" },
  { ...usual, ...broad, name: "envelope, long tail", shape: "envelope" },
  { ...usual, name: "envelope + Runway's copy", shape: "envelope with Runway's copy" }
]

/** One task's life. Times count from its submission. */
export interface Life {
  /** When its end can first be seen. */
  readonly end: number
  readonly look: (now: number) => Option.Option<Task>
}

const longest = 15 * 60
/** How often the gateway asks the provider, and by how much a round of all its tasks prolongs that. */
const refresh = 15
const round = 2

const life = Effect.fnUntraced(function* ({ shape, queue, work, curves: names }: Scenario) {
  const logNormal = (median: number, sigma: number) =>
    Effect.map(Effect.all([Random.next, Random.next]), ([one, other]) => {
      const normal = Math.sqrt(-2 * Math.log(1 - one)) * Math.cos(2 * Math.PI * other)
      return Math.min(longest, median * Math.exp(sigma * normal))
    })
  const visible = yield* logNormal(2, 0.8)
  const queued = yield* logNormal(...queue)
  const worked = yield* logNormal(...work)
  const curve = curves[names[Math.floor((yield* Random.next) * names.length)] ?? "even"] ?? ((share) => share)
  const fate = yield* Random.next
  const [early, late, phase, slack] = yield* Effect.all([Random.next, Random.next, Random.next, Random.next])
  // One in twenty is turned down soon after its work began; three in ten say success a while before the output is there.
  const fails = fate < 0.05
  const lasts = fails ? worked * 0.2 * early : worked
  const finishing = fate > 0.7 ? 8 * late : 0
  const done = queued + lasts
  const wrapped = shape.startsWith("envelope")
  const period = refresh + round * slack
  const firstRefresh = period * phase

  const shown = (now: number): Task => {
    if (now < queued) return wrapped ? rowQueued : bareQueued
    if (now >= done) return fails ? failed : now < done + finishing ? finish : succeeded
    if (shape === "envelope") return rowRunning
    return shape === "bare without progress" ? silentRunning : running(curve((now - queued) / worked))
  }
  const refreshed = (now: number) => firstRefresh + Math.floor((now - firstRefresh) / period) * period
  const ended = done + (fails ? 0 : finishing)
  return {
    end: Math.max(visible, wrapped ? firstRefresh + Math.ceil((ended - firstRefresh) / period) * period : ended),
    look: (now) => (now < visible ? Option.none() : Option.some(shown(wrapped ? refreshed(now) : now)))
  } satisfies Life
})

const id = TaskId.make("5b91e444-c232-deaf-a4d7-8aef3e57336b")
const bareQueued = new Queued({ id, status: "PENDING" })
const rowQueued = new Queued({ id, status: "QUEUED", progress: 0.2 })
const rowRunning = new Running({ id, status: "IN_PROGRESS", progress: 0.3 })
const silentRunning = new Running({ id, status: "RUNNING" })
const finish = new Finishing({ id, status: "SUCCEEDED" })
const failed = new Failed({ id, status: "FAILED", failure: "" })
const succeeded = new Succeeded({ id, status: "SUCCEEDED", output: [makeOutputUrl("https://cdn.example.com/out.mp4")] })
const percents = Array.from({ length: 101 }, (_, n) => new Running({ id, status: "RUNNING", progress: n / 100 }))
/** Progress in whole percents, so that the snapshots can be made once. */
const running = (progress: number): Task => percents[Math.floor(progress * 100)] ?? silentRunning

/** The same lives for the same seed, whatever will look at them. */
export const draw = (scenario: Scenario, tasks: number, seed: string): Effect.Effect<ReadonlyArray<Life>> =>
  Effect.all(Array.from({ length: tasks }, () => life(scenario))).pipe(Random.withSeed(`${seed} ${scenario.name}`))

/** As in the default policy. */
const firstAfter = 5

/** When a policy looks: for the first time, in seconds after the submission, and again. */
export interface Policy {
  readonly first: Effect.Effect<number>
  readonly schedule: PollSchedule
}

export interface Result {
  readonly requests: Summary
  /** Seconds between the end being visible and being noticed. */
  readonly delay: Summary
}

export interface Summary {
  readonly mean: number
  readonly p95: number
  readonly max: number
}

/** Looks at each life as `schedule` says, until the end has been noticed. */
export const simulate = (lives: ReadonlyArray<Life>, schedule: PollSchedule, seed: string): Effect.Effect<Result> =>
  simulatePolicy(lives, { first: Effect.succeed(firstAfter), schedule }, seed)

export const simulatePolicy = (
  lives: ReadonlyArray<Life>,
  { first, schedule }: Policy,
  seed: string
): Effect.Effect<Result> =>
  Effect.forEach(lives, ({ end, look }) =>
    Effect.gen(function* () {
      const step = yield* Schedule.toStep(schedule)
      let now = yield* first
      let requests = 1
      while (now < end) {
        const [, delay] = yield* step(now * 1000, look(now))
        now += Duration.toSeconds(delay)
        requests++
      }
      return [requests, now - end] as const
    }).pipe(Effect.orDie)
  ).pipe(Effect.map(summary), Random.withSeed(seed))

/**
 * The fixed interval, without jitter, whose mean delay is the one given, and its requests: the fair opponent.
 *
 * In closed form, and averaged over sixteen first looks, as a single one may happen to suit the tasks.
 */
export const fixedOfEqualDelay = (lives: ReadonlyArray<Life>, delay: number) => {
  let [low, high] = [0.1, 240]
  for (let turn = 0; turn < 30; turn++) {
    const middle = (low + high) / 2
    if (fixed(lives, middle).delay < delay) low = middle
    else high = middle
  }
  return { every: low, ...fixed(lives, low) }
}

const fixed = (lives: ReadonlyArray<Life>, every: number) => {
  const phases = 16
  let requests = 0
  let delay = 0
  for (const { end } of lives) {
    for (let phase = 0; phase < phases; phase++) {
      const first = firstAfter + every * ((phase + 0.5) / phases - 0.5)
      const more = Math.max(0, Math.ceil((end - first) / every))
      requests += more + 1
      delay += first + more * every - end
    }
  }
  return { requests: requests / lives.length / phases, delay: delay / lives.length / phases }
}

const summary = (looks: ReadonlyArray<readonly [requests: number, delay: number]>): Result => ({
  requests: summarise(looks.map(([requests]) => requests)),
  delay: summarise(looks.map(([, delay]) => delay))
})

const summarise = (values: ReadonlyArray<number>): Summary => {
  const sorted = values.toSorted((one, other) => one - other)
  return {
    mean: values.reduce((sum, value) => sum + value, 0) / values.length,
    p95: sorted[Math.floor(values.length * 0.95)] ?? 0,
    max: sorted.at(-1) ?? 0
  }
}
