import { readdirSync, readFileSync, statSync } from "node:fs"
import { dirname, join } from "node:path"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import { TestClock } from "effect/testing"
import { Task } from "../../../src/index.ts"
import { silence } from "../../support/Provider.ts"
import {
  error,
  etag,
  folder,
  partsOf,
  pushed,
  scripted,
  succeeded,
  success,
  until,
  video,
  videoAnswer,
  watchedDisk
} from "./Support.ts"

describe("a host that falls silent", () => {
  const task = succeeded("https://assets.example.com/out.mp4?sig=SECRET")

  it.effect("before its answer is given up after 30 seconds, and asked again", () =>
    Effect.gen(function* () {
      const silent = silence()
      const hosts = scripted(silent.reply, videoAnswer())
      const to = join(yield* folder, "one.mp4")
      const during = Effect.gen(function* () {
        yield* until(() => hosts.asked.length === 1)
        yield* TestClock.adjust("29 seconds")
        expect(silent.state.aborted).toBe(false)
        yield* TestClock.adjust("1 second")
        yield* until(() => silent.state.aborted)
      })
      const disk = yield* watchedDisk
      const saved = yield* disk.run(Task.download(task, { to }).pipe(hosts.provide), success, during)
      expect(saved.bytes).toBe(video.length)
    })
  )

  it.effect("before its answer says so when it stays silent, without the query", () =>
    Effect.gen(function* () {
      const disk = yield* watchedDisk
      const hosts = scripted(silence().reply)
      const to = join(yield* folder, "one.mp4")
      const said = yield* disk.run(Task.download(task, { to, stallTimeout: "5 seconds" }).pipe(hosts.provide), error)
      expect(said.message).toContain("no answer from https://assets.example.com/out.mp4?… within 5s")
      expect(hosts.asked).toHaveLength(5)
      expect(readdirSync(dirname(to))).toEqual([])
    })
  )

  it.effect("in the middle is given up, its connection closed, and the rest asked for", () =>
    Effect.gen(function* () {
      const host = yield* pushed
      const remaining = new Response(video.subarray(1000), {
        status: 206,
        headers: { etag, "content-range": `bytes 1000-${video.length - 1}/${video.length}` }
      })
      const hosts = scripted(
        () => host.response({ etag }),
        () => remaining
      )
      const to = join(yield* folder, "one.mp4")
      const during = Effect.gen(function* () {
        yield* host.pushBytes(video.subarray(0, 1000))
        yield* until(() => host.waiting() && partsOf(to).some((part) => statSync(part).size === 1000))
        yield* TestClock.adjust("9 seconds")
        expect(host.cancelled()).toBe(false)
        yield* TestClock.adjust("1 second")
        yield* until(host.cancelled)
      })
      const disk = yield* watchedDisk
      const download = Task.download(task, { to, stallTimeout: "10 seconds" }).pipe(hosts.provide)
      expect((yield* disk.run(download, success, during)).bytes).toBe(video.length)
      expect(new Uint8Array(readFileSync(to))).toEqual(video)
      expect(hosts.asked.map(({ headers }) => headers.get("range"))).toEqual([null, "bytes=1000-"])
    })
  )

  it.effect("for less than that again and again is waited for, however long it takes", () =>
    Effect.gen(function* () {
      const host = yield* pushed
      const to = join(yield* folder, "one.mp4")
      const fiber = yield* Effect.forkChild(success(Task.download(task, { to }).pipe(host.provide)))
      for (let n = 0; n < 20; n++) {
        yield* host.push(1)
        yield* until(host.waiting)
        yield* TestClock.adjust("29 seconds")
      }
      yield* host.end
      expect((yield* Fiber.join(fiber)).bytes).toBe(20)
    })
  )
})
