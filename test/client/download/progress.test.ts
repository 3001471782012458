import { join } from "node:path"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import { TestClock } from "effect/testing"
import { Task } from "../../../src/index.ts"
import {
  assets,
  folder,
  half,
  pushed,
  ranged,
  scripted,
  sendsVideo,
  succeeded,
  success,
  until,
  video,
  videoAnswer
} from "./Support.ts"

describe("progress", () => {
  it.live("is told at the start and at the end, growing between", () =>
    Effect.gen(function* () {
      const told: Array<{ received: number; total: number | undefined }> = []
      const host = yield* assets(sendsVideo)
      const onProgress = (progress: (typeof told)[number]) => Effect.sync(() => told.push(progress))
      yield* success(Task.download(succeeded(host.url), { to: join(yield* folder, "one.mp4"), onProgress }))
      expect(told[0]).toEqual({ received: 0, total: video.length })
      expect(told.at(-1)).toEqual({ received: video.length, total: video.length })
      const received = told.map(({ received }) => received)
      expect(received).toEqual([...new Set(received)].sort((one, other) => one - other))
    })
  )

  it.live("has no total where the host does not say it", () =>
    Effect.gen(function* () {
      const told: Array<unknown> = []
      const onProgress = (progress: unknown) => Effect.sync(() => told.push(progress))
      const hosts = scripted(videoAnswer())
      const to = join(yield* folder, "one.mp4")
      yield* success(Task.download(succeeded("https://a.example.com/"), { to, onProgress }).pipe(hosts.provide))
      expect(told[0]).toEqual({ received: 0, total: undefined })
      expect(told.at(-1)).toEqual({ received: video.length, total: undefined })
    })
  )

  it.effect("is told ten times a second at most, however many chunks there are", () =>
    Effect.gen(function* () {
      const told: Array<number> = []
      const host = yield* pushed
      const fiber = yield* Effect.forkChild(
        success(
          Task.download(succeeded("https://a.example.com/"), {
            to: join(yield* folder, "one.mp4"),
            onProgress: ({ received }) => Effect.sync(() => told.push(received))
          }).pipe(host.provide)
        )
      )
      // A second of a byte each 10 ms.
      for (let n = 1; n <= 100; n++) {
        yield* host.push(1)
        yield* until(() => host.waiting())
        yield* TestClock.adjust("10 millis")
      }
      yield* host.end
      yield* Fiber.join(fiber)
      expect(told[0]).toBe(0)
      expect(told.at(-1)).toBe(100)
      expect(told.length).toBeGreaterThan(8)
      expect(told.length).toBeLessThanOrEqual(12)
    })
  )

  it.live("begins with what an earlier download has left", () =>
    Effect.gen(function* () {
      const to = join(yield* folder, "one.mp4")
      yield* half(to)
      const told: Array<number> = []
      const host = yield* assets(ranged)
      const onProgress = ({ received }: { received: number }) => Effect.sync(() => told.push(received))
      yield* success(Task.download(succeeded(host.url), { to, onProgress }))
      expect(told[0]).toBe(video.length / 2)
      expect(told.at(-1)).toBe(video.length)
    })
  )
})
