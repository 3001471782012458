/**
 * Poll policies compared on simulated tasks: `node bench/polling/main.ts [tasks per scenario] [seed]`.
 *
 * Nothing sleeps, and the same arguments print the same table.
 */
import * as Effect from "effect/Effect"
import { policies } from "./Policies.ts"
import { draw, fixedOfEqualDelay, scenarios, simulate } from "./Simulation.ts"

const [tasks = "2500", seed = "runway"] = process.argv.slice(2)

console.log(`Each line: ${tasks} simulated tasks, seed "${seed}", first look 5 s after the submission.

  requests   looks until the end was noticed, per task
  delay      seconds from the end being visible to its being noticed. In an envelope it is visible up to 17 s
             after it happened, whatever one does
  equal      the fixed interval, without jitter, that has the same mean delay, and its requests per task
  saves      requests saved against that one: the figure to compare policies by. 0 is a fixed interval,
             some percent either way are chance, less is worse than a fixed interval
`)

const columns = [26, 9, 6, 9, 6, 6, 9, 7, 7]
const row = (...cells: ReadonlyArray<string | number>) =>
  cells
    .map((cell, index) => {
      const text = typeof cell === "number" ? cell.toFixed(1) : cell
      return index === 0 ? text.padEnd(columns[index] ?? 0) : text.padStart(columns[index] ?? 0)
    })
    .join("")

for (const scenario of scenarios) {
  const lives = Effect.runSync(draw(scenario, Number(tasks), seed))
  console.log(row(scenario.name, "requests", "p95", "delay", "p95", "max", "equal", "", "saves"))
  for (const [name, schedule] of Object.entries(policies)) {
    const { requests, delay } = Effect.runSync(simulate(lives, schedule, seed))
    const equal = fixedOfEqualDelay(lives, delay.mean)
    const saved = `${Math.round((1 - requests.mean / equal.requests) * 100)} %`
    console.log(
      row(
        `  ${name}`,
        requests.mean,
        requests.p95.toFixed(0),
        delay.mean,
        delay.p95,
        delay.max,
        `${equal.every.toFixed(1)} s`,
        equal.requests,
        saved
      )
    )
  }
  console.log("")
}
