/**
 * Runs an effect to its end on the `TestClock`, a second at a time, while real promises (a fetch, Prism) keep up.
 *
 * `TestClock.adjust` waits for fibers, not for promises: without the pauses virtual time would run ahead of an answer under way.
 *
 * @module
 */
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import { TestClock } from "effect/testing"
import { catchUp } from "./Provider.ts"

/** The effect's exit, once enough virtual time has passed. `busy` says whether something real is still under way. */
export const exitOf = <A, E, R>(effect: Effect.Effect<A, E, R>, busy: () => boolean = () => false) =>
  Effect.gen(function* () {
    const fiber = yield* Effect.forkChild(effect)
    for (let second = 0; second < 7200; second++) {
      yield* catchUp
      while (busy() && fiber.pollUnsafe() === undefined) yield* catchUp
      const exit = fiber.pollUnsafe()
      if (exit !== undefined) return exit
      yield* TestClock.adjust("1 second")
    }
    yield* Fiber.interrupt(fiber)
    return yield* Effect.die(new Error("still running after two hours of virtual time"))
  })

/** Like `exitOf`, for an effect that is to succeed. */
export const run = <A, E, R>(effect: Effect.Effect<A, E, R>, busy?: () => boolean) =>
  Effect.flatMap(exitOf(effect, busy), (exit) => exit)

/** Like `exitOf`, for an effect that is to fail. */
export const failure = <A, E, R>(effect: Effect.Effect<A, E, R>, busy?: () => boolean) =>
  Effect.flatMap(exitOf(Effect.flip(effect), busy), (exit) =>
    Exit.isSuccess(exit)
      ? Effect.succeed(exit.value)
      : Effect.die(new Error("it was to fail, and succeeded or died", { cause: exit.cause }))
  )
