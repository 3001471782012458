/**
 * What ends the command from outside never loses the id of a job that was paid for. `COMMAND_ENDS=20` tries twenty moments for each cause.
 */
import * as NodeServices from "@effect/platform-node/NodeServices"
import { describe, expect, it } from "@effect/vitest"
import { RunwayMock } from "cometapi-runway-mock"
import * as Effect from "effect/Effect"
import { TestClock, TestConsole } from "effect/testing"
import { program } from "../../src/cli/Start.ts"
import { causes, collect, endOne, type Left, slowProvider } from "./Ending.ts"

const each = Number(process.env["COMMAND_ENDS"] ?? 2)
const seed = Number(process.env["PROOF_SEED"] ?? 7)

/** Ids of accepted jobs that the ledger does not have. */
const missing = ({ accepted, entries }: Left): ReadonlyArray<string> => {
  const known = new Set(entries.map(({ taskId }) => taskId))
  return accepted.filter((id) => !known.has(id))
}

/** What `list` says, a while later: by then nobody waits for an answer any more. */
const listedLater = (ledger: string) =>
  Effect.gen(function* () {
    yield* TestClock.setTime(Date.now() + 600_000)
    yield* program(["list", "--ledger", ledger])
    return (yield* TestConsole.logLines).map(String)
  }).pipe(Effect.provide([NodeServices.layer, TestClock.layer(), TestConsole.layer]))

describe("the command", () => {
  it.live(
    `ended from outside at ${each} moments for each of ${causes.length} causes loses no id`,
    ({ task }) =>
      Effect.gen(function* () {
        const mock = yield* RunwayMock.make({ scale: 200 })
        yield* mock.warmUp
        const provider = yield* slowProvider(mock, seed)
        const runs = causes.flatMap((cause, kind) =>
          Array.from({ length: each }, (_, n) => [cause, seed + kind * 1000 + n] as const)
        )
        const all = yield* Effect.forEach(runs, ([cause, seed]) => endOne(mock, provider, cause, seed), {
          concurrency: 4
        })
        for (const left of all) {
          expect(left.accepted.length).toBeLessThanOrEqual(1)
          if (left.cause !== "SIGKILL") expect([left.cause, missing(left)]).toEqual([left.cause, []])
          const [id] = left.accepted
          // Ended before its end, it says how to go on.
          const wasEnded = left.cause !== "SIGKILL" && left.cause !== "head -1" && left.code !== 0 && left.code !== null
          if (wasEnded && id !== undefined) expect(left.err).toContain(`cometapi-runway wait ${id}`)
        }
        // A process that is killed says nothing: the one request that it had under way is named by the list.
        for (const left of all.filter((left) => missing(left).length > 0)) {
          expect(left.entries.map(({ state }) => state)).toEqual(["sending"])
          expect((yield* listedLater(left.ledger)).join("\n")).toContain("unknown")
        }
        const found = all.flatMap((left) =>
          left.entries.flatMap(({ taskId = "" }) => (taskId ? [{ left, taskId }] : []))
        )
        const codes = yield* Effect.forEach(found, ({ left, taskId }) => collect(left, taskId), { concurrency: 4 })
        expect(new Set(codes)).toEqual(new Set([0]))
        // Some were ended before, some after the job was accepted: else the moments say nothing.
        if (each >= 10) expect(found.length).toBeGreaterThan(each)
        Object.assign(task.meta, { cases: all.length, seed })
      }).pipe(Effect.provide(NodeServices.layer)),
    1_200_000
  )
})
