/**
 * `batch --mock`, from a file of lines to their videos: what `npm test` tries of `batch`.
 */
import { existsSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { folder, run } from "./Support.ts"

const line = { character: "https://example.com/a.png", reference: "https://example.com/b.mp4" }

describe("cometapi-runway batch", () => {
  it.live("--mock tries the file for nothing", () =>
    Effect.gen(function* () {
      const home = yield* folder
      const jobs = join(home, "jobs.jsonl")
      writeFileSync(jobs, `${JSON.stringify(line)}\n${JSON.stringify({ ...line, seed: 2 })}\n`)
      const { code, lines, err } = yield* run(["batch", jobs, "--mock", "--out", join(home, "videos")])
      expect([code, lines.map((text) => JSON.parse(text).ok)]).toEqual([0, [true, true]])
      expect(err).toContain("at a mock, which costs nothing")
      expect(existsSync(`${jobs}.ledger.sqlite`)).toBe(false)
    })
  )
})
