/**
 * `npm run proof`: tries every claim and prints one table. `-- --long` tries more cases, `-- --only word` only claims with that word, and `-- --write` puts the
 * table into docs/proof.md too.
 *
 * @module
 */
import { spawnSync } from "node:child_process"
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { parseArgs } from "node:util"
import { type Claim, claims } from "./Claims.ts"
import { type Row, rowOf, table } from "./Table.ts"

const { values } = parseArgs({
  options: { long: { type: "boolean" }, only: { type: "string" }, write: { type: "boolean" } }
})
const page = "docs/proof.md"

const tried = ({ claim, files, long, seed }: Claim): Row => {
  const folder = mkdtempSync(join(tmpdir(), "proof-"))
  try {
    const output = join(folder, "report.json")
    const started = performance.now()
    const env = { ...process.env, ...(values.long === true ? long : {}) }
    const args = ["node_modules/vitest/vitest.mjs", "run", ...files, "--reporter=json", `--outputFile=${output}`]
    const { stderr } = spawnSync(process.execPath, args, { env, encoding: "utf8" })
    const seconds = (performance.now() - started) / 1000
    // Without a report there was no run: the claim has failed, with what was printed.
    const failed = { testResults: [{ status: "failed", message: stderr, assertionResults: [] }] }
    return rowOf(claim, existsSync(output) ? JSON.parse(readFileSync(output, "utf8")) : failed, seconds, seed)
  } finally {
    rmSync(folder, { recursive: true })
  }
}

const wanted = claims.filter(({ claim }) => claim.toLowerCase().includes((values.only ?? "").toLowerCase()))
const rows: Array<Row> = []
for (const claim of wanted) {
  const row = tried(claim)
  console.error(`${row.failed === 0 ? "holds" : "FAILS"}: ${row.claim}`)
  for (const failure of row.failures) console.error(failure)
  rows.push(row)
}
console.log(table(rows))
if (values.write === true) {
  const [before = "", after = ""] = readFileSync(page, "utf8").split(/<!-- proof -->[\s\S]*<!-- \/proof -->/)
  writeFileSync(page, `${before}<!-- proof -->\n\n${table(rows)}\n\n<!-- /proof -->${after}`)
}
process.exitCode = rows.length > 0 && rows.every(({ failed }) => failed === 0) ? 0 : 1
