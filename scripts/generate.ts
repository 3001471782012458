/**
 * Writes generated/ from the contract, and generated/mock-control/ from the description of the mock's own controls:
 * `node scripts/generate.ts`, or with `--check` only says whether they are up to date. Of each document:
 *
 *   types.gen.ts       hey-api's types of every schema, parameter and answer
 *   paths.gen.ts       the same types arranged as openapi-fetch wants them, by our own hey-api plugin
 *   schemas.gen.ts     Effect Schemas of the contract's component schemas, by Effect's own code generator
 *   contract.gen.json  the document as data, for the mock and for whoever wants its named examples
 *
 * And of the contract alone, operations.gen.json: what Prism makes of it, so that no start of the mock has to wait for that.
 */
import { execFileSync } from "node:child_process"
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { dirname, join, relative } from "node:path"
import { createClient } from "@hey-api/openapi-ts"
import { getHttpOperationsFromSpec } from "@stoplight/prism-http"
import { parse } from "yaml"
import { effectSchemas } from "./EffectSchemas.ts"
import { openapiFetch } from "./openapi-fetch-plugin/index.ts"

const root = dirname(import.meta.dirname)
/** What Prism judges by; the mock reads the requests to its own controls itself. */
const judged = "openapi/cometapi-runway.yaml"
/** What is read, and the folder below generated/ that is written from it. */
const documents = { ".": judged, "mock-control": "openapi/mock-control.yaml" }
const target = join(root, "generated")

const generateInto = async (folder: string, file: string): Promise<void> => {
  const contract = parse(readFileSync(join(root, file), "utf8"))
  await createClient({
    input: contract,
    output: { path: folder, entryFile: false, clean: false, module: { extension: ".ts" } },
    plugins: ["@hey-api/typescript", openapiFetch()],
    logs: { level: "silent", file: false }
  })
  writeFileSync(join(folder, "schemas.gen.ts"), effectSchemas(contract.components.schemas))
  writeFileSync(join(folder, "contract.gen.json"), `${JSON.stringify(contract, null, 2)}\n`)
  if (file === judged) {
    // Comes last, because Prism resolves the references in place.
    const operations = await getHttpOperationsFromSpec(contract)
    writeFileSync(join(folder, "operations.gen.json"), JSON.stringify(operations))
  }
  for (const name of readdirSync(folder)) {
    const formatted = execFileSync("biome", ["format", `--stdin-file-path=generated/${name}`], {
      cwd: root,
      input: readFileSync(join(folder, name)),
      encoding: "utf8"
    })
    writeFileSync(join(folder, name), formatted)
  }
}

const filesOf = (folder: string): ReadonlyArray<string> =>
  readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)))

/** Names of the files that differ between two folders, missing ones included. */
const differences = (one: string, other: string): ReadonlyArray<string> => {
  const read = (folder: string) =>
    new Map(filesOf(folder).map((name) => [name, readFileSync(join(folder, name), "utf8")]))
  const [left, right] = [read(one), read(other)]
  return [...new Set([...left.keys(), ...right.keys()])].filter((name) => left.get(name) !== right.get(name)).sort()
}

mkdirSync(join(root, "node_modules/.cache"), { recursive: true })
const fresh = mkdtempSync(join(root, "node_modules/.cache/generated-"))
try {
  for (const [folder, file] of Object.entries(documents)) await generateInto(join(fresh, folder), file)
  if (process.argv.includes("--check")) {
    const stale = differences(fresh, target)
    if (stale.length > 0) {
      console.error(`generated/ is stale (${stale.join(", ")}): run \`npm run generate\` and commit what it writes.`)
      process.exitCode = 1
    }
  } else {
    rmSync(target, { recursive: true, force: true })
    cpSync(fresh, target, { recursive: true })
  }
} finally {
  rmSync(fresh, { recursive: true, force: true })
}
