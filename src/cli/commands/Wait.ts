/**
 * `wait`: takes a task up again, waits for its end and saves its video. It costs nothing.
 *
 * @module
 */
import { Command } from "effect/cli"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Follow from "../Follow.ts"
import * as LedgerPlace from "../LedgerPlace.ts"
import * as Mode from "../Mode.ts"
import * as Subcommand from "../Subcommand.ts"
import * as TaskId from "../TaskId.ts"
import * as VideoFile from "../VideoFile.ts"

export const wait = Subcommand.make(
  "wait",
  { ...TaskId.flags, ...Mode.freeFlags, ...LedgerPlace.readFlags, out: VideoFile.flag },
  Effect.fn(function* (flags) {
    yield* TaskId.check(flags)
    yield* Mode.notOfMock(flags)
    yield* Effect.gen(function* () {
      const id = yield* TaskId.idOf(flags)
      yield* VideoFile.writable(flags.out)
      yield* Follow.follow({ id, out: flags.out, mode: "live", ledger: Option.getOrUndefined(flags.ledger) })
    }).pipe(Effect.provide(Layer.merge(Mode.client("live"), LedgerPlace.existingOrNone(flags))))
  })
).pipe(
  Command.withDescription("Take a task up again by its id, wait for it and save its video; costs nothing"),
  Command.withExamples([
    { command: "cometapi-runway wait --last -o video.mp4", description: "The latest job, after a restart" }
  ])
)
