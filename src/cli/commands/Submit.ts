/**
 * `submit`: pays for a job and prints its id, and nothing else. Whoever has the id waits for it later, from anywhere.
 *
 * @module
 */
import { Command } from "effect/cli"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { inputOf } from "../Described.ts"
import * as Mode from "../Mode.ts"
import * as Output from "../Output.ts"
import * as Paid from "../Paid.ts"
import * as Subcommand from "../Subcommand.ts"

export const submit = Subcommand.make(
  "submit",
  Paid.flags,
  Effect.fn(function* (flags) {
    const input = yield* inputOf(flags)
    const mode = yield* Mode.modeOf(flags)
    yield* Effect.gen(function* () {
      const id = yield* Paid.job(input, flags, mode)
      yield* Output.result(id, { event: "job", id })
      if (mode === "mock") yield* Output.note("The task lived in this process's mock and ends with it.")
    }).pipe(Effect.provide(Layer.merge(Mode.client(mode), Paid.ledger(flags, mode))))
  })
).pipe(
  Command.withDescription("Start a job and print its id; wait for it with: cometapi-runway wait <task-id>"),
  Command.withExamples([
    {
      command:
        "cometapi-runway submit --live --character https://example.com/a.png --reference https://example.com/b.mp4",
      description: "A job whose id is kept for later"
    }
  ])
)
