/**
 * A batch that is killed goes on where it stopped, and pays for no line twice. `BATCH_LINES=10000` is the long form.
 */
import * as NodeServices from "@effect/platform-node/NodeServices"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { account } from "./BatchRuns.ts"

const lines = Number(process.env["BATCH_LINES"] ?? 40)
const kills = process.env["BATCH_LINES"] === undefined ? 1 : 3
const seed = Number(process.env["PROOF_SEED"] ?? 11)

describe("cometapi-runway batch", () => {
  it.live(
    `of ${lines} lines, killed ${kills} times, with one request in five going wrong, pays for each line once`,
    ({ task }) =>
      Effect.gen(function* () {
        const concurrency = Math.max(20, Math.min(500, lines / 10))
        const { memory, adopted, released, runs, ...rest } = yield* account({ lines, kills, concurrency, seed })
        expect(rest).toEqual({ kills, accepted: lines, double: 0, missing: 0, failed: 0, code: 0 })
        if (process.env["BATCH_LINES"] !== undefined) {
          console.log(`${runs} runs, ${adopted} adopted, ${released} released, megabytes ${memory.join(", ")}`)
        }
        Object.assign(task.meta, { cases: lines, seed })
      }).pipe(Effect.provide(NodeServices.layer)),
    3_600_000
  )
})
