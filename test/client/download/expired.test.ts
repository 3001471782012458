import { readFileSync } from "node:fs"
import { join } from "node:path"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { Task } from "../../../src/index.ts"
import { assets, error, folder, half, ranged, sends, succeeded, success, taskId, video } from "./Support.ts"

describe("an expired URL", () => {
  for (const status of [401, 403, 404, 410]) {
    it.live(`(${status}) is an error of its own that says to get the task again, and keeps what there is`, () =>
      Effect.gen(function* () {
        const to = join(yield* folder, "one.mp4")
        yield* half(to)
        const expired = yield* assets(sends(status, "application/xml", "<Error>SECRET</Error>"))
        const said = yield* error(Task.download(succeeded(expired.url), { to }))
        expect(said).toMatchObject({ reason: { _tag: "OutputExpired" }, status, isRetryable: false })
        expect(said.message).toBe(
          `download: ${status} OutputExpired [task ${taskId}]\n  why: the video's URL has expired\n  now: Get the task again for a fresh one (Task.get), then download that`
        )
        const host = yield* assets(ranged)
        yield* success(Task.download(succeeded(host.url), { to }))
        expect(host.asked[0]?.headers.range).toBe(`bytes=${video.length / 2}-`)
        expect(new Uint8Array(readFileSync(to))).toEqual(video)
      })
    )
  }
})
