/**
 * What happens to an answer on its way to the caller: whole, late, damaged, cut off, or never.
 *
 * It says so as data and touches no socket, because each door breaks things in its own way: one destroys a socket, another rejects a promise.
 *
 * @module
 */
import type { Answer } from "../contract/Answer.ts"
import * as HtmlPage from "../contract/HtmlPage.ts"
import type { FaultHit } from "./Faults.ts"

/** How the bytes of an answer go out, or that they do not. */
export type DeliveryOutcome =
  /** `long`: the body is made as it is read, and most callers give up before its end. */
  | { readonly kind: "whole"; readonly long?: true }
  /** The connection is reset, or closed, before the first byte. */
  | { readonly kind: "reset" }
  | { readonly kind: "closed" }
  /** Nothing comes, until the caller gives up. */
  | { readonly kind: "stalled" }
  /** The connection breaks after so many bytes of the body; half of them where it does not say. */
  | { readonly kind: "cut"; readonly bytes: number | undefined }
  /** So many bytes of the body at a time, so many milliseconds apart. */
  | { readonly kind: "dripped"; readonly bytes: number; readonly every: number }

/** Whether nothing of an answer comes. */
export const isNever = ({ kind }: DeliveryOutcome): boolean =>
  kind === "reset" || kind === "closed" || kind === "stalled"

/** An answer and how it is to be delivered. */
export interface Delivery {
  readonly response: Response
  /** The response's whole body, where it is a text: whoever sends it need not read it out of the response. */
  readonly text?: string | undefined
  /** Milliseconds to hold it back, in the time of the clock that the mock was made with. */
  readonly delay: number
  readonly outcome: DeliveryOutcome
  /** To be called when the caller has the answer. It is not called for a caller that gave up before. */
  readonly arrived: () => void
}

/**
 * From a request to its answer and how that is delivered. `sent` is the body, from a door that has read it already: the web's classes make a stream
 * of it, which is much of the work of a small request, so such a request has none.
 */
export type Handler = (request: Request, sent?: Uint8Array<ArrayBuffer>) => Promise<Delivery>

/** A response that nothing happens to. */
export const whole = (response: Response): Delivery => ({
  response,
  delay: 0,
  outcome: { kind: "whole" },
  arrived: () => {}
})

const oversize = 64 * 1024 * 1024

/** A body of nothing but spaces, made as it is read. */
const padding = (size: number): ReadableStream<Uint8Array> => {
  let left = size
  return new ReadableStream(
    {
      pull: (controller) => {
        const part = Math.min(left, 64 * 1024)
        left -= part
        if (part > 0) controller.enqueue(new Uint8Array(part).fill(0x20))
        if (left === 0) controller.close()
      }
    },
    { highWaterMark: 0 }
  )
}

/** Statuses whose answers have no body, whatever happens to them. */
const bodiless: ReadonlySet<number> = new Set([204, 205, 304])

/** Which part of a body arrives before the connection breaks: never all of it. */
export const beforeCut = (body: Uint8Array, bytes: number | undefined): Uint8Array =>
  body.subarray(0, Math.max(0, Math.min(bytes ?? Math.floor(body.length / 2), body.length - 1)))

/** The first half of a body, as it would have gone out. */
const half = (body: unknown): unknown => {
  if (body instanceof Uint8Array) return body.slice(0, Math.floor(body.length / 2))
  const text = typeof body === "string" ? body : (JSON.stringify(body) ?? "")
  return text.slice(0, Math.floor(text.length / 2))
}

/** The answer that is sent under a fault, in place of the intended one. `dateAfter` gives dates on the caller's clock; `operationId` is the contract's operation at hand, if there is one. */
export const answerUnder = (
  hit: FaultHit | undefined,
  intended: Answer,
  dateAfter: (millis: number) => number,
  operationId: string | undefined
): Answer => {
  const { "content-length": _, ...headers } = intended.headers
  switch (hit?.fault?.kind) {
    case "status":
      return hit.fault.answer?.(dateAfter, operationId) ?? intended
    case "html":
      return HtmlPage.page(200, "CometAPI", "Welcome. This page is no answer of the API.")
    case "redirect":
      return HtmlPage.moved()
    case "empty":
      return { ...intended, headers: { ...headers, "content-length": "0" }, body: undefined }
    case "truncated":
      if (bodiless.has(intended.status)) return intended
      return { ...intended, headers, body: half(intended.body) }
    case "content-type":
      return { ...intended, headers: { ...headers, "content-type": "text/plain; charset=utf-8" } }
    case "oversized": {
      if (bodiless.has(intended.status)) return intended
      const size = hit.fault.bytes ?? oversize
      return { ...intended, headers: { ...headers, "content-length": String(size) }, body: padding(size) }
    }
    default:
      return intended
  }
}

/** How an answer is delivered under a fault. */
export const outcomeUnder = (hit: FaultHit | undefined): DeliveryOutcome => {
  const fault = hit?.fault
  switch (fault?.kind) {
    case "reset":
      return { kind: "reset" }
    case "lost":
      return { kind: "closed" }
    case "stall":
      return { kind: "stalled" }
    case "cut":
      return { kind: "cut", bytes: fault.bytes }
    case "oversized":
      return { kind: "whole", long: true }
    case "drip":
      return { kind: "dripped", bytes: fault.bytes ?? 16, every: fault.every }
    default:
      return { kind: "whole" }
  }
}

/**
 * What a caller who waits for an answer receives: the intended one, however slowly; the intended one under a wrong media type, which
 * some callers refuse; another one in its place; or nothing.
 */
export type Received = "intended" | "mislabelled" | "replaced" | "nothing"

/** What a caller receives under a fault. */
export const receivedUnder = (hit: FaultHit | undefined): Received => {
  switch (hit?.fault?.kind) {
    case undefined:
    case "drip":
      return "intended"
    case "content-type":
      return "mislabelled"
    case "status":
      return "replaced"
    default:
      return "nothing"
  }
}
