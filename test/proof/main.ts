/**
 * `npm run proof`: tries every claim in its short form and prints one table. `-- NAME …` tries only these, in the long form, which has more cases; `-- --long` tries all in
 * the long form, and `-- --write` puts the whole table into docs/proof.md too. `-- --seed N` is another seed for what is random.
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

const { values, positionals: names } = parseArgs({
  options: { long: { type: "boolean" }, seed: { type: "string" }, write: { type: "boolean" } },
  allowPositionals: true
})
const page = "docs/proof.md"
const isLong = values.long === true || names.length > 0
const seeded = values.seed === undefined ? {} : { PROOF_SEED: values.seed }

const tried = ({ claim, files, long, seed }: Claim): Row => {
  const folder = mkdtempSync(join(tmpdir(), "proof-"))
  try {
    const output = join(folder, "report.json")
    const started = performance.now()
    const env = { ...(isLong ? long : {}), ...process.env, ...seeded }
    const args = ["node_modules/vitest/vitest.mjs", "run", ...files, "--reporter=json", `--outputFile=${output}`]
    const { stderr } = spawnSync(process.execPath, args, { env, encoding: "utf8", maxBuffer: Number.POSITIVE_INFINITY })
    const seconds = (performance.now() - started) / 1000
    // Without a report there was no run: the claim has failed, with what was printed.
    const failed = { testResults: [{ status: "failed", message: stderr, assertionResults: [] }] }
    return rowOf(claim, existsSync(output) ? JSON.parse(readFileSync(output, "utf8")) : failed, seconds, seed, files)
  } finally {
    rmSync(folder, { recursive: true })
  }
}

const unknown = names.filter((name) => !claims.some((claim) => claim.name === name))
if (unknown.length > 0) {
  const known = [...new Set(claims.map(({ name }) => name))].join(", ")
  console.error(`There is no proof called ${unknown.join(", ")}. There are: ${known}`)
  process.exit(1)
}
if (values.write === true && names.length > 0) {
  console.error(
    "--write puts the whole table into docs/proof.md, so it takes no names: a table of some claims would lose the others."
  )
  process.exit(1)
}
const wanted = claims.filter(({ name }) => names.length === 0 || names.includes(name))
const rows: Array<Row> = []
for (const claim of wanted) {
  const row = tried(claim)
  console.error(`${row.failed === 0 ? "holds" : "FAILS"}: ${row.claim}`)
  for (const line of [...row.failures, ...row.notes]) console.error(line)
  rows.push(row)
}
console.log(table(rows))
if (values.write === true) {
  const [before = "", after = ""] = readFileSync(page, "utf8").split(/<!-- proof -->[\s\S]*<!-- \/proof -->/)
  writeFileSync(page, `${before}<!-- proof -->\n\n${table(rows)}\n\n<!-- /proof -->${after}`)
}
process.exitCode = rows.length > 0 && rows.every(({ failed }) => failed === 0) ? 0 : 1
