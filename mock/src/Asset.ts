/**
 * The finished video: a real, playable MP4 of three seconds, the same for every task, at an address of the task's own.
 *
 * It behaves as a storage host does towards a download (HEAD, ranges, ETag) and asks for no key. Its signature is not checked, and
 * nothing of a request ever becomes part of a path on disk.
 */
import { createHash } from "node:crypto"
import { readFile } from "node:fs/promises"

const load = async () => {
  const bytes = new Uint8Array(await readFile(new URL("../assets/performance.mp4", import.meta.url)))
  return { bytes, etag: `"${createHash("sha256").update(bytes).digest("hex").slice(0, 32)}"` }
}
let loading: ReturnType<typeof load> | undefined

const base64url = (text: string): string => Buffer.from(text).toString("base64url")

/** Where a task's output is found. The query has the form of the provider's signed URL, and is as secret: it belongs in no log. */
export const urlOf = (origin: string, taskId: string, finishedAt: number): string => {
  const head = base64url(JSON.stringify({ alg: "HS256" }))
  const keyHash = createHash("sha256").update(taskId).digest("hex")
  const claims = base64url(
    JSON.stringify({ keyHash: keyHash.slice(0, 16), bucket: "mock", exp: Math.floor(finishedAt / 1000) + 86_400 })
  )
  return `${origin}/assets/${encodeURIComponent(taskId)}.mp4?_jwt=${head}.${claims}.${base64url(keyHash.slice(16, 48))}`
}

/** The task whose output a path names, if the path is one of an output. */
export const taskIdOf = (path: string): string | undefined => {
  const name = /^\/assets\/([^/]+)\.mp4$/.exec(path)?.[1]
  try {
    return name === undefined ? undefined : decodeURIComponent(name)
  } catch {
    return name
  }
}

/** The bytes asked for, `undefined` for all of them, `"none"` where there are no such bytes. */
const rangeOf = (header: string | null, size: number): { from: number; to: number } | "none" | undefined => {
  const [, first, last] = /^bytes=(\d*)-(\d*)$/.exec(header?.trim() ?? "") ?? []
  // Several ranges, another unit or nonsense: a server may ignore those and send everything.
  if (first === undefined || last === undefined || (first === "" && last === "")) return undefined
  if (first === "")
    return last === "" || Number(last) === 0 ? "none" : { from: Math.max(0, size - Number(last)), to: size - 1 }
  const from = Number(first)
  const to = last === "" ? size - 1 : Math.min(Number(last), size - 1)
  if (last !== "" && Number(last) < from) return undefined
  return from >= size ? "none" : { from, to }
}

/** Answers a request for the output of a task that has one. */
export const serve = async (request: Request): Promise<Response> => {
  if (request.method !== "GET" && request.method !== "HEAD") {
    return new Response(null, { status: 405, headers: { allow: "GET, HEAD" } })
  }
  loading ??= load()
  const { bytes, etag } = await loading
  const headers = new Headers({
    "content-type": "video/mp4",
    "accept-ranges": "bytes",
    etag,
    "cache-control": "private"
  })
  if (request.headers.get("if-none-match") === etag) return new Response(null, { status: 304, headers })
  const stale = (request.headers.get("if-range") ?? etag) !== etag
  const range = stale || request.method === "HEAD" ? undefined : rangeOf(request.headers.get("range"), bytes.length)
  if (range === "none") {
    headers.set("content-range", `bytes */${bytes.length}`)
    headers.delete("content-type")
    return new Response(null, { status: 416, headers })
  }
  const part = range === undefined ? bytes : bytes.slice(range.from, range.to + 1)
  headers.set("content-length", String(part.length))
  if (range !== undefined) headers.set("content-range", `bytes ${range.from}-${range.to}/${bytes.length}`)
  return new Response(request.method === "HEAD" ? null : part, { status: range === undefined ? 200 : 206, headers })
}

/** What is answered where no task has such an output. */
export const missing = (): Response =>
  new Response("There is no such output.\n", { status: 404, headers: { "content-type": "text/plain; charset=utf-8" } })
