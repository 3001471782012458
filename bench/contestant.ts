/** One contestant in a process of its own: `node bench/contestant.ts <benchmark> <workload> <contestant>`, told by messages to do a round. */
import { benches, isName } from "./benches.ts"

const [name = "", workload = "", contestant = ""] = process.argv.slice(2)
if (!isName(name)) throw new Error(`there is no benchmark "${name}"`)
const { bench } = await benches[name]()
const start = bench.workloads[workload]?.contestants[contestant]
if (start === undefined) throw new Error(`there is no "${contestant}" in "${workload}" of ${name}`)

const { round, stop } = await start()
process.on("message", async (message) => {
  if (message === "round") process.send?.(await round())
  else {
    await stop?.()
    process.exit()
  }
})
process.once("disconnect", () => process.exit())
process.send?.("ready")
