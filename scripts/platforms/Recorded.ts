/**
 * What the runtimes were seen to do, as it is kept in test/client/not-sent-fixtures: one file for each.
 *
 * @module
 */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs"
import { dirname, join } from "node:path"
import type { Outcome } from "./Runtimes.ts"
import type { Group } from "./Troubles.ts"

/** One trouble on one runtime. */
export interface Sighting extends Outcome {
  readonly trouble: string
  readonly group: Group
  /** How many POSTs the server got whole. */
  readonly arrived: number
  /** The runtime does not speak the protocol that the trouble is about. */
  readonly notSpoken?: boolean
}

export interface Recorded {
  readonly runtime: string
  readonly version: string
  readonly seen: ReadonlyArray<Sighting>
}

export const folder = join(dirname(dirname(import.meta.dirname)), "test", "client", "not-sent-fixtures")

/** What differs with each run and says nothing: times, pointers, local ports, references. */
const passing: ReadonlyArray<readonly [RegExp, string]> = [
  [/\d{9,}/g, "0"],
  [/\d+ seconds ago/g, "0 seconds ago"],
  [/\b[0-9A-F]{16}:error/g, "0:error"],
  [/from 127\.0\.0\.1:\d+/g, "from 127.0.0.1:0"],
  [/reference = \w+/g, "reference = 0"]
]

export const write = (file: string, recorded: Recorded): void => {
  mkdirSync(dirname(file), { recursive: true })
  const steady = (_: string, value: unknown) =>
    typeof value === "string" ? passing.reduce((text, [what, by]) => text.replace(what, by), value) : value
  writeFileSync(file, `${JSON.stringify(recorded, steady, 2)}\n`)
}

/** Of every runtime, in the order in which they are spoken of. */
export const all = (): ReadonlyArray<Recorded> => {
  const order = ["node-20", "node-22", "node-24", "bun", "deno", "workerd", "chromium"]
  return readdirSync(folder)
    .map((name) => name.replace(".json", ""))
    .toSorted((one, other) => order.indexOf(one) - order.indexOf(other))
    .map((name): Recorded => JSON.parse(readFileSync(join(folder, `${name}.json`), "utf8")))
}
