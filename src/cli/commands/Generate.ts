/**
 * `generate`: a video from the input that the flags describe, saved when it is there.
 *
 * @module
 */
import { Command } from "effect/cli"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as CharacterPerformance from "../../CharacterPerformance.ts"
import { inputOf, operation } from "../Described.ts"
import * as Follow from "../Follow.ts"
import * as Mode from "../Mode.ts"
import * as Output from "../Output.ts"
import * as Paid from "../Paid.ts"
import * as Subcommand from "../Subcommand.ts"
import * as VideoFile from "../VideoFile.ts"

export const generate = Subcommand.make(
  "generate",
  { ...Paid.flags, out: VideoFile.flag },
  Effect.fn(function* (flags) {
    const input = yield* inputOf(flags)
    const mode = yield* Mode.modeOf(flags)
    yield* Effect.gen(function* () {
      const body = yield* CharacterPerformance.validate(input)
      yield* VideoFile.writable(flags.out)
      const id = yield* Paid.job(input, flags, mode)
      yield* Follow.follow({
        id,
        out: flags.out,
        mode,
        ledger: Option.getOrUndefined(flags.ledger),
        made: { operation, body },
        intent: Option.getOrUndefined(flags.intent)
      })
      if (mode === "mock") {
        yield* Output.note(
          "For the real thing: export COMETAPI_KEY=… and add --live (npm start -- --live --character <url> --reference <url>)"
        )
      }
    }).pipe(Effect.provide(Layer.merge(Mode.client(mode), Paid.ledger(flags, mode))))
  })
).pipe(
  Command.withDescription("Make a character performance and save its video"),
  Command.withExamples([
    { command: "cometapi-runway generate --mock", description: "The documentation's example, offline" },
    {
      command:
        "cometapi-runway generate --live --character https://example.com/a.png --reference https://example.com/b.mp4 -o video.mp4",
      description: "A real one"
    }
  ])
)
