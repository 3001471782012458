/**
 * When to look: requests, and the delay in noticing the end, of both of this package's policies, the SDK's and an oracle's, on simulated
 * tasks. Nothing sleeps. Each round has a seed of its own that nobody has seen before, and all policies look at the same tasks in it.
 */
import { type Bench, type Contestant, type Figures, ours, verify, type Workload } from "../Bench.ts"
import type { Result } from "../polling/Simulation.ts"

const requests = "requests per task"
const mean = "s of delay on average"
const p95 = "s of delay at the 95th percentile"
const worst = "s of delay at worst"
const tasks = 300
const base = "@runwayml/sdk"
const prompt = `${ours}, promptPoll`
/** What the rounds of all contestants have in common, and no other run has. */
const run = String(process.ppid)

const kinds = [
  "bare, usual",
  "bare, queue spike",
  "bare, long tail",
  "bare, stalled at 93 %",
  "bare, short jobs",
  "bare, no progress",
  "envelope, usual",
  "envelope, queue spike",
  "envelope, long tail",
  "envelope + Runway's copy"
]

const figuresOf = ({ requests: asked, delay }: Result): Figures => ({
  [requests]: asked.mean,
  [mean]: delay.mean,
  [p95]: delay.p95,
  [worst]: delay.max
})

type Look = (lives: ReadonlyArray<import("../polling/Simulation.ts").Life>, seed: string) => Promise<Result>

const looking = (names: ReadonlyArray<string>, load: () => Promise<Look>) => async (): Promise<Contestant> => {
  const Effect = await import("effect/Effect")
  const { draw, scenarios } = await import("../polling/Simulation.ts")
  const look = await load()
  let turn = 0
  return {
    round: async () => {
      const seed = `${run} ${turn++}`
      const results: Array<Result> = []
      for (const name of names) {
        const scenario = scenarios.find((scenario) => scenario.name === name)
        verify(scenario !== undefined, `there is no kind of task "${name}"`)
        if (scenario !== undefined) results.push(await look(Effect.runSync(draw(scenario, tasks, seed)), seed))
      }
      const average = (of: (result: Result) => number) =>
        results.reduce((sum, one) => sum + of(one), 0) / results.length
      return names.length === 1 && results[0] !== undefined
        ? figuresOf(results[0])
        : { [requests]: average((one) => one.requests.mean), [mean]: average((one) => one.delay.mean) }
    }
  }
}

const bySchedule = (name: "adaptivePoll" | "promptPoll") => async (): Promise<Look> => {
  const Effect = await import("effect/Effect")
  const { simulate } = await import("../polling/Simulation.ts")
  const Poll = await import("../../src/Poll.ts")
  const schedule = name === "promptPoll" ? Poll.promptPoll : Poll.adaptivePoll()
  return async (lives, seed) => Effect.runSync(simulate(lives, schedule, seed))
}

const sdk = async (): Promise<Look> => {
  const Effect = await import("effect/Effect")
  const { simulatePolicy } = await import("../polling/Simulation.ts")
  const { sdkPolicy } = await import("../polling/Policies.ts")
  return async (lives, seed) => Effect.runSync(simulatePolicy(lives, sdkPolicy, seed))
}

/** It knows when the end can be seen, and looks once. */
const oracle = async (): Promise<Look> => async () => ({
  requests: { mean: 1, p95: 1, max: 1 },
  delay: { mean: 0, p95: 0, max: 0 }
})

const workload = (names: ReadonlyArray<string>): Workload => ({
  base,
  rounds: 3,
  contestants: {
    [ours]: looking(names, bySchedule("adaptivePoll")),
    [prompt]: looking(names, bySchedule("promptPoll")),
    [base]: looking(names, sdk),
    "an oracle": looking(names, oracle)
  }
})

const all = "all kinds of task"

export const bench: Bench = {
  title: "requests, and the delay in noticing the end, on simulated tasks",
  workloads: {
    [all]: workload(kinds),
    ...Object.fromEntries(kinds.map((name) => [name, workload([name])]))
  },
  goals: [
    { workload: all, figure: requests, times: base, atMost: 0.5 },
    { workload: all, figure: mean, times: base, atMost: 1.5 },
    { workload: all, figure: requests, who: prompt, times: base, atMost: 1 },
    { workload: all, figure: mean, who: prompt, times: base, atMost: 1 }
  ]
}
