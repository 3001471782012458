/**
 * The finished video: a real, playable MP4 of three seconds, the same for every task, at an address of the task's own.
 *
 * It behaves as a storage host does towards a download (HEAD, ranges, ETag). It wants no key, but a URL whose signature is right and
 * which has not expired. Nothing of a request ever becomes part of a path on disk.
 *
 * @module
 */
import { createHash } from "node:crypto"
import * as Result from "effect/Result"
import { bundledFile, isKnown } from "../BundledFile.ts"
import type { Answer } from "../contract/Answer.ts"
import { decoded, field } from "../Unknown.ts"

const video = bundledFile("assets/performance.mp4")

const base64url = (text: string): string => Buffer.from(text).toString("base64url")

/** What a URL's signature says: whose it is, and when it expires. */
interface Claims {
  /** The world that the task is of: worlds may have tasks with the same id. */
  readonly world: string
  /** On its reader's clock, in seconds since 1970, as the provider's own says it. */
  readonly exp: number
  /** On the world's clock, in milliseconds: what counts here. */
  readonly until: number
}

/** A signature in the form of the provider's own, with the time at which it expires. */
const sign = (taskId: string, { world, exp, until }: Claims): string => {
  const head = base64url(JSON.stringify({ alg: "HS256" }))
  const claims = base64url(JSON.stringify({ keyHash: world, bucket: "mock", exp, until }))
  const proof = createHash("sha256").update(`${taskId} ${claims}`).digest("base64url")
  return `${head}.${claims}.${proof}`
}

/** Whose task it is. */
interface Owner {
  /** Its world's id. */
  readonly world?: string
  /** A time of that world on the clock of whoever reads the URL. */
  readonly shown?: (at: number) => number
}

/**
 * Where a task's output is found. The query is as secret as the provider's signed URL: it belongs in no log.
 *
 * The first URL works for the whole of `lasts`. After half of that, a poll answers with a fresh URL, so that any URL works for half of
 * `lasts` at least, while a task that is polled again soon has the same URL. All times are in milliseconds.
 */
export const urlOf = (
  origin: string,
  taskId: string,
  finishedAt: number,
  now: number,
  lasts: number,
  { world = "", shown = (at) => at }: Owner = {}
): string => {
  const until = Math.floor(freshUntil(finishedAt, now, lasts) + lasts / 2)
  const signature = sign(taskId, { world, exp: Math.floor(shown(until) / 1000), until })
  return `${origin}/assets/${encodeURIComponent(taskId)}.mp4?_jwt=${signature}`
}

/** The time from which a poll answers with another URL than now. */
export const freshUntil = (finishedAt: number, now: number, lasts: number): number => {
  const half = lasts / 2
  return finishedAt + (Math.floor(Math.max(0, now - finishedAt) / half) + 1) * half
}

const claimsOf = (signature: string): Claims => {
  try {
    const claims: unknown = JSON.parse(Buffer.from(signature.split(".")[1] ?? "", "base64url").toString())
    return {
      world: String(field(claims, "keyHash")),
      exp: Number(field(claims, "exp")),
      until: Number(field(claims, "until"))
    }
  } catch {
    return { world: "", exp: Number.NaN, until: Number.NaN }
  }
}

/** Why a signature does not open a task's output now, if it does not. */
const refusalOf = (signature: string | null, taskId: string, now: number): string | undefined => {
  if (signature === null) return "This URL is not signed: use the one that the task has, with its query."
  const claims = claimsOf(signature)
  if (sign(taskId, claims) !== signature) return "This URL's signature is wrong: use the one that the task has."
  return now < claims.until ? undefined : "This URL has expired: get the task again, it has a fresh one."
}

/** Whether a path is below the one that all outputs have, however its letters are written. */
export const isBelow = (path: string): boolean =>
  decoded(path.split("/")[1] ?? "") === "assets" && path.split("/").length > 2

/** The task whose output a path names, if the path is one of an output. */
export const taskIdOf = (path: string): string | undefined => {
  const [, , file, ...rest] = path.split("/").map(decoded)
  return isBelow(path) && rest.length === 0 ? /^(.+)\.mp4$/.exec(file ?? "")?.[1] : undefined
}

/** The id of the world whose task an output's URL says it is; it may be anything where the URL is a forgery. */
export const worldIdOf = (url: URL): string | undefined => {
  const signature = url.searchParams.get("_jwt")
  return signature === null ? undefined : claimsOf(signature).world
}

interface Range {
  readonly from: number
  readonly to: number
}

/** The bytes that a range header asks for, `undefined` for all of them; it fails where the output has no such bytes. */
const rangeOf = (header: string | null, size: number): Result.Result<Range | undefined, "no such bytes"> => {
  const [, first, last] = /^bytes=(\d*)-(\d*)$/.exec(header?.trim() ?? "") ?? []
  // Several ranges, another unit or nonsense: a server may ignore those and send everything.
  if (first === undefined || last === undefined || (first === "" && last === "")) return Result.succeed(undefined)
  if (first === "")
    return Number(last) === 0
      ? Result.fail("no such bytes")
      : Result.succeed({ from: Math.max(0, size - Number(last)), to: size - 1 })
  const from = Number(first)
  const to = last === "" ? size - 1 : Math.min(Number(last), size - 1)
  if (last !== "" && Number(last) < from) return Result.succeed(undefined)
  return from >= size ? Result.fail("no such bytes") : Result.succeed({ from, to })
}

/** An answer in one line of text. */
const textAnswer = (status: number, text: string): Answer => ({
  status,
  headers: { "content-type": "text/plain; charset=utf-8" },
  body: `${text}\n`
})

/** Answers a request for the output of a task that has one: the mock's own video, or the one that was recorded. */
export const serve = async (request: Request, taskId: string, now: number, file = video): Promise<Answer> => {
  const refusal = refusalOf(new URL(request.url).searchParams.get("_jwt"), taskId, now)
  if (refusal !== undefined) return textAnswer(403, refusal)
  if (request.method !== "GET" && request.method !== "HEAD") {
    return { status: 405, headers: { allow: "GET, HEAD" }, body: undefined }
  }
  const { bytes, etag } = await file()
  const common = { "accept-ranges": "bytes", etag, "cache-control": "private" }
  const headers = { ...common, "content-type": "video/mp4" }
  if (isKnown(request.headers.get("if-none-match"), etag)) return { status: 304, headers, body: undefined }
  const stale = (request.headers.get("if-range") ?? etag) !== etag
  const wanted = stale || request.method === "HEAD" ? null : request.headers.get("range")
  const ranged = rangeOf(wanted, bytes.length)
  if (Result.isFailure(ranged)) {
    return { status: 416, headers: { ...common, "content-range": `bytes */${bytes.length}` }, body: undefined }
  }
  const range = ranged.success
  const body = range === undefined ? bytes : bytes.slice(range.from, range.to + 1)
  const sized = { ...headers, "content-length": String(body.length) }
  return range === undefined
    ? { status: 200, headers: sized, body }
    : { status: 206, headers: { ...sized, "content-range": `bytes ${range.from}-${range.to}/${bytes.length}` }, body }
}

/** What is answered where no task has such an output. */
export const missing = (): Answer => textAnswer(404, "There is no such output.")

/** What is answered where the output of a recorded task was not saved. */
export const unrecorded = (): Answer =>
  textAnswer(
    404,
    "This recording has no video: it was not saved when the job was recorded. The recording's file says why."
  )
