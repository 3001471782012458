/**
 * What the command gives to whoever called it: results on standard output, everything else on standard error.
 *
 * With `--json` each thing that happens is one line of JSON; with `--quiet` only results and what went wrong are left. A result is written
 * when it is there, and not kept for later.
 *
 * @module
 */
import * as Console from "effect/Console"
import { Flag, GlobalFlag } from "effect/cli"
import * as Effect from "effect/Effect"
import * as Screen from "./Screen.ts"

/** Whether lines of JSON are wanted. */
export const Json = GlobalFlag.Setting("json")({
  flag: Flag.Boolean("json").pipe(
    Flag.withDefault(false),
    Flag.withDescription("Write lines of JSON to standard output, one for each thing that happens")
  )
})

/** Whether only results and failures are wanted. */
export const Quiet = GlobalFlag.Setting("quiet")({
  flag: Flag.Boolean("quiet").pipe(
    Flag.withAlias("q"),
    Flag.withDefault(false),
    Flag.withDescription("Write results and failures only")
  )
})

/** The flags that every subcommand has. */
export type Settings = (typeof Json)["Identifier"] | (typeof Quiet)["Identifier"]

/** One thing that happened, for programs. `event` says what. */
export interface Event {
  readonly event: string
  readonly [field: string]: unknown
}

const write = (line: string) => Effect.andThen(Screen.clear, Console.log(line))

/** Writes a result: a line for people, or its event. */
export const result = Effect.fnUntraced(function* (text: string, event: Event) {
  yield* write((yield* Json) ? JSON.stringify(event) : text)
})

/** Writes an event that is no result yet: only for programs that want to know how it goes. */
export const report = Effect.fnUntraced(function* (event: Event) {
  if ((yield* Json) && !(yield* Quiet)) yield* write(JSON.stringify(event))
})

/** Says something that is good to know. */
export const note = Effect.fnUntraced(function* (text: string) {
  if (!(yield* Quiet)) yield* Screen.say(text)
})
