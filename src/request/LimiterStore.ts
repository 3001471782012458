/**
 * The counters that several machines share, made safe to rely on: a store that fails, dies or hangs stops no request.
 *
 * Each call to the store has a time limit. After a call that came to nothing the store is left alone for a while, and this process
 * counts for itself. It decides no pace: it offers what Effect's `RateLimiter` offers.
 *
 * @module
 */
import * as Cause from "effect/Cause"
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as RateLimiter from "effect/persistence/RateLimiter"
import * as Shown from "../Shown.ts"

/** Which counters an account's requests are counted with: the shared ones while they can be reached, this process's own otherwise. */
export interface Counters {
  /** Asks the shared counters, or else this process's own. What is asked must not fail where the counters are this process's own. */
  readonly ask: <A>(question: Question<A>) => Effect.Effect<A>
  /** Whether there are shared counters at all. */
  readonly isShared: boolean
  /** This process's own. */
  readonly own: RateLimiter.RateLimiter
}

/** Something asked of counters. */
type Question<A> = (counters: RateLimiter.RateLimiter) => Effect.Effect<A, RateLimiter.RateLimiterError>

/** How long the store may take for one call. Redis takes a millisecond. */
const longestCall = Duration.seconds(2)

/** For how long the store is left alone after a call that came to nothing. Otherwise each request would wait for it anew. */
const leftAlone = Duration.seconds(30)

/** The counters of the store that surrounds a layer; without one, only this process's own. */
export const make: Effect.Effect<Counters> = Effect.gen(function* () {
  const own = yield* RateLimiter.make.pipe(Effect.provide(RateLimiter.layerStoreMemory))
  const askOwn = <A>(question: Question<A>): Effect.Effect<A> => Effect.orDie(question(own))
  const store = yield* Effect.serviceOption(RateLimiter.RateLimiterStore)
  if (Option.isNone(store)) return { own, ask: askOwn, isShared: false }

  const shared = yield* RateLimiter.make.pipe(Effect.provide(Layer.succeed(RateLimiter.RateLimiterStore, store.value)))
  let triedAgainAt = -Infinity
  let warned = false
  const ask = Effect.fnUntraced(function* <A>(question: Question<A>): Effect.fn.Return<A> {
    if ((yield* Clock.currentTimeMillis) < triedAgainAt) return yield* askOwn(question)
    const exit = yield* withinTime(Effect.suspend(() => question(shared)))
    if (Option.isSome(exit) && Exit.isSuccess(exit.value)) return exit.value.value
    triedAgainAt = (yield* Clock.currentTimeMillis) + Duration.toMillis(leftAlone)
    if (!warned) {
      warned = true
      const why = Option.match(exit, {
        onNone: () => `it did not answer within ${Duration.format(longestCall)}`,
        // A store's error may name it by a URL with a password.
        onSome: (failed) => (Exit.isFailure(failed) ? Shown.line(String(Cause.squash(failed.cause))) : "")
      })
      yield* Effect.logWarning("the rate limiter's store failed; this process keeps the pace by itself", why)
    }
    return yield* askOwn(question)
  })
  return { own, ask, isShared: true }
})

/** How a call ended, or nothing when it did not end in time. It is never waited for longer, not even when it cannot be interrupted. */
const withinTime = Effect.fnUntraced(function* <A, E>(
  call: Effect.Effect<A, E>
): Effect.fn.Return<Option.Option<Exit.Exit<A, E>>> {
  const fiber = yield* Effect.forkDetach(call, { startImmediately: true })
  return yield* Fiber.await(fiber).pipe(
    Effect.timeoutOption(longestCall),
    Effect.ensuring(Effect.sync(() => fiber.interruptUnsafe()))
  )
})
