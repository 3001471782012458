/**
 * From an answer to a web-standard response: the request's id, the report of violations, and the provider's HTML pages.
 *
 * It decides nothing about what is answered, only how it is written down.
 */
import { type Answer, isRaw, type Violation } from "../contract/Answer.ts"
import * as Contract from "../contract/Contract.ts"

const limit = 8 * 1024
const longest = 300

/** Header values are Latin-1, and JSON can say the rest with escapes. */
const ascii = (text: string): string =>
  text.replace(/[^\x20-\x7e]/g, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`)

const cut = (text: string): string => (text.length > longest ? `${text.slice(0, longest)}…` : text)

/** Violations as a header's value: always JSON, never longer than a header may be; what does not fit is counted. */
export const violationsHeader = (violations: ReadonlyArray<Violation>): string => {
  const parts: Array<string> = []
  let size = 0
  for (const { location, message, ...rest } of violations) {
    const part = ascii(JSON.stringify({ location: location.map(cut), ...rest, message: cut(message) }))
    size += part.length + 1
    if (size > limit - 200) break
    parts.push(part)
  }
  const left = violations.length - parts.length
  return `[${[...parts, ...(left > 0 ? [`{"location":["request"],"severity":"Error","message":"and ${left} more"}`] : [])].join(",")}]`
}

/** Puts this request's id where the documented message has one of its own. */
const withRequestId = (body: unknown, requestId: string): unknown => {
  const rewrite = (text: string) => text.replace(/\(request id: [^)]*\)/, `(request id: ${requestId})`)
  if (typeof body !== "object" || body === null || !("error" in body)) return body
  const { error } = body
  if (typeof error !== "object" || error === null || !("message" in error) || typeof error.message !== "string")
    return body
  return { ...body, error: { ...error, message: rewrite(error.message) } }
}

/** An answer with the request's id in it, where the provider has one. */
export const numbered = ({ headers, body, ...answer }: Answer, requestId: string): Answer => ({
  ...answer,
  headers: { ...headers, "x-oneapi-request-id": requestId },
  body: withRequestId(body, requestId)
})

/** Writes an answer down. `bodiless` is for HEAD, whose answer has the headers alone. */
export const toResponse = (answer: Answer, violations: ReadonlyArray<Violation>, bodiless = false): Response => {
  const { status, body } = answer
  const headers = new Headers(answer.headers)
  if (violations.length > 0) headers.set("sl-violations", violationsHeader(violations))
  return new Response(body === undefined || bodiless ? null : isRaw(body) ? body : JSON.stringify(body), {
    status,
    headers
  })
}

/** An HTML page, as the provider's front page is one. */
export const page = (status: number, title: string, text: string): Answer => ({
  status,
  headers: { "content-type": "text/html; charset=utf-8" },
  body: `<!doctype html><html><head><title>${title}</title></head><body><h1>${title}</h1><p>${text}</p><ul>${Contract.routes
    .map(({ method, path }) => `<li>${method} ${path}</li>`)
    .join("")}</ul></body></html>\n`
})

/** What the provider does with a path or a method that it does not know: it sends the caller to its front page. */
export const moved = (): Answer => {
  const { headers, ...answer } = page(
    301,
    "Moved Permanently",
    "No route of the API answers this request. The routes are:"
  )
  // Never a host: a key must not be led away from where it was sent.
  return { ...answer, headers: { ...headers, location: "/" } }
}
