/**
 * What happens to an answer on its way to the caller: late, damaged, cut off, or never.
 *
 * It says so as data, because each door breaks things in its own way: one destroys a socket, another rejects a promise.
 */
import type { Answer } from "../contract/Answer.ts"
import * as Reply from "../provider/Reply.ts"
import type { Strike } from "./Fault.ts"

/** How the bytes of an answer go out, or that they do not. */
export type Fate =
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
export const isNever = ({ kind }: Fate): boolean => kind === "reset" || kind === "closed" || kind === "stalled"

/** An answer and how it is to be delivered. */
export interface Delivery {
  readonly response: Response
  /** Milliseconds to hold it back, in the time of the clock that the mock was made with. */
  readonly delay: number
  readonly fate: Fate
  /** To be called when the caller has it. Who gave up before that was told nothing. */
  readonly arrived: () => void
}

/** A response that nothing happens to. */
export const whole = (response: Response): Delivery => ({
  ...{ response, delay: 0, fate: { kind: "whole" } },
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

/** The answer that is sent under a fault, in place of the right one. */
export const answerUnder = (strike: Strike | undefined, right: Answer, now: number): Answer => {
  const { "content-length": _, ...headers } = right.headers
  switch (strike?.fault?.kind) {
    case "status":
      return strike.fault.answer?.(now) ?? right
    case "html":
      return Reply.page(200, "CometAPI", "Welcome. This page is no answer of the API.")
    case "redirect":
      return Reply.moved()
    case "empty":
      return { ...right, headers: { ...headers, "content-length": "0" }, body: undefined }
    case "truncated":
      if (bodiless.has(right.status)) return right
      return { ...right, headers, body: half(right.body) }
    case "content-type":
      return { ...right, headers: { ...headers, "content-type": "text/plain; charset=utf-8" } }
    case "oversized": {
      if (bodiless.has(right.status)) return right
      const size = strike.fault.bytes ?? oversize
      return { ...right, headers: { ...headers, "content-length": String(size) }, body: padding(size) }
    }
    default:
      return right
  }
}

/** How an answer is delivered under a fault. */
export const fateUnder = (strike: Strike | undefined): Fate => {
  const fault = strike?.fault
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
 * What a caller who waits for an answer makes of it: it has the right one, however slowly; the right one under a wrong name, which some
 * refuse; another one; or nothing.
 */
export type Heard = "right" | "perhaps" | "other" | "nothing"

export const heardUnder = (strike: Strike | undefined): Heard => {
  switch (strike?.fault?.kind) {
    case undefined:
    case "drip":
      return "right"
    case "content-type":
      return "perhaps"
    case "status":
      return "other"
    default:
      return "nothing"
  }
}
