import { cpSync, existsSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs"
import type { ServerResponse } from "node:http"
import { dirname, join } from "node:path"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import { Fetch } from "effect/http/FetchHttpClient"
import * as Schedule from "effect/Schedule"
import * as Asset from "../../../mock/src/provider/Output.ts"
import { toResponse } from "../../../mock/src/provider/Reply.ts"
import { Task } from "../../../src/index.ts"
import {
  assets,
  breaking,
  breaksAt,
  etag,
  folder,
  half,
  holdsNoKey,
  partsOf,
  ranged,
  rewrite,
  scripted,
  succeeded,
  success,
  taskId,
  until,
  video
} from "./Support.ts"

describe("a download that broke off goes on where it was", () => {
  const whole = (to: string) => {
    expect(new Uint8Array(readFileSync(to))).toEqual(video)
    expect(readdirSync(dirname(to))).toEqual(["one.mp4"])
  }
  const rest = { range: `bytes=${video.length / 2}-`, "if-range": etag }

  for (const [name, then] of [
    ["broke", ({ socket }) => void socket?.destroy()],
    ["was reset", ({ socket }) => void socket?.resetAndDestroy()],
    ["was closed", ({ socket }) => void socket?.end()]
  ] as ReadonlyArray<readonly [string, (response: ServerResponse) => void]>) {
    it.live(`in the next attempt, when the connection ${name}`, () =>
      Effect.gen(function* () {
        const to = join(yield* folder, "one.mp4")
        const host = yield* assets((request, response) =>
          ranged(request, response, host.asked.length === 1 ? breaking(to, then) : undefined)
        )
        const retry = Schedule.recurs(1)
        expect(yield* success(Task.download(succeeded(host.url), { to, retry }))).toEqual({
          path: to,
          bytes: video.length
        })
        whole(to)
        expect(host.asked).toHaveLength(2)
        expect(host.asked[0]?.headers.range).toBeUndefined()
        expect(host.asked[1]?.headers).toMatchObject(rest)
        for (const { headers } of host.asked) holdsNoKey(headers)
      })
    )
  }

  it.live("in a later call, from a fresh URL of another host", () =>
    Effect.gen(function* () {
      const to = join(yield* folder, "one.mp4")
      yield* half(to)
      const host = yield* assets(ranged)
      yield* success(Task.download(succeeded(`${host.origin}/other?_jwt=FRESH`), { to }))
      whole(to)
      expect(host.asked.map(({ headers }) => headers)).toMatchObject([rest])
    })
  )

  it.live("after an interruption", () =>
    Effect.gen(function* () {
      const host = yield* assets((request, response) =>
        ranged(request, response, host.asked.length === 1 ? () => {} : undefined)
      )
      const to = join(yield* folder, "one.mp4")
      const fiber = yield* Effect.forkChild(success(Task.download(succeeded(host.url), { to })))
      yield* until(() => partsOf(to).some((part) => statSync(part).size === video.length / 2))
      yield* Fiber.interrupt(fiber)
      expect(existsSync(to)).toBe(false)
      yield* success(Task.download(succeeded(host.url), { to }))
      whole(to)
      expect(host.asked[1]?.headers).toMatchObject(rest)
    })
  )

  it.live("after its process was killed", () =>
    Effect.gen(function* () {
      const host = yield* assets((request, response) =>
        ranged(request, response, host.asked.length === 1 ? () => {} : undefined)
      )
      const to = join(yield* folder, "one.mp4")
      const fiber = yield* Effect.forkChild(success(Task.download(succeeded(host.url), { to })))
      yield* until(() => partsOf(to).some((part) => statSync(part).size === video.length / 2))
      // What is on the disk at that moment is what a killed process leaves.
      const left = join(yield* folder, "left", "one.mp4")
      cpSync(dirname(to), dirname(left), { recursive: true })
      yield* Fiber.interrupt(fiber)
      yield* success(Task.download(succeeded(host.url), { to: left }))
      whole(left)
      expect(host.asked[1]?.headers).toMatchObject(rest)
    })
  )

  it.live("into a folder, under the name that the first answer gave it", () =>
    Effect.gen(function* () {
      const to = yield* folder
      const tag = { etag, "content-length": `${video.length}` }
      const broken = new Response(breaksAt(video.length / 2), { headers: { "content-type": "video/webm", ...tag } })
      const remaining = new Response(video.subarray(video.length / 2), {
        status: 206,
        headers: { etag, "content-range": `bytes ${video.length / 2}-${video.length - 1}/${video.length}` }
      })
      const hosts = scripted(
        () => broken,
        () => remaining
      )
      const retry = Schedule.recurs(1)
      const task = succeeded("https://assets.example.com/out.mp4")
      const { path } = yield* success(Task.download(task, { to, retry }).pipe(hosts.provide))
      expect(path).toBe(join(to, `${taskId}.webm`))
      expect(new Uint8Array(readFileSync(path))).toEqual(video)
      expect(readdirSync(to)).toEqual([`${taskId}.webm`])
    })
  )

  it.live("and is only named when nothing was missing but its name (416)", () =>
    Effect.gen(function* () {
      const to = join(yield* folder, "one.mp4")
      writeFileSync(yield* half(to), video)
      const host = yield* assets(ranged)
      const told: Array<unknown> = []
      const onProgress = (progress: unknown) => Effect.sync(() => told.push(progress))
      expect((yield* success(Task.download(succeeded(host.url), { to, onProgress }))).bytes).toBe(video.length)
      whole(to)
      expect(host.asked.map(({ headers }) => headers.range)).toEqual([`bytes=${video.length}-`])
      expect(told).toEqual([{ received: video.length, total: video.length }])
    })
  )

  it.live("from the mock's own host of assets", () =>
    Effect.gen(function* () {
      const original = new Uint8Array(readFileSync("mock/assets/performance.mp4"))
      const asked: Array<Headers> = []
      const fetch: typeof globalThis.fetch = async (input, init) => {
        const request = new Request(input, init)
        asked.push(request.headers)
        const answer = toResponse(await Asset.serve(request, taskId, 0), [])
        return asked.length > 1 ? answer : new Response(breaksAt(3000, original), answer)
      }
      const to = join(yield* folder, "one.mp4")
      const url = Asset.urlOf("http://127.0.0.1:4010", taskId, 0, 0, 86_400_000)
      const task = succeeded(url)
      const retry = Schedule.recurs(1)
      yield* success(Task.download(task, { to, retry }).pipe(Effect.provideService(Fetch, fetch)))
      expect(new Uint8Array(readFileSync(to))).toEqual(original)
      expect(asked.map((headers) => headers.get("range"))).toEqual([null, "bytes=3000-"])
      // The same host, when the part is whole.
      writeFileSync(yield* half(to), original)
      const { headers } = yield* Effect.promise(() => Asset.serve(new Request(url), taskId, 0))
      rewrite(to, { etag: headers["etag"], total: original.length })
      yield* success(Task.download(task, { to }).pipe(Effect.provideService(Fetch, fetch)))
      expect(asked.at(-1)?.get("range")).toBe(`bytes=${original.length}-`)
      expect(new Uint8Array(readFileSync(to))).toEqual(original)
    })
  )
})
