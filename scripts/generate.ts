/**
 * The command that writes generated/ from the contract, and generated/mock-control/ from the description of the mock's own controls.
 *
 *   node scripts/generate.ts                               writes both
 *   node scripts/generate.ts --check                       only says whether they are up to date
 *   node scripts/generate.ts --contract FILE --into DIR    writes another contract's files into another folder
 *
 * What is written is said in Generation.ts.
 *
 * @module
 */
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs"
import { enableCompileCache } from "node:module"
import { tmpdir } from "node:os"
import { dirname, join, relative } from "node:path"
import { parseArgs } from "node:util"
import type { Generation } from "./Generation.ts"

// TypeScript, hey-api, Prism and Effect are compiled by one run for the next, which is why they are loaded only after this.
enableCompileCache()
const { generate } = await import("./Generation.ts")

const root = dirname(import.meta.dirname)
const target = join(root, "generated")

/** The two documents of this repository, each with its folder below another. */
const documents = (folder: string): ReadonlyArray<Generation> => [
  { contract: join(root, "openapi/cometapi-runway.yaml"), into: folder, judged: true },
  // The mock reads the requests to its own controls itself.
  {
    contract: join(root, "openapi/mock-control.yaml"),
    into: join(folder, "mock-control"),
    judged: false,
    files: { mock: "MockFile" }
  }
]

const filesOf = (folder: string): ReadonlyArray<string> =>
  readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)))

/** Names of the files that differ between two folders, missing ones included. */
const differences = (before: string, after: string): ReadonlyArray<string> => {
  const read = (folder: string) =>
    new Map(filesOf(folder).map((name) => [name, readFileSync(join(folder, name), "utf8")]))
  const [left, right] = [read(before), read(after)]
  return [...new Set([...left.keys(), ...right.keys()])].filter((name) => left.get(name) !== right.get(name)).sort()
}

/** Generates this repository's documents, and replaces `generated/` by the result or compares the two. */
const generateOwn = async (onlyCheck: boolean): Promise<void> => {
  const fresh = mkdtempSync(join(tmpdir(), "cometapi-runway-generated-"))
  try {
    for (const document of documents(fresh)) await generate(document)
    if (!onlyCheck) {
      rmSync(target, { recursive: true, force: true })
      cpSync(fresh, target, { recursive: true })
      return
    }
    const stale = differences(fresh, target)
    if (stale.length === 0) return
    console.error(`generated/ is stale (${stale.join(", ")}): run \`npm run generate\` and commit what it writes.`)
    process.exitCode = 1
  } finally {
    rmSync(fresh, { recursive: true, force: true })
  }
}

const { contract, into, check } = parseArgs({
  options: {
    check: { type: "boolean", default: false },
    contract: { type: "string" },
    into: { type: "string" }
  }
}).values
if (contract !== undefined && into !== undefined && !check) await generate({ contract, into, judged: true })
else if (contract === undefined && into === undefined) await generateOwn(check)
else {
  console.error("Another contract needs both --contract FILE and --into DIR, and has no --check.")
  process.exitCode = 2
}
