/**
 * Whether a world received the requests that a test expects, and if not, how those that came nearest differ.
 *
 * It only reads a journal: what was dropped from that is not known, and counts as neither there nor absent. It judges no client; the report does.
 *
 * @module
 */
import * as Predicate from "effect/Predicate"
import type * as Api from "../../../generated/mock-control/types.gen.ts"
import * as Scrub from "./Scrub.ts"

/** So many requests that came near are shown, with so many differences of each. */
const mostNearMisses = 3
const mostDifferences = 10
/** A wanted body is not read deeper than this. */
const deepest = 100

/** Whether a text is as the wanted one says, in which each `*` stands for any letters, or none. */
const textFits = (wanted: string, text: string): boolean => {
  const [first = "", ...rest] = wanted.split("*")
  const last = rest.pop()
  if (last === undefined) return text === wanted
  if (!text.startsWith(first)) return false
  let from = first.length
  for (const part of rest) {
    const at = text.indexOf(part, from)
    if (at < 0) return false
    from = at + part.length
  }
  return text.length - last.length >= from && text.endsWith(last)
}

const written = (value: unknown): string => {
  const text = value === undefined ? "nothing" : JSON.stringify(value)
  return text.length > 200 ? `${text.slice(0, 200)}…` : text
}

/** How a body differs from what is wanted of it. Fields that nobody asked about do not count, items of a list do. */
const bodyDifferences = (wanted: unknown, actual: unknown, path = "body", depth = 0): ReadonlyArray<string> => {
  const differs = [`${path}: expected ${written(wanted)}, got ${written(actual)}`]
  if (depth > deepest) return differs
  if (Array.isArray(wanted)) {
    if (!Array.isArray(actual) || actual.length !== wanted.length) return differs
    return wanted.flatMap((item, index) => bodyDifferences(item, actual[index], `${path}[${index}]`, depth + 1))
  }
  if (Predicate.isReadonlyObject(wanted)) {
    if (!Predicate.isReadonlyObject(actual) || Array.isArray(actual)) return differs
    return Object.entries(wanted).flatMap(([name, value]) =>
      bodyDifferences(value, Object.hasOwn(actual, name) ? actual[name] : undefined, `${path}.${name}`, depth + 1)
    )
  }
  const fits = typeof wanted === "string" && typeof actual === "string" ? textFits(wanted, actual) : wanted === actual
  return fits ? [] : differs
}

/** How a request of the right operation differs from the expected ones. */
const differencesOf = ({ task, status, body }: Api.ExpectedRequests, entry: Api.Entry): Array<string> => {
  const was = entry.answer?.status
  const differences = body === undefined ? [] : [...bodyDifferences(body, entry.body)]
  if (task !== undefined && entry.taskId !== task)
    differences.unshift(`task: expected ${task}, got ${entry.taskId ?? "none"}`)
  if (status !== undefined && was !== status)
    differences.unshift(`status: expected ${status}, got ${was ?? "no answer"}`)
  return differences
}

const times = (count: number): string => (count === 1 ? "once" : count === 2 ? "twice" : `${count} times`)

/** How often the requests are expected, at least and at most. */
const boundsOf = ({ count, atLeast, atMost }: Api.ExpectedRequests): readonly [least: number, most: number] => [
  count ?? atLeast ?? (atMost === undefined ? 1 : 0),
  count ?? atMost ?? Number.POSITIVE_INFINITY
]

const inWords = (expected: Api.ExpectedRequests): string => {
  const { operation, task, status, body } = expected
  const [least, most] = boundsOf(expected)
  const span = most === Number.POSITIVE_INFINITY ? `at least ${times(least)}` : `${least} to ${most} times`
  const often =
    least === most ? times(least) : least === 0 && most < Number.POSITIVE_INFINITY ? `at most ${times(most)}` : span
  return [
    `Expected ${operation} ${often}`,
    ...(task === undefined ? [] : [`of task ${task}`]),
    ...(status === undefined ? [] : [`answered with ${status}`]),
    ...(body === undefined ? [] : [`with a body like ${written(body)}`])
  ].join(", ")
}

const numbered = (numbers: ReadonlyArray<number>): string => {
  const shown = numbers.slice(0, 20).join(", ")
  const noun = numbers.length === 1 ? "request" : "requests"
  return numbers.length === 0 ? "" : ` (${noun} ${shown}${numbers.length > 20 ? ", …" : ""})`
}

/** What a world got, where nothing came near. */
const otherwise = ({ operation }: Api.ExpectedRequests, entries: ReadonlyArray<Api.Entry>): string => {
  const counts = new Map<string, number>()
  for (const entry of entries) counts.set(entry.operation, (counts.get(entry.operation) ?? 0) + 1)
  const got = [...counts].map(([name, count]) => `${count} ${name}`).join(", ")
  if (entries.length === 0)
    return "This world has received no request: does the program use the same key, and this mock's URL?"
  return counts.has(operation) ? "" : `It received no ${operation}, but ${got}.`
}

/** Compares what was received with what was expected. */
export const verify = (wanted: Api.ExpectedRequests, journal: Api.Journal): Api.Verification => {
  const { entries, dropped } = journal
  // The journal has no keys and no queries of URLs, so the body that is compared with it must have none either.
  const expected = wanted.body === undefined ? wanted : { ...wanted, body: Scrub.body(wanted.body, undefined) }
  const compared = entries
    .filter(({ operation }) => operation === expected.operation)
    .map((entry) => ({ request: entry.number, differences: differencesOf(expected, entry) }))
  const requests = compared.filter(({ differences }) => differences.length === 0).map(({ request }) => request)
  const [least, most] = boundsOf(expected)
  const ok = requests.length >= least && requests.length + dropped <= most
  const nearMisses = compared
    .filter(({ differences }) => differences.length > 0)
    .sort((a, b) => a.differences.length - b.differences.length || a.request - b.request)
    .slice(0, mostNearMisses)
    .map(({ request, differences }) => ({ request, differences: differences.slice(0, mostDifferences) }))
  const missing = requests.length < least
  const lines = [
    `${inWords(expected)}; received ${requests.length === 0 ? "never" : times(requests.length)}${numbered(requests)}.`,
    ...(ok || dropped === 0
      ? []
      : [`The ${dropped} oldest requests are no longer kept, so nobody can tell whether they were such.`]),
    ...(missing ? [otherwise(expected, entries)].filter((line) => line !== "") : []),
    ...(missing ? nearMisses : []).flatMap(({ request, differences }) => [
      `Request ${request} came near, but:`,
      ...differences.map((difference) => `  ${difference}`)
    ])
  ]
  return { ok, count: requests.length, requests, nearMisses, dropped, text: lines.join("\n") }
}
