/**
 * The command in a real terminal: a pseudo-terminal of util-linux's `script`, with somebody who types.
 *
 * @module
 */
import { once } from "node:events"
import * as Effect from "effect/Effect"
import { type Environment, launch, main } from "./Support.ts"

/** Whether this machine can make one. */
export const canBeMade = process.platform === "linux"

/** Starts the command in a terminal of so many columns. */
export const open = Effect.fnUntraced(function* (args: ReadonlyArray<string>, env: Environment, columns = 100) {
  const quoted = [process.execPath, main, ...args].map((word) => `'${word.replaceAll("'", "'\\''")}'`).join(" ")
  const inTerminal = `stty cols ${columns} rows 30 && exec ${quoted}`
  const all = { TERM: "xterm-256color", SHELL: "/bin/sh", ...env }
  const command = yield* launch("script", ["-qefc", inTerminal, "/dev/null"], all, "pipe")
  return {
    ...command,
    /** Types a line. */
    type: (line: string) =>
      Effect.promise(async () => {
        const stdin = command.child.stdin
        if (stdin !== null && !stdin.write(`${line}\n`)) await once(stdin, "drain")
      })
  }
})
