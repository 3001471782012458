/**
 * Three processes on PostgreSQL, killed and frozen, really run: `npm run proof -- cluster`. `CLUSTER_RUNS` says how often.
 */
import { afterAll, describe, expect, it, test } from "vitest"
import { isInstalled, startPostgres } from "../support/Postgres.ts"
import { run } from "./Cluster.ts"

const runs = Number(process.env["CLUSTER_RUNS"] ?? 0)
const jobs = Number(process.env["CLUSTER_JOBS"] ?? 1000)
const firstSeed = Number(process.env["PROOF_SEED"] ?? 101)

/** Why it is not run, in words for the report. */
const reason =
  runs === 0
    ? "CLUSTER_RUNS is not set"
    : isInstalled()
      ? undefined
      : "PostgreSQL is not installed here (apt-get install postgresql)"

if (reason !== undefined) {
  test.skip(`a cluster on PostgreSQL is not tried: ${reason}`, () => {})
} else {
  const postgres = await startPostgres({ settings: { max_connections: 200 } })
  afterAll(() => postgres.stop())

  describe("three processes of a cluster, three times killed, once frozen and once told to stop", () => {
    it.for(Array.from({ length: runs }, (_, index) => firstSeed + index))(
      "pay once for each job, lose no id and end every job (seed %i)",
      { timeout: 1_200_000 },
      async (seed, { task }) => {
        const account = await run(postgres, { seed, jobs, kills: 3, freezes: 1, ends: 1 })
        Object.assign(task.meta, { cases: jobs, seed: firstSeed, note: JSON.stringify({ run: seed, ...account }) })
        const { failed, ...rest } = account
        expect(rest).toMatchObject({ double: 0, lost: 0, stuck: [], signals: { SIGKILL: 3, SIGSTOP: 1, SIGTERM: 1 } })
        // What a killed process had just sent is listed for a person; nothing else fails.
        expect(Object.keys(failed).filter((why) => why !== "IntentUnresolved" && why !== "OutcomeUnknown")).toEqual([])
        expect(account.collected + Object.values(failed).reduce((a, b) => a + b, 0)).toBe(jobs)
      }
    )
  })
}
