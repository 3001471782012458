import { readdirSync, readFileSync, rmSync } from "node:fs"
import { dirname, join } from "node:path"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"
import { Task } from "../../../src/index.ts"
import { assets, breaking, folder, half, named, partsOf, ranged, single, succeeded, success, video } from "./Support.ts"

describe("downloads to the same path at once", () => {
  it.live("of one video each save it whole, and leave nothing else", () =>
    Effect.gen(function* () {
      const host = yield* assets(ranged)
      const to = join(yield* folder, "one.mp4")
      const all = Effect.forEach(
        Array.from({ length: 12 }, (_, n) => n),
        () => success(Task.download(succeeded(host.url), { to, ...single })),
        { concurrency: "unbounded" }
      )
      expect((yield* all).map(({ bytes }) => bytes)).toEqual(Array.from({ length: 12 }, () => video.length))
      expect(new Uint8Array(readFileSync(to))).toEqual(video)
      expect(readdirSync(dirname(to))).toEqual(["one.mp4"])
    })
  )

  it.live("of two videos leave one of them, unmixed", () =>
    Effect.gen(function* () {
      const to = join(yield* folder, "one.mp4")
      const bodies = [video, new Uint8Array(video.length).fill(7)]
      const hosts = yield* Effect.forEach(bodies, (body, n) =>
        assets((_, response) => {
          response.writeHead(200, { "content-type": "video/mp4", "content-length": body.length, etag: `"${n}"` })
          response.write(body.subarray(0, 100_000))
          setImmediate(() => response.end(body.subarray(100_000)))
        })
      )
      yield* Effect.forEach(
        [...hosts, ...hosts, ...hosts],
        (host, n) => success(Task.download(named(`task-${n % 2}`, host.url), { to, ...single })),
        { concurrency: "unbounded" }
      )
      const saved = new Uint8Array(readFileSync(to))
      expect(bodies.some((body) => Buffer.compare(body, saved) === 0)).toBe(true)
      expect(readdirSync(dirname(to))).toEqual(["one.mp4"])
    })
  )

  it.live("go on with what is there only once; the others begin anew", () =>
    Effect.gen(function* () {
      const to = join(yield* folder, "one.mp4")
      yield* half(to)
      const host = yield* assets(ranged)
      yield* Effect.forEach([1, 2, 3], () => success(Task.download(succeeded(host.url), { to, ...single })), {
        concurrency: "unbounded"
      })
      expect(host.asked.map(({ headers }) => headers.range).filter((range) => range !== undefined)).toHaveLength(1)
      expect(new Uint8Array(readFileSync(to))).toEqual(video)
      expect(readdirSync(dirname(to))).toEqual(["one.mp4"])
    })
  )

  it.live("start over when another process has finished or replaced the part", () =>
    Effect.gen(function* () {
      const to = join(yield* folder, "one.mp4")
      const stolen = breaking(to, (response) => {
        for (const part of partsOf(to)) rmSync(part)
        response.end(video.subarray(video.length / 2))
      })
      const host = yield* assets((request, response) =>
        ranged(request, response, host.asked.length === 1 ? stolen : undefined)
      )
      yield* success(Task.download(succeeded(host.url), { to, retry: Schedule.recurs(1) }))
      expect(host.asked.map(({ headers }) => headers.range)).toEqual([undefined, undefined])
      expect(new Uint8Array(readFileSync(to))).toEqual(video)
      expect(readdirSync(dirname(to))).toEqual(["one.mp4"])
    })
  )
})
