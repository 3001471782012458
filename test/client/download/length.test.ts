import { existsSync, readdirSync, readFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"
import { Task } from "../../../src/index.ts"
import {
  breaksAt,
  error,
  etag,
  failure,
  folder,
  partsOf,
  scripted,
  single,
  succeeded,
  success,
  video
} from "./Support.ts"

describe("the length", () => {
  const answers = (body: BodyInit, headers: Record<string, string>, status = 200) =>
    new Response(body, { status, headers: { "content-type": "video/mp4", ...headers } })
  const short = video.subarray(0, 1000)

  it.live("that was promised and not kept is a failure, and what there is stays to be gone on with", () =>
    Effect.gen(function* () {
      const hosts = scripted(answers(short, { "content-length": "2000", etag }))
      const to = join(yield* folder, "one.mp4")
      const said = yield* error(
        Task.download(succeeded("https://a.example.com/"), { to, ...single }).pipe(hosts.provide)
      )
      expect(said.message).toContain("broke off after 1000 of 2000 bytes")
      expect(said.isRetryable).toBe(true)
      expect(existsSync(to)).toBe(false)
      expect(partsOf(to)).toHaveLength(1)
    })
  )

  it.live("that is more than was promised is a failure, and nothing of it stays", () =>
    Effect.gen(function* () {
      const hosts = scripted(answers(short, { "content-length": "999", etag }))
      const to = join(yield* folder, "one.mp4")
      const said = yield* failure(
        Task.download(succeeded("https://a.example.com/"), { to, ...single }).pipe(hosts.provide)
      )
      expect(said).toContain("after 1000 of 999 bytes")
      expect(readdirSync(dirname(to))).toEqual([])
    })
  )

  it.live("of the whole is what a part's answer says it is", () =>
    Effect.gen(function* () {
      const hosts = scripted(
        () => answers(breaksAt(500), { etag }),
        () => answers(video.subarray(500, 900), { etag, "content-range": "bytes 500-999/1000" }, 206),
        () => answers(video.subarray(900, 1000), { etag, "content-range": "bytes 900-999/1000" }, 206)
      )
      const to = join(yield* folder, "one.mp4")
      const retry = Schedule.recurs(2)
      yield* success(Task.download(succeeded("https://a.example.com/"), { to, retry }).pipe(hosts.provide))
      expect(hosts.asked.map(({ headers }) => headers.get("range"))).toEqual([null, "bytes=500-", "bytes=900-"])
      expect(new Uint8Array(readFileSync(to))).toEqual(short)
    })
  )
})
