/**
 * `download`: saves the video of a task that has succeeded. It waits for nothing and costs nothing.
 *
 * @module
 */
import { Command } from "effect/cli"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Purchase from "../../Purchase.ts"
import * as Task from "../../Task.ts"
import { Complaint } from "../Complaint.ts"
import * as Follow from "../Follow.ts"
import * as LedgerPlace from "../LedgerPlace.ts"
import * as Mode from "../Mode.ts"
import * as Output from "../Output.ts"
import * as Subcommand from "../Subcommand.ts"
import * as TaskId from "../TaskId.ts"
import * as VideoFile from "../VideoFile.ts"

export const download = Subcommand.make(
  "download",
  { ...TaskId.flags, ...Mode.freeFlags, ...LedgerPlace.readFlags, out: VideoFile.flag },
  Effect.fn(function* (flags) {
    yield* TaskId.check(flags)
    yield* Mode.notOfMock(flags)
    yield* Effect.gen(function* () {
      const id = yield* TaskId.idOf(flags)
      yield* VideoFile.writable(flags.out)
      const task = yield* Task.get(id)
      if (!Task.isTerminal(task)) {
        return yield* new Complaint({
          text: `Task ${id} has not ended yet (${Follow.words(task)}). Wait for it with: npx cometapi-runway wait ${Follow.pasteable(id)}`,
          end: "notFinished",
          taskId: id
        })
      }
      yield* Purchase.settle(task, undefined)
      const { path, bytes } = yield* Follow.save(yield* Task.outcome(task), { out: flags.out })
      return yield* Output.result(path, { event: "saved", id, path, bytes })
    }).pipe(Effect.provide(Layer.merge(Mode.client("live"), LedgerPlace.existingOrNone(flags))))
  })
).pipe(Command.withDescription("Save the video of a task that has succeeded; costs nothing"))
