/**
 * What comes in: a request's address, what it is for, its key and its body, read once and in one place.
 *
 * It reads no more of a body than the limit, never throws over what was sent, and judges nothing: whether a request is right is for Prism
 * to say.
 *
 * @module
 */
import * as Result from "effect/Result"
import type { Operation } from "../../../generated/mock-control/types.gen.ts"
import * as Contract from "../contract/Contract.ts"
import * as Output from "./Output.ts"

/** A larger request body is answered 413. */
export const bodyLimit = 1024 * 1024

/** The bearer token, if there is one. The scheme's name may be written in any case. */
export const keyOf = (headers: Headers): string | undefined =>
  /^Bearer\s+(.+)$/i.exec(headers.get("authorization") ?? "")?.[1]

/** What must not be found in anything that is kept: the key, in whatever scheme it was sent. */
export const secretOf = (headers: Headers): string | undefined =>
  headers
    .get("authorization")
    ?.replace(/^[a-z]+\s+/i, "")
    .trim()

/** What a request is for, by its address alone: a fault hits it before anything else of it is read. */
export interface Address {
  readonly request: Request
  readonly url: URL
  readonly operation: Operation
  /** The contract's operation, if the address is one of those. */
  readonly route: Contract.Route | undefined
}

export const addressOf = (request: Request): Address => {
  const url = new URL(request.url)
  if (Output.isBelow(url.pathname)) return { request, url, operation: "asset", route: undefined }
  const route = Contract.routeAt(request.method, url.pathname)
  return { request, url, operation: route?.kind ?? "other", route }
}

/** The body as bytes, or that it is larger than `bodyLimit`: then the rest of it is not read. `sent` is what a door has read already. */
export const read = async (request: Request, sent?: Uint8Array): Promise<Result.Result<Uint8Array, "too large">> => {
  if (sent !== undefined) return sent.length > bodyLimit ? Result.fail("too large") : Result.succeed(sent)
  const chunks: Array<Uint8Array> = []
  let size = 0
  if (request.body === null) return Result.succeed(new Uint8Array())
  // Leaving the loop cancels the rest of the body.
  for await (const chunk of request.body) {
    size += chunk.byteLength
    if (size > bodyLimit) return Result.fail("too large")
    chunks.push(chunk)
  }
  return Result.succeed(Buffer.concat(chunks))
}

/** A request's body. */
export interface Body {
  readonly value: unknown
  /** What was sent, for the journal. */
  readonly text?: string
  /** Why there is no value, where there is none although something was sent. */
  readonly unreadable?: string
  readonly isTooLarge?: true
}

/** No body at all. */
export const noBody: Body = { value: undefined }

/** The value of a JSON text, or why it is none. */
const parse = (bytes: Uint8Array): Result.Result<unknown, string> => {
  try {
    // Prism takes a falsy value for a missing body and answers "required", which is wrong but explains as much.
    return Result.succeed(JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes)))
  } catch (error) {
    // Without the piece of the body that the engine quotes: it may be somebody's key.
    const why = (error instanceof Error ? error.message : String(error)).replace(/, .*is not valid JSON$/s, "")
    return Result.fail(`Request body is not JSON: ${why}`)
  }
}

/** Reads the body of a request to the API. `sent` is what a door has read already. */
export const bodyOf = async (request: Request, sent?: Uint8Array): Promise<Body> => {
  const content = await read(request, sent)
  if (Result.isFailure(content))
    return { value: undefined, unreadable: `Request body is larger than ${bodyLimit} bytes`, isTooLarge: true }
  const bytes = content.success
  if (bytes.length === 0) return noBody
  const text = new TextDecoder().decode(bytes)
  const type = request.headers.get("content-type")
  if (!/^application\/([\w.+-]+\+)?json\s*(;|$)/i.test(type ?? ""))
    return { value: undefined, text, unreadable: `Content-Type must be application/json, got ${type || "none"}` }
  return Result.match(parse(bytes), {
    onFailure: (unreadable) => ({ value: undefined, text, unreadable }),
    onSuccess: (value) => ({ value, text })
  })
}

/** Whether anything was sent as a body. */
export const isEmpty = (body: Body): boolean => body.text === undefined && body.isTooLarge !== true
