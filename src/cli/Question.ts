/**
 * A question to the person at the terminal. Where there is nobody to answer, nothing is asked.
 *
 * It is written to standard error, so that it does not stand among the results.
 *
 * @module
 */
import { Flag } from "effect/cli"
import * as Effect from "effect/Effect"
import * as Terminal from "effect/Terminal"
import { Complaint } from "./Complaint.ts"
import * as Screen from "./Screen.ts"

export const yes = Flag.Boolean("yes").pipe(
  Flag.withAlias("y"),
  Flag.withDefault(false),
  Flag.withDescription("Answer yes to the question whether to pay")
)

/** Whether somebody sits at a terminal, sees what is asked and can answer. */
export const canAsk = (): boolean => process.stdin.isTTY === true && process.stderr.isTTY === true

/** Asks. Only `y` and `yes` are a yes. */
export const ask = Effect.fnUntraced(function* (question: string) {
  const terminal = yield* Terminal.Terminal
  yield* Screen.ask(`${question} [y/N] `)
  const answer = yield* Effect.orElseSucceed(terminal.readLine, () => "")
  return /^\s*y(es)?\s*$/i.test(answer)
})

/** Asks whether to pay, and ends where the answer is no. */
export const confirm = Effect.fnUntraced(function* (question: string) {
  if (yield* ask(question)) return
  return yield* new Complaint({ text: "Nothing was sent and nothing was paid.", end: "declined" })
})
