import { spawnSync } from "node:child_process"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { Ledger } from "../../src/ledger/Ledger.ts"
import * as LedgerFile from "../../src/ledger/LedgerFile.ts"
import { type Account, run } from "./Chaos.ts"
import { folder } from "./Support.ts"
import { startProvider, startWorker } from "./Workers.ts"

/** How many runs of chaos: `LEDGER_CHAOS=100` for the long form. */
const runs = Number(process.env["LEDGER_CHAOS"] ?? 1)
const firstSeed = Number(process.env["LEDGER_SEED"] ?? 1)

/** Four processes on a machine that is busy with others. */
const patience = 180_000

const node = process.execPath
const hasBun = spawnSync("bun", ["--version"]).status === 0

/** Lets workers loose on 40 intents with a budget of 25 jobs. */
const compete = Effect.fnUntraced(function* (runtimes: ReadonlyArray<string>) {
  const file = join(yield* folder, "ledger.sqlite")
  const provider = yield* Effect.acquireRelease(
    Effect.promise(() => startProvider({ seed: 1, refused: 20, lost: 0, latency: 4 })),
    (provider) => Effect.promise(() => provider.stop())
  )
  const task = { file, url: provider.url, intents: 40, budget: 25, attemptTimeout: 30_000, slack: 30_000 }
  // They start together, so they also make the file together.
  const workers = runtimes.map((runtime, seed) => startWorker({ ...task, seed }, runtime))
  const ended = yield* Effect.promise(() => Promise.all(workers.map(({ ended }) => ended)))
  assert.deepStrictEqual(ended, [0, 0, 0, 0], workers.map(({ errors }) => errors()).join("\n"))
  assert.strictEqual(provider.jobs.length, 25)
  assert.strictEqual(new Set(provider.jobs.map(({ intent }) => intent)).size, 25)
  const [report, accepted] = yield* Effect.gen(function* () {
    const ledger = yield* Ledger
    return [yield* ledger.budget({ jobs: 25 }), yield* ledger.list({ state: "accepted" })] as const
  }).pipe(Effect.provide(LedgerFile.layer({ file })))
  assert.deepStrictEqual([report.spent.jobs, report.reserved.jobs, report.left.jobs], [25, 0, 0])
  assert.deepStrictEqual(accepted.map(({ taskId }) => taskId).sort(), provider.jobs.map(({ id }) => id).sort())
})

describe("several processes on one ledger file", () => {
  it.live(
    "send each intent once, and no more than their common budget, although all want all of them",
    () => compete([node, node, node, node]),
    patience
  )

  it.live.skipIf(!hasBun)("may run on Node and on Bun", () => compete([node, "bun", node, "bun"]), patience)

  it.live(
    `are killed, frozen and woken up in ${runs} runs: nothing is paid twice, and every paid job is in the ledger`,
    ({ task }) =>
      Effect.gen(function* () {
        Object.assign(task.meta, { cases: runs, seed: firstSeed })
        const path = yield* folder
        const accounts: Array<Account> = []
        for (let seed = firstSeed; seed < firstSeed + runs; seed++) {
          const account = yield* Effect.promise(() => run(seed, join(path, `${seed}.sqlite`)))
          accounts.push(account)
          const { double, missing, invented, unfinished, errors } = account
          const wrong = { seed, double, missing, invented, unfinished, errors }
          assert.deepStrictEqual(wrong, { seed, double: 0, missing: 0, invented: 0, unfinished: 0, errors: "" })
          assert.strictEqual(account.spent, account.jobs)
          // Otherwise it proves nothing.
          assert.isAbove(
            Object.values(account.signals).reduce((a, b) => a + b, 0),
            0
          )
          if (process.env["LEDGER_FIGURES"] !== undefined) console.log(JSON.stringify(sum(accounts)))
        }
      }),
    60_000 * runs
  )
})

/** All runs together. */
const sum = (accounts: ReadonlyArray<Account>): Record<string, number> => {
  const total: Record<string, number> = { runs: accounts.length }
  for (const { signals, errors: _, ...figures } of accounts)
    for (const [name, value] of [...Object.entries(figures), ...Object.entries(signals)])
      total[name] = (total[name] ?? 0) + value
  return total
}
