/**
 * A bar that stays alive between two things that happen: it is drawn again four times a second for as long as an effect runs.
 *
 * Where standard error is no terminal there is no bar, and nothing is drawn.
 *
 * @module
 */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Schedule from "effect/Schedule"
import * as Output from "./Output.ts"
import * as Progress from "./Progress.ts"
import * as Screen from "./Screen.ts"

/** Shows what `now` says for as long as the effect runs. */
export const during = Effect.fnUntraced(function* <A, E, R>(
  effect: Effect.Effect<A, E, R>,
  now: () => Omit<Progress.Shown, "elapsed">
) {
  if (!Screen.isTerminal() || (yield* Output.Quiet)) return yield* effect
  const began = yield* Clock.currentTimeMillis
  const draw = Effect.gen(function* () {
    const elapsed = (yield* Clock.currentTimeMillis) - began
    yield* Screen.draw(Progress.bar({ ...now(), elapsed }, Screen.columns(), Screen.hasColour()))
  })
  const drawing = Effect.repeat(draw, Schedule.spaced("250 millis"))
  return yield* Effect.acquireUseRelease(
    Effect.forkDetach(drawing),
    () => effect,
    (fiber) => Effect.andThen(Fiber.interrupt(fiber), Screen.clear)
  )
})

/** Where there is no bar, says every ten seconds how far it is, if that has changed. */
export const saying = Effect.fnUntraced(function* <A, E, R>(effect: Effect.Effect<A, E, R>, words: () => string) {
  if (Screen.isTerminal()) return yield* effect
  let said = ""
  const say = Effect.suspend(() => {
    if (words() === said) return Effect.void
    said = words()
    return Output.note(said)
  })
  return yield* Effect.acquireUseRelease(
    Effect.forkDetach(Effect.repeat(say, Schedule.spaced("10 seconds"))),
    () => effect,
    Fiber.interrupt
  )
})
