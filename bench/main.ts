/**
 * Measures how fast this package is, beside others: `npm run bench` for everything, or with names, as in `npm run bench -- call abort`.
 *
 * Each run is kept in `bench/results.json` and written into `docs/performance.md`. With `--before` it is kept as what later runs are compared
 * with.
 */
import { parseArgs } from "node:util"
import type { Bench } from "./Bench.ts"
import { benches, isName, names } from "./benches.ts"
import { install, versions } from "./Peers.ts"
import { document, era, keep, machine, readResults, tableOf } from "./Report.ts"
import { measure } from "./Rounds.ts"

const { values, positionals } = parseArgs({
  options: { before: { type: "boolean", default: false } },
  allowPositionals: true
})
const unknown = positionals.filter((name) => !isName(name))
if (unknown.length > 0) throw new Error(`there is no ${unknown.join(", ")}; there are ${names.join(", ")}`)
await install()

const failed: Array<string> = []
const took: Array<readonly [name: string, seconds: number]> = []
for (const name of positionals.length === 0 ? names : positionals) {
  if (!isName(name)) continue
  const { bench } = await benches[name]()
  const from = performance.now()
  const elapsed = () => Math.round((performance.now() - from) / 1000)
  try {
    await measure(name, bench, (measured) =>
      keep(name, era(values.before), { machine: machine(), versions: versions(), measured, seconds: elapsed() })
    )
    const run = readResults()[era(values.before)][name]
    if (run !== undefined) console.log(`\n${name}: ${bench.title}\n\n${tableOf(bench, run)}\n`)
  } catch (error) {
    failed.push(name)
    console.error(`${name} came to nothing:`, error)
  }
  took.push([name, elapsed()])
}
const total = took.reduce((sum, [, seconds]) => sum + seconds, 0)
console.log([...took, ["all of them", total] as const].map(([name, seconds]) => `${name}: ${seconds} s`).join("\n"))
const all: Record<string, Bench> = {}
for (const name of names) if (isName(name)) all[name] = (await benches[name]()).bench
document(all)
process.exitCode = failed.length === 0 ? 0 : 1
