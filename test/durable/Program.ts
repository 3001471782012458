/**
 * A program of a proof, in a process of its own: its first argument tells it what to do, as JSON.
 *
 * @module
 */
import { type ChildProcess, spawn } from "node:child_process"
import { once } from "node:events"
import { join } from "node:path"

export interface Program {
  readonly process: ChildProcess
  /** When it has said its first word, or has ended without one. */
  readonly up: Promise<unknown>
  readonly ended: Promise<unknown>
  readonly said: () => string
}

export const start = (name: string, task: object): Program => {
  const child = spawn(process.execPath, [join(import.meta.dirname, name), JSON.stringify(task)], {
    stdio: ["ignore", "pipe", "pipe"]
  })
  let said = ""
  for (const stream of [child.stdout, child.stderr]) {
    stream.on("data", (chunk) => {
      said += String(chunk)
    })
  }
  const ended = once(child, "exit")
  return { process: child, up: Promise.race([once(child.stdout, "data"), ended]), ended, said: () => said }
}
