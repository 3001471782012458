/**
 * What each door has to give on each runtime, and the table of docs/platforms.md that says what it gave.
 *
 * @module
 */
import { readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"

export const doors = ["Effect", "Promise", "bindings"] as const
type Door = (typeof doors)[number]

const troubles = ["the provider answers", "connection refused", "no such host", "TLS to a plain port"] as const
export type Trouble = (typeof troubles)[number]

/** What is handed to the probe. */
export interface Case {
  readonly name: string
  readonly door: Door
  readonly apiKey: string
  readonly baseUrl: string
}

/** What a door gave: the end of a job, or the reason of its error, or that it threw; and what was said. */
export interface Outcome {
  readonly end: string
  readonly message?: string
}

export interface Seen {
  readonly name: string
  readonly version: string
  readonly outcomes: Readonly<Record<string, Outcome>>
  /** What the mock has against the paid requests that it got; empty where it got one from each door. */
  readonly paid: string
}

const nameOf = (door: Door, trouble: Trouble): string => `${door}: ${trouble}`

const rows = doors.flatMap((door) => troubles.map((trouble) => ({ door, trouble, name: nameOf(door, trouble) })))

export const cases = (apiKey: string, bases: Readonly<Record<Trouble, string>>): ReadonlyArray<Case> =>
  rows.map(({ door, trouble, name }) => ({ name, door, apiKey, baseUrl: bases[trouble] }))

/** Runtimes that tell nothing of why a request failed, so that no failure proves that nothing left; Bun does not tell it of TLS. */
const tellsNothing = (runtime: string, trouble: Trouble): boolean =>
  ["workerd", "Chromium"].includes(runtime) || (runtime === "Bun" && trouble === "TLS to a plain port")

const expected = (runtime: string, door: Door, trouble: Trouble): string => {
  if (trouble === "the provider answers") return "SUCCEEDED"
  if (door === "bindings") return "threw"
  return tellsNothing(runtime, trouble) ? "OutcomeUnknown" : "Unreachable"
}

/** Each cell that is not what it should be, and whatever is wrong with the number of paid requests. */
export const wrong = (seen: ReadonlyArray<Seen>): ReadonlyArray<string> =>
  seen.flatMap(({ name: runtime, outcomes, paid }) => [
    ...rows.flatMap(({ door, trouble, name }) => {
      const should = expected(runtime, door, trouble)
      const { end = "nothing", message = "" } = outcomes[name] ?? {}
      return end === should ? [] : [`${runtime}, ${name}: should be ${should}, is ${end}. ${message}`]
    }),
    ...(paid === "" ? [] : [`${runtime}: ${paid}`])
  ])

const words: Readonly<Record<string, string>> = { SUCCEEDED: "✔ video", threw: "throws what `fetch` throws" }

export const table = (seen: ReadonlyArray<Seen>): string => {
  const cell = (end = "nothing") => words[end] ?? `\`${end}\``
  return [
    `| door | ${["", ...seen.map(({ name, version }) => `${name.replace(/ .*/, "")} ${version}`)].join(" | ")} |`,
    `| ${["---", "---", ...seen.map(() => "---")].join(" | ")} |`,
    ...rows.map(
      ({ door, trouble, name }) =>
        `| ${[door, trouble, ...seen.map(({ outcomes }) => cell(outcomes[name]?.end))].join(" | ")} |`
    )
  ].join("\n")
}

const file = join(import.meta.dirname, "../../../docs/platforms.md")
const between = /(<!-- what `npm run doors` saw -->\n\n)[\s\S]*?(\n\n<!-- end -->)/

export const write = (seen: ReadonlyArray<Seen>): void => {
  const page = readFileSync(file, "utf8")
  if (!between.test(page)) throw new Error(`${file} has lost the place of this table`)
  writeFileSync(
    file,
    page.replace(between, (_, start: string, end: string) => `${start}${table(seen)}${end}`)
  )
}
