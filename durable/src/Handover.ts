/**
 * The moment at which this process hands its jobs over: it was told to stop, and from now on begins nothing.
 *
 * A step that has not ended is cut off without a result, so the next process runs it again. What such a step still has to do (let a request
 * that has left finish, write its id down) it does before it is over; how long that takes is not decided here.
 *
 * @module
 */
import { Abandon } from "effect/cluster/ClusterSchema"
import { Sharding } from "effect/cluster/Sharding"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Latch from "effect/Latch"
import * as Option from "effect/Option"
import * as Schedule from "effect/Schedule"

export interface Handover {
  /** Runs an effect until it ends or the handover begins. */
  readonly until: <A, E, R>(effect: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>
  /** Begins an effect only before the end is near; later it waits, until it is cut off. */
  readonly inTime: <A, E, R>(effect: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>
  /** Begins the handover as soon as the cluster knows that this process is about to end, which is for the caller to bring about. */
  readonly begin: Effect.Effect<unknown>
}

export const make: Effect.Effect<Handover> = Effect.gen(function* () {
  const begun = Latch.makeUnsafe(false)
  let near = false
  const cluster = yield* Effect.serviceOption(Sharding)
  // Before the cluster knows, it would take a step that is cut off for one that has ended.
  const isKnown = Option.isNone(cluster)
    ? Effect.void
    : Effect.repeat(cluster.value.isShutdown, { until: (is) => is, schedule: Schedule.spaced("5 millis") })
  // An engine whose cluster cannot be asked might write such a step down as failed. There it is held, until the engine ends it.
  const cutOff = Option.isNone(cluster) ? Effect.never : abandon
  return {
    until: (effect) =>
      Effect.suspend(() => {
        if (begun.isOpen()) return cutOff
        const ended = Effect.raceFirst(Effect.asSome(effect), Effect.as(begun.await, Option.none()))
        return Effect.flatMap(ended, (result) => (Option.isSome(result) ? Effect.succeed(result.value) : cutOff))
      }),
    inTime: (effect) => Effect.suspend(() => (near ? Effect.never : effect)),
    begin: Effect.suspend(() => {
      near = true
      return Effect.forkDetach(Effect.andThen(isKnown, begun.open))
    })
  }
})

/** Ends the fiber in the way that leaves its work to the next owner. */
const abandon: Effect.Effect<never> = Effect.interruptible(
  Effect.callback<never>(() => {
    const fiber = Fiber.getCurrent()
    fiber?.interruptUnsafe(fiber.id, Abandon.annotation)
  })
)
