/**
 * One account's pace: every request of a layer waits here for its turn, submissions go before reads, and a 429 slows all of them down.
 *
 * The counting is Effect's `RateLimiter`, in this process's memory unless a `RateLimiterStore` is provided to the layer: with its Redis
 * store, several machines that share a key share its pace. It sends nothing itself, and it does not wait for a store that is away
 * (`LimiterStore.ts`).
 *
 * @module
 */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as RateLimiter from "effect/persistence/RateLimiter"
import * as Semaphore from "effect/Semaphore"
import { type Answer, retryAfter } from "./Answer.ts"
import * as LimiterStore from "./LimiterStore.ts"
import { type Kind, patiently, type Restore } from "./Retry.ts"

/**
 * A pace: so many requests per time on average. Without one, requests go as they come until the provider answers 429.
 *
 * It is a token bucket. After a rest, `burst` requests go at once, and one more each time `per / requests` has passed; so within any
 * `per` there are never more than `burst + requests`.
 */
export interface Limit {
  readonly requests: number
  readonly per: Duration.Input
  /** How many may go at once after a rest. 1 spaces them evenly. Default: as many as `requests`. */
  readonly burst?: number | undefined
}

export interface Limiter {
  /** Runs an attempt when it is its turn, which it waits for under `restore`, and learns from its answer. */
  readonly inTurn: (kind: Kind, restore: Restore) => <E>(attempt: Effect.Effect<Answer, E>) => Effect.Effect<Answer, E>
}

/** How long all requests pause after a 429 that does not say. */
const defaultPause = Duration.seconds(5)

/** A request's turn: how things stood with the pauses, and whose counters said so. */
interface Turn extends RateLimiter.AdaptiveConsumeResult {
  readonly counters: RateLimiter.RateLimiter
}

/** Makes the pace of one account, which is known to the store by a name that reveals nothing of its key. */
export const make = Effect.fnUntraced(function* (account: string, limit: Limit | undefined): Effect.fn.Return<Limiter> {
  const store = yield* LimiterStore.make
  const key = `cometapi-runway/${account}`
  const next = slot(store, key, limit)
  const turn = yield* Semaphore.make(1)
  // Only one read at a time may queue for a turn, so that a submission has at most one read before it.
  const reads = yield* Semaphore.make(1)

  // Until a 429 is met there is nothing to wait for and nothing to count, unless a limit or a store says so.
  let mustQueue = limit !== undefined || store.isShared

  const queued = (kind: Kind, restore: Restore): Effect.Effect<Turn> => {
    const ours = turn.withPermit(next)
    return restore(kind === "read" ? reads.withPermit(ours) : ours)
  }

  // Thousands of waits that are taken up at once would open a connection each; a submission never waits for any of them.
  const inFlight = yield* Semaphore.make(maxReadsInFlight)

  const inTurn: Limiter["inTurn"] = (kind, restore) => (attempt) => {
    const turnByTurn = Effect.flatMap(
      Effect.suspend(() => (mustQueue ? queued(kind, restore) : Effect.succeed({ ...calm, counters: store.own }))),
      (taken) =>
        Effect.tap(attempt, (answer) => {
          mustQueue ||= answer.status === 429
          return mustQueue ? learn(store, key, taken, answer) : Effect.void
        })
    )
    return kind === "read" ? inFlight.withPermit(turnByTurn) : turnByTurn
  }

  return { inTurn }
})

/** How many reads are under way at the same time at most. The others wait for their turn, in the order in which they came. */
const maxReadsInFlight = 100

/** What this process's own counters say as long as there was no 429. */
const calm = { delay: Duration.zero, epoch: 0, phase: "inactive" } as const

const pauses = (key: string): string => `${key}/429`

/** Waits until an account may send one request more. */
const slot = Effect.fnUntraced(function* (
  store: LimiterStore.Counters,
  key: string,
  limit: Limit | undefined
): Effect.fn.Return<Turn> {
  if (limit !== undefined) {
    const bucket = bucketOf(limit)
    const { delay } = yield* store.ask((counters) => counters.consume({ ...bucket, key }))
    if (Duration.isPositive(delay)) yield* Effect.sleep(delay)
  }
  const pace = { key: pauses(key), tokens: 1, fallbackLimit: 1, fallbackWindow: defaultPause }
  for (;;) {
    const turn = yield* store.ask((counters) =>
      Effect.map(counters.adaptiveConsume(pace), (result): Turn => ({ ...result, counters }))
    )
    if (Duration.isPositive(turn.delay)) yield* Effect.sleep(turn.delay)
    // A pause is over for the first in line only; it finds out how things stand before it goes on.
    if (turn.phase !== "cooldown" || !Duration.isPositive(turn.delay)) return turn
  }
})

/** The token bucket of a limit: it holds the burst, and fills at the limit's rate. */
const bucketOf = ({ requests, per, burst = requests }: Limit) => ({
  limit: burst,
  window: Duration.times(Duration.fromInputUnsafe(per), burst / requests),
  algorithm: "token-bucket" as const,
  onExceeded: "delay" as const
})

/** What an answer says of the pace goes to the counters that gave the turn. */
const learn = (store: LimiterStore.Counters, key: string, turn: Turn, answer: Answer): Effect.Effect<void> => {
  const pause = patiently(retryAfter(answer) ?? defaultPause)
  const feedback = { key: pauses(key), tokens: 1, epoch: turn.epoch, status: answer.status, retryAfter: pause }
  if (turn.counters === store.own) return Effect.orDie(store.own.adaptiveFeedback(feedback))
  return store.ask((counters) =>
    // Where the store went away since, this process begins to count anew, and its first count is 0.
    counters.adaptiveFeedback(counters === store.own ? { ...feedback, epoch: 0 } : feedback)
  )
}
