import { readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import type { RequestListener } from "node:http"
import { dirname, join } from "node:path"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { Task } from "../../../src/index.ts"
import {
  assets,
  breaking,
  error,
  etag,
  folder,
  half,
  named,
  noteOf,
  partsOf,
  ranged,
  rewrite,
  sendsVideo,
  single,
  succeeded,
  success,
  video
} from "./Support.ts"

describe("a download starts over", () => {
  const plain = new Uint8Array(video.length).fill(7)

  /** Downloads beside what is there, and looks at what came of it and at the ranges that were asked for. */
  const again = (to: string, answer: RequestListener, options: Partial<Task.DownloadOptions> = {}, task = succeeded) =>
    Effect.gen(function* () {
      const host = yield* assets(answer)
      yield* success(Task.download(task(host.url), { to, ...options }))
      expect(readdirSync(dirname(to))).toEqual(["one.mp4"])
      return host.asked.map(({ headers }) => headers.range)
    })
  const range = `bytes=${video.length / 2}-`
  const rest = video.subarray(video.length / 2)
  const refusing =
    (status: number, headers: Record<string, string>, body?: Uint8Array): RequestListener =>
    (request, response) => {
      if (request.headers.range === undefined) ranged(request, response)
      else response.writeHead(status, { "content-type": "video/mp4", ...headers }).end(body)
    }
  const end = video.length - 1
  const from = video.length / 2

  for (const [name, answer] of [
    [
      "the part of the video starts elsewhere",
      refusing(206, { etag, "content-range": `bytes 5-${end}/${end + 1}` }, rest)
    ],
    ["the part does not say where it starts", refusing(206, { etag }, rest)],
    ["the whole has another length", refusing(206, { etag, "content-range": `bytes ${from}-${end}/${end + 9}` }, rest)],
    [
      "the part is of another version",
      refusing(206, { etag: '"2"', "content-range": `bytes ${from}-${end}/${end + 1}` }, rest)
    ],
    [
      "the part was compressed",
      refusing(206, { etag, "content-range": `bytes ${from}-${end}/${end + 1}`, "content-encoding": "identity" }, rest)
    ],
    [
      "there are no such bytes, though some are missing (416)",
      refusing(416, { "content-range": `bytes */${end + 1}` })
    ],
    ["there are no such bytes, and the host does not say why (416)", refusing(416, {})]
  ] as ReadonlyArray<readonly [string, RequestListener]>) {
    it.live(`at once and by itself, when ${name}`, () =>
      Effect.gen(function* () {
        const to = join(yield* folder, "one.mp4")
        yield* half(to)
        expect(yield* again(to, answer, single)).toEqual([range, undefined])
        expect(new Uint8Array(readFileSync(to))).toEqual(video)
      })
    )
  }

  for (const [name, answer] of [
    ["the host knows no ranges", sendsVideo],
    [
      "the video is another by now",
      (_, response) => void response.writeHead(200, { "content-type": "video/mp4", etag: '"two"' }).end(plain)
    ]
  ] as ReadonlyArray<readonly [string, RequestListener]>) {
    it.live(`with the answer that it has, when ${name}`, () =>
      Effect.gen(function* () {
        const to = join(yield* folder, "one.mp4")
        yield* half(to)
        expect(yield* again(to, answer, single)).toEqual([range])
        expect(new Uint8Array(readFileSync(to))).toEqual(answer === sendsVideo ? video : plain)
      })
    )
  }

  for (const [name, spoil] of [
    ["the note is gone", (to: string) => rmSync(noteOf(to))],
    ["the note cannot be read", (to: string) => writeFileSync(noteOf(to), "{")],
    ["the note names a file of its own choice", (to: string) => rewrite(to, { part: "../../elsewhere" })],
    ["the note's tag is none", (to: string) => rewrite(to, { etag: 'W/"one"' })],
    ["the part is gone", (_: string, part: string) => rmSync(part)],
    ["the part is empty", (_: string, part: string) => writeFileSync(part, "")]
  ] as const) {
    it.live(`when ${name}`, () =>
      Effect.gen(function* () {
        const to = join(yield* folder, "one.mp4")
        const part = yield* half(to)
        spoil(to, part)
        const host = yield* assets(ranged)
        yield* success(Task.download(succeeded(host.url), { to }))
        expect(host.asked.map(({ headers }) => headers.range)).toEqual([undefined])
        expect(new Uint8Array(readFileSync(to))).toEqual(video)
      })
    )
  }

  it.live("for another task and for another output, whose beginning it does not touch but replaces", () =>
    Effect.gen(function* () {
      const to = join(yield* folder, "one.mp4")
      yield* half(to)
      expect(yield* again(to, ranged, {}, (url) => named("another", url))).toEqual([undefined])
      yield* half(to)
      const first = partsOf(to)
      const other = (url: string) => succeeded("https://assets.example.com/0.mp4", url)
      const host = yield* assets((request, response) => ranged(request, response, breaking(to)))
      yield* error(Task.download(other(host.url), { to, index: 1, ...single }))
      expect(partsOf(to)).toHaveLength(1)
      expect(partsOf(to)).not.toEqual(first)
    })
  )

  for (const [name, headers] of [
    ["gives its video no tag", {}],
    ["gives it a weak tag", { etag: 'W/"one"' }],
    ["sends it compressed", { etag, "content-encoding": "gzip" }]
  ] as const) {
    it.live(`with nothing kept, when the host ${name}`, () =>
      Effect.gen(function* () {
        const { gzipSync } = yield* Effect.promise(() => import("node:zlib"))
        const body = "content-encoding" in headers ? gzipSync(video) : video
        const host = yield* assets((_, response) => {
          response.writeHead(200, { "content-type": "video/mp4", "content-length": body.length, ...headers })
          if (host.asked.length > 1) response.end(body)
          else response.write(body.subarray(0, body.length / 2), () => response.socket?.destroy())
        })
        const to = join(yield* folder, "one.mp4")
        yield* error(Task.download(succeeded(host.url), { to, ...single }))
        expect(readdirSync(dirname(to))).toEqual([])
        yield* success(Task.download(succeeded(host.url), { to, ...single }))
        expect(host.asked.map(({ headers }) => headers.range)).toEqual([undefined, undefined])
        expect(new Uint8Array(readFileSync(to))).toEqual(video)
      })
    )
  }
})
