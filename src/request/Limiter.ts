/**
 * One account's pace: every request of a layer waits here for its turn, submissions go before reads, and a 429 slows all of them down.
 *
 * The counting is Effect's `RateLimiter`, in this process's memory unless a `RateLimiterStore` is provided to the layer: with its Redis
 * store, several machines that share a key share its pace. It sends nothing itself. When the store fails, requests go on without it;
 * the provider's own 429 still slows them.
 *
 * @module
 */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as RateLimiter from "effect/persistence/RateLimiter"
import * as Semaphore from "effect/Semaphore"
import { type Answer, retryAfter } from "./Answer.ts"
import { type Kind, patiently, type Restore } from "./Retry.ts"

/** A pace that is never exceeded. Without one, requests go as they come until the provider answers 429. */
export interface Limit {
  readonly requests: number
  readonly per: Duration.Input
}

export interface Limiter {
  /** Runs an attempt when it is its turn, which it waits for under `restore`, and learns from its answer. */
  readonly inTurn: (kind: Kind, restore: Restore) => <E>(attempt: Effect.Effect<Answer, E>) => Effect.Effect<Answer, E>
}

/** How long all requests pause after a 429 that does not say. */
const defaultPause = Duration.seconds(5)

/** Makes the pace of one account, which is known to the store by a name that reveals nothing of its key. */
export const make = Effect.fnUntraced(function* (account: string, limit: Limit | undefined): Effect.fn.Return<Limiter> {
  const provided = yield* Effect.serviceOption(RateLimiter.RateLimiterStore)
  const store = Option.match(provided, {
    onNone: () => RateLimiter.layerStoreMemory,
    onSome: (store) => Layer.succeed(RateLimiter.RateLimiterStore, store)
  })
  const limiter = yield* RateLimiter.make.pipe(Effect.provide(store))
  const key = `cometapi-runway/${account}`
  const turn = yield* Semaphore.make(1)
  // Only one read at a time may queue for a turn, so that a submission has at most one read before it.
  const reads = yield* Semaphore.make(1)

  const pace = { key: `${key}/429`, tokens: 1, fallbackLimit: 1, fallbackWindow: defaultPause }
  const orWithoutStore = <A>(effect: Effect.Effect<A, RateLimiter.RateLimiterError>, fallback: A) =>
    Effect.catch(effect, (error) => Effect.as(Effect.logWarning("the rate limiter's store failed", error), fallback))

  /** Waits until this account may send one request more. */
  const slot: Effect.Effect<number> = Effect.gen(function* () {
    if (limit !== undefined) {
      const consumed = limiter.consume({
        key,
        window: limit.per,
        limit: limit.requests,
        algorithm: "token-bucket",
        onExceeded: "delay"
      })
      const delay = yield* orWithoutStore(
        Effect.map(consumed, ({ delay }) => delay),
        Duration.zero
      )
      if (Duration.isPositive(delay)) yield* Effect.sleep(delay)
    }
    for (;;) {
      const { delay, epoch, phase } = yield* orWithoutStore<
        Pick<RateLimiter.AdaptiveConsumeResult, "delay" | "epoch" | "phase">
      >(limiter.adaptiveConsume(pace), { delay: Duration.zero, epoch: 0, phase: "inactive" })
      if (Duration.isPositive(delay)) yield* Effect.sleep(delay)
      // A pause is over for the first in line only; it finds out how things stand before it goes on.
      if (phase !== "cooldown" || !Duration.isPositive(delay)) return epoch
    }
  })

  const inTurn: Limiter["inTurn"] = (kind, restore) => (attempt) =>
    Effect.gen(function* () {
      const next = turn.withPermit(slot)
      const epoch = yield* restore(kind === "read" ? reads.withPermit(next) : next)
      const answer = yield* attempt
      const pause = patiently(retryAfter(answer) ?? defaultPause)
      const feedback = { key: pace.key, tokens: 1, epoch, status: answer.status, retryAfter: pause }
      yield* orWithoutStore(limiter.adaptiveFeedback(feedback), undefined)
      return answer
    })

  return { inTurn }
})
