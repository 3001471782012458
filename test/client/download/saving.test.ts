import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Tracer from "effect/Tracer"
import { Task } from "../../../src/index.ts"
import {
  assets,
  failure,
  folder,
  holdsNoKey,
  sendsVideo,
  signature,
  succeeded,
  success,
  taskId,
  video
} from "./Support.ts"

describe("a download", () => {
  it.live("saves exactly the bytes that were sent, making the folders that are missing, and leaves nothing else", () =>
    Effect.gen(function* () {
      const host = yield* assets(sendsVideo)
      const to = join(yield* folder, "videos", "2026", "one.mp4")
      expect(yield* success(Task.download(succeeded(host.url), { to }))).toEqual({ path: to, bytes: video.length })
      expect(new Uint8Array(readFileSync(to))).toEqual(video)
      expect(readdirSync(dirname(to))).toEqual(["one.mp4"])
    })
  )

  it.live("asks for the signed URL once, with no key and nothing that looks like one", () =>
    Effect.gen(function* () {
      const host = yield* assets(sendsVideo)
      yield* success(Task.download(succeeded(host.url), { to: join(yield* folder, "one.mp4") }))
      expect(host.asked.map(({ method, url }) => `${method} ${url}`)).toEqual([`GET /out/video.mp4?${signature}`])
      holdsNoKey(host.asked[0]?.headers ?? {})
    })
  )

  it.live("of another output than the first saves that one", () =>
    Effect.gen(function* () {
      const host = yield* assets((request, response) => {
        response.writeHead(200, { "content-type": "video/mp4" }).end(request.url)
      })
      const task = succeeded(`${host.origin}/0.mp4`, `${host.origin}/1.mp4`)
      const to = join(yield* folder, "one.mp4")
      yield* success(Task.download(task, { to, index: 1 }))
      expect(readFileSync(to, "utf8")).toBe("/1.mp4")
    })
  )

  it.live("of an output that the task does not have fails with nothing asked", () =>
    Effect.gen(function* () {
      const host = yield* assets(sendsVideo)
      const to = join(yield* folder, "new", "one.mp4")
      for (const [index, says] of [
        [1, "no number 1"],
        [-1, "index: must be a whole number, 0 or more, got -1"],
        [0.5, "index: must be a whole number, 0 or more, got 0.5"]
      ] as const) {
        expect(yield* failure(Task.download(succeeded(host.url), { to, index }))).toContain(says)
      }
      expect(host.asked).toHaveLength(0)
      expect(existsSync(dirname(to))).toBe(false)
    })
  )

  it.live("replaces a file that is there, once the new one is whole", () =>
    Effect.gen(function* () {
      const host = yield* assets(sendsVideo)
      const to = join(yield* folder, "one.mp4")
      writeFileSync(to, "an older video, longer or shorter")
      yield* success(Task.download(succeeded(host.url), { to }))
      expect(new Uint8Array(readFileSync(to))).toEqual(video)
    })
  )

  it.live("takes a body of unknown length and one that was compressed on the way", () =>
    Effect.gen(function* () {
      const { gzipSync } = yield* Effect.promise(() => import("node:zlib"))
      const chunked = yield* assets((_, response) => {
        response.writeHead(200, { "content-type": "application/octet-stream" })
        response.write(video.subarray(0, 1000))
        response.end(video.subarray(1000))
      })
      const compressed = yield* assets((_, response) => {
        const body = gzipSync(video)
        response
          .writeHead(200, { "content-type": "video/mp4", "content-encoding": "gzip", "content-length": body.length })
          .end(body)
      })
      for (const { url } of [chunked, compressed]) {
        const to = join(yield* folder, "one.mp4")
        yield* success(Task.download(succeeded(url), { to }))
        expect(new Uint8Array(readFileSync(to))).toEqual(video)
      }
    })
  )

  it.live("can run many times at once into a folder that is not there yet", () =>
    Effect.gen(function* () {
      const host = yield* assets(sendsVideo)
      const videos = join(yield* folder, "a", "b", "c")
      yield* Effect.forEach(
        Array.from({ length: 12 }, (_, n) => n),
        (n) => success(Task.download(succeeded(host.url), { to: join(videos, `${n}.mp4`) })),
        { concurrency: "unbounded" }
      )
      expect(readdirSync(videos)).toHaveLength(12)
    })
  )
})

describe("the span of a download", () => {
  it.live("tells the task and the bytes, and no query", () =>
    Effect.gen(function* () {
      const spans: Array<Tracer.NativeSpan> = []
      const tracer = Tracer.make({
        span: (options) => {
          const span = new Tracer.NativeSpan(options)
          spans.push(span)
          return span
        }
      })
      const host = yield* assets(sendsVideo)
      const to = join(yield* folder, "one.mp4")
      yield* success(Task.download(succeeded(host.url), { to }).pipe(Effect.provideService(Tracer.Tracer, tracer)))
      const [span] = spans.filter(({ name }) => name === "Runway.download")
      expect(Object.fromEntries(span?.attributes ?? [])).toEqual({
        "runway.task.id": taskId,
        "runway.download.bytes": video.length
      })
      expect(spans.map(({ attributes }) => JSON.stringify([...attributes])).join()).not.toContain("SECRET")
    })
  )
})
