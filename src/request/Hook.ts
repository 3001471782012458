/**
 * A caller's hook, called so that it can neither lose nor hold up for ever what it is told.
 *
 * It has a time limit of its own, and however it ends, its end is a value. It is interrupted only where its caller can be: where a paid
 * task's id is at stake that is nowhere. What its end means is for the caller of `settle` to say.
 *
 * @module
 */
import * as Cause from "effect/Cause"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Option from "effect/Option"
import * as Result from "effect/Result"
import * as Shown from "../Shown.ts"

/** How long a hook may take, unless an option says otherwise. */
export const defaultTimeout: Duration.Duration = Duration.seconds(30)

/** How a hook broke, in words. */
interface Broken {
  readonly problem: string
  readonly cause: unknown
}

/** What became of a hook: its result, the failure that it declares, or how it broke. */
type End<A, E> = Result.Result<A, { readonly failure: E } | { readonly broken: Broken }>

/** Calls a hook and waits for its end, for as long as it may take. A hook that takes longer is interrupted and not waited for. */
export const settle = <A, E, R>(
  hook: () => Effect.Effect<A, E, R>,
  timeout: Duration.Duration = defaultTimeout
): Effect.Effect<End<A, E>, never, R> =>
  Effect.uninterruptibleMask((restore) =>
    Effect.gen(function* () {
      // In a fiber of its own: a hook that does not even end when it is interrupted must not be waited for.
      const fiber = yield* Effect.forkDetach(Effect.suspend(hook), { startImmediately: true })
      const giveUp = Effect.sync(() => fiber.interruptUnsafe())
      const exit = yield* restore(Effect.timeoutOption(Fiber.await(fiber), timeout)).pipe(
        Effect.onInterrupt(() => giveUp)
      )
      if (Option.isSome(exit)) return endOf(exit.value)
      yield* giveUp
      return broken(`did not end within ${Duration.format(timeout)}`, undefined)
    })
  )

const endOf = <A, E>(exit: Exit.Exit<A, E>): End<A, E> => {
  if (Exit.isSuccess(exit)) return Result.succeed(exit.value)
  const failure = Cause.findErrorOption(exit.cause)
  if (Option.isSome(failure)) return Result.fail({ failure: failure.value })
  const cause = Cause.squash(exit.cause)
  if (Cause.hasInterruptsOnly(exit.cause)) return broken("was interrupted", cause)
  return broken(`died: ${Shown.thrown(cause)}`, cause)
}

const broken = (problem: string, cause: unknown): End<never, never> => Result.fail({ broken: { problem, cause } })
