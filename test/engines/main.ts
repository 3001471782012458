/**
 * `npm run engines`: the examples of other engines (docs/engines.md), installed from npm, compiled, and tried while their worker is ended three times,
 * by SIGKILL and, in a trial of its own, by SIGTERM.
 * `npm run engines -- dbos` takes those named. `ENGINES_JOBS` (60), `ENGINES_RUNS` (1) and `PROOF_SEED` (1) make it longer; `SHOW=1` shows what the programs say.
 *
 * Fails when a job was paid twice, an id was lost, a job did not end, or a URL or the key was stored.
 *
 * @module
 */
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { isInstalled } from "../support/Postgres.ts"
import { type Account, run } from "./Chaos.ts"
import { startDbos } from "./Dbos.ts"
import type { Engine } from "./Engine.ts"
import { compile, install, isName } from "./Folders.ts"
import { startRestate } from "./Restate.ts"

const number = (name: string, otherwise: number) => Number(process.env[name] ?? otherwise)
const [jobs, runs, firstSeed] = [number("ENGINES_JOBS", 60), number("ENGINES_RUNS", 1), number("PROOF_SEED", 1)]

const engines: Readonly<Record<string, (home: string) => Promise<Engine>>> = {
  dbos: startDbos,
  restate: startRestate
}

/** What a trial shows to be false. The tasks of one job in ten fail; only a worker that was killed leaves jobs that a person has to look for. */
const broken = ({ signal, double, lost, open, secrets, failed }: Account): boolean => {
  const expected = signal === "SIGKILL" ? ["TaskFailed", "IntentUnresolved"] : ["TaskFailed"]
  return double + lost + open + secrets > 0 || Object.keys(failed).some((why) => !expected.includes(why))
}

const attempt = async (name: string, home: string, seed: number): Promise<void> => {
  const startEngine = engines[name]
  if (startEngine === undefined) return
  if (name === "dbos" && !isInstalled()) {
    console.log("dbos: not tried, because PostgreSQL is not installed here (apt-get install postgresql)")
    return
  }
  for (const signal of ["SIGKILL", "SIGTERM"] as const) {
    const engine = await startEngine(home)
    try {
      const account = await run(engine, { seed, jobs, signal })
      console.log(`${name}, seed ${seed}: ${JSON.stringify(account)}`)
      if (broken(account)) process.exitCode = 1
    } finally {
      await engine.stop()
    }
  }
}

const named = process.argv.slice(2)
const strangers = named.filter((name) => !isName(name))
if (strangers.length > 0) throw new Error(`there is no example ${strangers.join(", ")}: dbos, restate, recipes`)
const folder = mkdtempSync(join(tmpdir(), "engines-"))
try {
  const homes = await install(folder, named.length === 0 ? undefined : named.filter(isName))
  for (const [name, home] of Object.entries(homes)) {
    compile(home)
    console.log(`${name}: compiles`)
    for (let index = 0; index < runs; index++) await attempt(name, home, firstSeed + index)
  }
} finally {
  rmSync(folder, { recursive: true, force: true })
}
