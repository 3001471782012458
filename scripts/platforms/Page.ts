/**
 * The tables of docs/platforms.md, made of what was seen and of what the client concludes from it.
 *
 * @module
 */
import { readFileSync, writeFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { provesNotSent } from "../../src/request/NotSent.ts"
import { all, type Recorded, type Sighting } from "./Recorded.ts"
import type { Seen } from "./Runtimes.ts"

/** An error again, of the shape that was seen. */
export const revive = (seen: Seen): Error => {
  const { class: _, message, cause, errors, ...fields } = seen
  const error = errors === undefined ? new Error(message) : new AggregateError(errors.map(revive), message)
  Object.assign(error, fields)
  if (cause !== undefined) error.cause = revive(cause)
  return error
}

/** What the client makes of a sighting. */
export const notSent = (one: Sighting): boolean => one.error !== undefined && provesNotSent(revive(one.error))

const cell = (one: Sighting | undefined): string => {
  if (one === undefined || one.notSpoken === true) return "–"
  if (one.group === "before" || one.group === "either") return notSent(one) ? "not sent" : "unknown"
  return one.arrived === 1 ? "1" : `**${one.arrived}**`
}

const rows = (recorded: ReadonlyArray<Recorded>, groups: ReadonlyArray<string>): ReadonlyArray<string> => {
  const troubles = new Set(
    recorded.flatMap(({ seen }) => seen.filter(({ group }) => groups.includes(group)).map(({ trouble }) => trouble))
  )
  return [...troubles].map((trouble) => {
    const cells = recorded.map(({ seen }) => cell(seen.find((one) => one.trouble === trouble)))
    return `| ${[trouble, ...cells].join(" | ")} |`
  })
}

export const table = (recorded: ReadonlyArray<Recorded>): string => {
  const head = (what: string) => [
    `| ${[what, ...recorded.map(({ runtime, version }) => `${runtime.replace(/ .*/, "")} ${version}`)].join(" | ")} |`,
    `| ${["---", ...recorded.map(() => "---")].join(" | ")} |`
  ]
  return [
    ...[...head("before the request can leave: what the error proves"), ...rows(recorded, ["before", "either"]), ""],
    ...[...head("after it has arrived: how many POSTs the server got"), ...rows(recorded, ["after", "again"])]
  ].join("\n")
}

const file = join(dirname(dirname(import.meta.dirname)), "docs", "platforms.md")
const between = /(<!-- what `npm run platforms` saw -->\n\n)[\s\S]*?(\n\n<!-- end -->)/

/** The page with the table as it should be. */
export const filled = (page: string): string =>
  page.replace(between, (_, start: string, end: string) => `${start}${table(all())}${end}`)

export const read = (): string => readFileSync(file, "utf8")

export const write = (): void => writeFileSync(file, filled(read()))
