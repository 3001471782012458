/** The README's program: makes a character performance, says its id as soon as there is one, prints where the video is. */
import { CharacterPerformance, Runway } from "cometapi-runway"
import { Console, Effect, Redacted } from "effect"

export const program = Effect.gen(function* () {
  const task = yield* CharacterPerformance.generate(
    {
      character: { type: "image", uri: "https://example.com/portrait.png" },
      reference: { type: "video", uri: "https://example.com/performance.mp4" }
    },
    { onSubmitted: (id) => Console.log(`paid for task ${id}`) }
  )
  yield* Console.log(Redacted.value(task.output[0]))
})

if (import.meta.main) await Effect.runPromise(program.pipe(Effect.provide(Runway.layerConfig())))
