/**
 * `npm run bench:durable -- 100 1000`: how the durable engines grow with the number of jobs, embedded and on PostgreSQL (Debian's package, where it is
 * installed). `--profile` says in which code and which statements the time is spent.
 *
 * The provider answers at once from memory, so that all that is measured is the engine's and the ledger's. Each measurement has a process and a
 * store of its own.
 *
 * @module
 */
import { spawn } from "node:child_process"
import { once } from "node:events"
import { mkdtempSync, readFileSync, rmSync } from "node:fs"
import { loadavg, tmpdir } from "node:os"
import { join } from "node:path"
import { parseArgs } from "node:util"
import { freePort, isInstalled, startPostgres } from "../../test/support/Postgres.ts"
import { machine } from "../Report.ts"
import type { Growth, Task } from "./Growth.ts"

const { values, positionals } = parseArgs({ options: { profile: { type: "boolean" } }, allowPositionals: true })
const sizes = positionals.length === 0 ? [100, 1000] : positionals.map(Number)
const profile = values.profile === true

const measured = async (task: Task): Promise<Growth> => {
  const child = spawn(process.execPath, ["--expose-gc", join(import.meta.dirname, "Growth.ts"), JSON.stringify(task)], {
    stdio: ["ignore", "pipe", "inherit"]
  })
  let printed = ""
  child.stdout.on("data", (chunk) => {
    printed += String(chunk)
  })
  await once(child, "close")
  if (child.exitCode !== 0) throw new Error(`a measurement ended with ${child.exitCode}`)
  return JSON.parse(printed)
}

const row = (...cells: ReadonlyArray<string | number>) => console.log(`| ${cells.join(" | ")} |`)
const number = (value: number) => value.toPrecision(3)

const show = (store: string, { jobs, written, accepted, ended, statements, ...rest }: Growth) => {
  const sum = (name: keyof typeof written) => written[name] + accepted[name] + ended[name]
  row(
    store,
    jobs,
    rest.rows.toFixed(2),
    statements.reduce((sum, [, count]) => sum + count, 0).toFixed(1),
    [written, accepted, ended].map(({ wall }) => number(wall)).join(" + "),
    number(sum("cpu")),
    store === "PostgreSQL" ? number(sum("database")) : "",
    number(rest.waiting),
    number(rest.kept),
    rest.peak.toFixed(0),
    number(rest.disk),
    loadavg()[0]?.toFixed(1) ?? ""
  )
}

/** In which code and which statements the time of the measurement was spent. */
const explain = (store: string, { jobs, profile, statements }: Growth) => {
  console.error(`\n${store}, ${jobs} jobs: share of the busy time`)
  for (const [place, share] of profile) console.error(`${(share * 100).toFixed(1).padStart(6)} %  ${place}`)
  console.error(`${store}, ${jobs} jobs: statements for each job`)
  for (const [text, count] of statements.slice(0, 20)) console.error(`${count.toFixed(2).padStart(8)}  ${text}`)
}

const report = (store: string, growth: Growth) => {
  show(store, growth)
  if (profile) explain(store, growth)
}

const embedded = async (jobs: number) => {
  const folder = mkdtempSync(join(tmpdir(), "bench-durable-"))
  try {
    report("embedded", await measured({ jobs, store: { file: join(folder, "jobs.sqlite") }, profile }))
  } finally {
    rmSync(folder, { recursive: true })
  }
}

const onPostgres = async (jobs: number) => {
  const postgres = await startPostgres({ settings: { shared_preload_libraries: "pg_stat_statements" } })
  try {
    const url = postgres.database("durable")
    postgres.query("durable", "CREATE EXTENSION pg_stat_statements")
    const [folder = ""] = postgres.query("durable", "SHOW data_directory")
    const server = Number(readFileSync(join(folder, "postmaster.pid"), "utf8").split("\n")[0])
    report("PostgreSQL", await measured({ jobs, store: { url, port: await freePort(), server }, profile }))
  } finally {
    await postgres.stop()
  }
}

console.log(machine())
row(
  "store",
  "jobs",
  "rows",
  "statements",
  "ms: written + accepted + ended",
  "CPU ms",
  "CPU ms of PostgreSQL",
  "kB, waiting",
  "kB, ended",
  "MB, peak",
  "kB on disk",
  "load"
)
row("---", ...Array<string>(11).fill("--:"))
for (const jobs of sizes) await embedded(jobs)
if (isInstalled()) for (const jobs of sizes) await onPostgres(jobs)
else console.log("PostgreSQL is not installed here (apt-get install postgresql), so it was not measured.")
