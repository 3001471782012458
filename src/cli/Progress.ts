/**
 * A task's changes as a person likes to see them: a bar that moves in a terminal, a line per step elsewhere.
 *
 * @module
 */
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import * as Terminal from "effect/Terminal"
import type * as Task from "../Task.ts"

/** Shows each task of a stream as it passes. */
export const show = <E, R>(tasks: Stream.Stream<Task.Task, E, R>): Stream.Stream<Task.Task, E, R | Terminal.Terminal> =>
  Stream.unwrap(
    Effect.gen(function* () {
      const terminal = yield* Terminal.Terminal
      const display = (text: string) => Effect.ignore(terminal.display(text))
      const isTerminal = process.stdout.isTTY === true
      // The first look is a moment away, and a young task may stay invisible for a while.
      yield* display(
        isTerminal ? drawBar(0, "waiting for the task to become visible") : "waiting for the task to become visible\n"
      )
      if (isTerminal) {
        return tasks.pipe(
          Stream.tap((task) => display(bar(task))),
          Stream.ensuring(display("\n"))
        )
      }
      // A log needs no more than every tenth part.
      return tasks.pipe(
        Stream.mapAccum(
          () => "",
          (before, task: Task.Task) => {
            const now = `${task.status || "waiting"} ${tenth(task)}`
            return [now, [{ task, isNews: now !== before }]] as const
          }
        ),
        Stream.tap(({ task, isNews }) => (isNews ? display(`${line(task)}\n`) : Effect.void)),
        Stream.map(({ task }) => task)
      )
    })
  )

const width = 30

/** A bar in place of whatever stands in the terminal's line. */
const drawBar = (share: number, words: string): string => {
  const full = Math.round(share * width)
  const percent = String(Math.round(share * 100)).padStart(3)
  return `\r\u001b[2K${"█".repeat(full)}${"░".repeat(width - full)} ${percent} %  ${words}`
}

const bar = (task: Task.Task): string => drawBar(task._tag === "Succeeded" ? 1 : (task.progress ?? 0), task.status)

const line = (task: Task.Task): string =>
  task.progress === undefined ? task.status || "waiting" : `${task.status} ${Math.round(task.progress * 100)} %`

const tenth = (task: Task.Task): number => Math.floor((task.progress ?? 0) * 10)
