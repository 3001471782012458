/**
 * A batch's file may be larger than the memory: it is read line by line, and so it is when it is only looked through.
 */

import { once } from "node:events"
import { createWriteStream } from "node:fs"
import { join } from "node:path"
import { expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { folder, recorder, refusal, run } from "./Support.ts"

const lines = 12_000
const url = (end: string) => `https://example.com/${"x".repeat(1990)}.${end}`

it.live(
  "a file of 48 MB is looked through with a heap of 36 MB, down to its last line, which is wrong",
  ({ task }) =>
    Effect.gen(function* () {
      const live = yield* recorder(refusal)
      const home = yield* folder
      const file = join(home, "jobs.jsonl")
      yield* Effect.promise(async () => {
        const stream = createWriteStream(file)
        for (let seed = 1; seed < lines; seed++) {
          const text = JSON.stringify({ character: url("png"), reference: url("mp4"), seed })
          if (!stream.write(`${text}\n`)) await once(stream, "drain")
        }
        stream.end("{}\n")
        await once(stream, "close")
      })
      const { code, err } = yield* run(["batch", file, "--live", "--out", join(home, "videos")], {
        ...live.env,
        NODE_OPTIONS: "--max-old-space-size=36 --max-semi-space-size=2"
      })
      expect([code, err]).toEqual([2, expect.stringContaining(`1 of ${lines} lines cannot be used`)])
      expect(err).toContain(`jobs.jsonl:${lines}: character`)
      Object.assign(task.meta, { cases: lines })
    }),
  300_000
)
