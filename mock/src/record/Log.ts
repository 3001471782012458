/**
 * The requests as lines for a terminal, or as JSON for a machine.
 *
 * It shows what the journal has, which is without keys and signatures. Control characters in what a caller sent are escaped, so that no
 * request can write to the terminal.
 *
 * @module
 */
import type { Writable } from "node:stream"
import type { Entry } from "../../../generated/mock-control/types.gen.ts"
import { field } from "../Unknown.ts"

const printable = (text: string): string =>
  text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, (char) => `\\u{${char.codePointAt(0)?.toString(16)}}`)

const longestLine = 160
const cut = (text: string): string => (text.length > longestLine ? `${text.slice(0, longestLine)}…` : text)

/** The status or the error code that an answer has. */
const wordOf = (body: unknown): string | undefined => {
  const row = field(body, "data") ?? body
  const words = [
    field(field(row, "data"), "status"),
    field(row, "status"),
    field(body, "code"),
    field(field(body, "error"), "code")
  ]
  return words.find((word) => typeof word === "string" && word !== "")?.toString()
}

/** One line: when, whose, what, and what came of it. */
export const line = (entry: Entry, world: string): string => {
  const { at, method, path, answer, fault, violations, taskId } = entry
  const outcome = answer === undefined ? "no answer" : String(answer.status)
  const word = wordOf(answer?.body)
  const notes = [
    ...(word === undefined ? [] : [word]),
    ...(entry.operation === "submit" && taskId !== undefined ? [`task ${taskId}`] : []),
    ...(fault === undefined ? [] : [`fault: ${fault.kinds.join(" + ")}`]),
    ...(violations.length === 0
      ? []
      : [violations.map(({ location, message }) => `${location.join(".")}: ${message}`).join("; ")])
  ]
  return printable(
    cut(
      `${at.slice(11, 19)} ${world.slice(0, 4)} ${outcome} ${method} ${path}${notes.length > 0 ? `  ${notes.join(", ")}` : ""}`
    )
  )
}

const indented = (title: string, value: unknown): string =>
  `    ${title} ${printable(typeof value === "string" ? value : JSON.stringify(value))}`

/** The line, and below it what was sent and answered. */
export const verbose = (entry: Entry, world: string): string => {
  const { headers, body, answer, violations } = entry
  return [
    line(entry, world),
    indented("sent   ", headers),
    ...(body === undefined ? [] : [indented("       ", body)]),
    ...(answer === undefined ? [] : [indented("answer ", answer.headers)]),
    ...(answer?.body === undefined ? [] : [indented("       ", answer.body)]),
    ...violations.map((violation) => indented("breaks ", `${violation.location.join(".")}: ${violation.message}`))
  ].join("\n")
}

/** One line of JSON, for a machine that reads them as they come. */
export const json = (entry: Entry, world: string): string => JSON.stringify({ event: "request", world, ...entry })

/** So many bytes may wait for a reader. */
const mostWaiting = 1024 * 1024

/** Writes lines to a stream. A reader that is too slow misses some, and one that is gone does not stop the mock. */
export const writer = (stream: Writable): ((text: string) => void) => {
  let isRead = true
  stream.on("error", () => {
    isRead = false
  })
  return (text) => {
    if (isRead && stream.writableLength < mostWaiting) stream.write(`${text}\n`)
  }
}
