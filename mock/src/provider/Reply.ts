/**
 * From an answer to a web-standard response: the request's id in it, and the header that reports violations.
 *
 * It decides nothing about what is answered, only how it is written down.
 *
 * @module
 */
import * as Predicate from "effect/Predicate"
import { type Answer, isRaw, type Violation } from "../contract/Answer.ts"

/** So long may a header be. */
const longestHeader = 8 * 1024
const longestMessage = 300

/** Header values are Latin-1, and JSON can say the rest with escapes. */
const ascii = (text: string): string =>
  text.replace(/[^\x20-\x7e]/g, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`)

const cut = (text: string): string => (text.length > longestMessage ? `${text.slice(0, longestMessage)}…` : text)

/** Violations as a header's value: always JSON, never longer than a header may be; what does not fit is counted. */
export const violationsHeader = (violations: ReadonlyArray<Violation>): string => {
  const parts: Array<string> = []
  let size = 0
  for (const { location, message, ...rest } of violations) {
    const part = ascii(JSON.stringify({ location: location.map(cut), ...rest, message: cut(message) }))
    size += part.length + 1
    if (size > longestHeader - 200) break
    parts.push(part)
  }
  const left = violations.length - parts.length
  return `[${[...parts, ...(left > 0 ? [`{"location":["request"],"severity":"Error","message":"and ${left} more"}`] : [])].join(",")}]`
}

/** A body with this request's id in the place where the documented message has an example of one. */
const withRequestId = (body: unknown, requestId: string): unknown => {
  if (!Predicate.hasProperty(body, "error") || !Predicate.hasProperty(body.error, "message")) return body
  const { error } = body
  if (!Predicate.isString(error.message)) return body
  const message = error.message.replace(/\(request id: [^)]*\)/, `(request id: ${requestId})`)
  return { ...body, error: { ...error, message } }
}

/** An answer with the request's id in it, where the provider has one. */
export const numbered = ({ headers, body, ...answer }: Answer, requestId: string): Answer => ({
  ...answer,
  headers: { ...headers, "x-oneapi-request-id": requestId },
  body: withRequestId(body, requestId)
})

/** What goes out as an answer's body. `bodiless` is for HEAD, whose answer has the headers alone. */
export const written = ({ body }: Answer, bodiless: boolean) =>
  body === undefined || bodiless ? null : isRaw(body) ? body : JSON.stringify(body)

/** Writes an answer down; `body` is for who has written that already, or wants none. */
export const toResponse = (
  answer: Answer,
  violations: ReadonlyArray<Violation>,
  body: ReturnType<typeof written> = written(answer, false)
): Response => {
  const headers = new Headers(answer.headers)
  if (violations.length > 0) headers.set("sl-violations", violationsHeader(violations))
  return new Response(body, { status: answer.status, headers })
}
