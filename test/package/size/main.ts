/** `npm run size`: measures the built packages and fails when one is over its budget. `npm run build` comes first. */
import { existsSync, readFileSync } from "node:fs"
import { judge, measure } from "./Size.ts"

if (!existsSync(new URL("../../../dist/lib/index.js", import.meta.url))) throw new Error("run npm run build first")

const budget = JSON.parse(readFileSync(new URL("budget.json", import.meta.url), "utf8"))
const sizes = await measure()
console.log("| what | bytes, min + gzip | budget |\n| --- | ---: | ---: |")
for (const [name, bytes] of Object.entries(sizes)) console.log(`| ${name} | ${bytes} | ${budget[name] ?? "none"} |`)
const complaints = judge(sizes, budget)
for (const complaint of complaints) console.error(complaint)
process.exitCode = complaints.length === 0 ? 0 : 1
