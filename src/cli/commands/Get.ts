/**
 * `get`: how a task stands, now. It costs nothing.
 *
 * @module
 */
import { Command, Flag } from "effect/cli"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import { defined } from "../../Defined.ts"
import { withoutQuery } from "../../Shown.ts"
import * as Task from "../../Task.ts"
import { Complaint } from "../Complaint.ts"
import * as Follow from "../Follow.ts"
import * as LedgerPlace from "../LedgerPlace.ts"
import * as Mode from "../Mode.ts"
import * as Output from "../Output.ts"
import * as Subcommand from "../Subcommand.ts"
import * as TaskId from "../TaskId.ts"

/** What a person reads of a task: what it is, and what came of it. */
const words = (task: Task.Task): string => {
  if (task._tag === "Succeeded")
    return `SUCCEEDED ${task.output.map((url) => withoutQuery(Redacted.value(url))).join(" ")}`
  if (task._tag === "Failed") return [task.status, task.failureCode, task.failure].filter((part) => part).join(" ")
  return Follow.words(task)
}

const details = (task: Task.Task, withUrl: boolean) => ({
  ...defined({
    failure: task._tag === "Failed" ? task.failure : undefined,
    failureCode: task._tag === "Failed" ? task.failureCode : undefined,
    output:
      task._tag === "Succeeded"
        ? task.output.map((url) => (withUrl ? Redacted.value(url) : withoutQuery(Redacted.value(url))))
        : undefined
  })
})

export const get = Subcommand.make(
  "get",
  {
    ...TaskId.flags,
    ...Mode.freeFlags,
    ...LedgerPlace.readFlags,
    url: Flag.Boolean("url").pipe(
      Flag.withDefault(false),
      Flag.withDescription("Print the video's whole URL. Whoever has it can load the video")
    )
  },
  Effect.fn(function* (flags) {
    yield* TaskId.check(flags)
    yield* Mode.notOfMock(flags)
    yield* Effect.gen(function* () {
      const task = yield* Task.get(yield* TaskId.idOf(flags))
      const event = { ...Follow.event(task), ...details(task, flags.url) }
      if (!flags.url) return yield* Output.result(`${task.id}  ${words(task)}`, event)
      if (task._tag !== "Succeeded") {
        return yield* new Complaint({
          text: `There is no URL: the task is ${words(task)}.`,
          end: "notFinished",
          taskId: task.id
        })
      }
      return yield* Output.result(task.output.map(Redacted.value).join("\n"), event)
    }).pipe(Effect.provide(Mode.client("live")))
  })
).pipe(Command.withDescription("Show how a task stands; costs nothing"))
