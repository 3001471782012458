/**
 * What a trial needs of an engine: its server on loopback, a worker that can be killed, and what it has stored.
 *
 * @module
 */
import { type ChildProcess, spawn } from "node:child_process"
import { once } from "node:events"
import type { Layer } from "effect/Layer"
import type { Ledger, LedgerFailed } from "../../src/Ledger.ts"

export interface Engine {
  /** Where the example is installed. */
  readonly home: string
  /** What its programs find in their environment. */
  readonly env: Readonly<Record<string, string>>
  /** Called when the first worker is up. */
  readonly register: () => Promise<void>
  readonly ledger: Layer<Ledger, LedgerFailed>
  /** Everything that the engine has stored of its runs, as text. */
  readonly stored: () => Promise<string>
  readonly stop: () => Promise<void>
}

export interface Program {
  readonly process: ChildProcess
  readonly ended: Promise<unknown>
}

/** Starts a program of an example on this Node. Its errors go to this program's. */
export const start = ({ home, env }: Engine, program: string, extra: Readonly<Record<string, string>>): Program => {
  const child = spawn(process.execPath, [program], {
    cwd: home,
    env: { PATH: process.env["PATH"], HOME: process.env["HOME"], ...env, ...extra },
    stdio: ["pipe", "pipe", process.env["SHOW"] === undefined ? "ignore" : "inherit"]
  })
  return { process: child, ended: once(child, "exit") }
}

/** Until a worker says that it is ready, or ends. */
export const ready = async ({ process: child, ended }: Program): Promise<void> => {
  const said = new Promise<boolean>((resolve) => {
    child.stdout?.on("data", (chunk) => String(chunk).includes("ready") && resolve(true))
  })
  if (!(await Promise.race([said, ended.then(() => false)]))) throw new Error("a worker ended before it was ready")
}
