/** The generator of the bindings beside openapi-typescript, on this contract and on one fifty times as large. */
import { execFileSync } from "node:child_process"
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { type Bench, type Contestant, ours, verify } from "../Bench.ts"

const root = join(import.meta.dirname, "../..")
// The contract as data.
const contract = join(root, "generated/contract.gen.json")
const figure = "ms"

interface Document {
  readonly paths: Readonly<Record<string, unknown>>
  readonly components: { readonly schemas: Readonly<Record<string, unknown>> } & Readonly<Record<string, unknown>>
}

/** A copy of paths and schemas, in which each name of a path, an operation and a schema has a number. */
const copyOf = ({ paths, components: { schemas } }: Document, n: number) => {
  const numbered = (text: string): string =>
    text
      .replace(/"#\/components\/schemas\/(\w+)/g, `"#/components/schemas/$1${n}`)
      .replace(/"operationId":"(\w+)"/g, `"operationId":"$1${n}"`)
  const named = Object.entries(schemas).map(([name, schema]) => [`${name}${n}`, schema])
  const moved = Object.entries(paths).map(([path, item]) => [`/copy${n}${path}`, item])
  return {
    paths: JSON.parse(numbered(JSON.stringify(Object.fromEntries(moved)))),
    schemas: JSON.parse(numbered(JSON.stringify(Object.fromEntries(named))))
  }
}

/** The contract with so many copies of its paths and schemas, written into a folder. */
const grown = (folder: string, times: number): string => {
  const document: Document = JSON.parse(readFileSync(contract, "utf8"))
  const copies = Array.from({ length: times - 1 }, (_, n) => copyOf(document, n + 1))
  const paths = Object.assign({}, document.paths, ...copies.map((copy) => copy.paths))
  const schemas = Object.assign({}, document.components.schemas, ...copies.map((copy) => copy.schemas))
  const file = join(folder, "contract.json")
  writeFileSync(file, JSON.stringify({ ...document, paths, components: { ...document.components, schemas } }))
  return file
}

/** Runs a generator's command in a folder that is thrown away, and looks at what it wrote. */
const runs =
  (times: number, command: (contract: string, folder: string) => ReadonlyArray<string>, written: string) =>
  async (): Promise<Contestant> => {
    const folder = mkdtempSync(join(tmpdir(), "bench-generate-"))
    const file = grown(folder, times)
    return {
      round: async () => {
        const from = performance.now()
        // In the folder, so that no settings of this repository are read as somebody else's.
        execFileSync(process.execPath, command(file, folder), { cwd: folder, stdio: ["ignore", "ignore", "inherit"] })
        const took = performance.now() - from
        const types = readFileSync(join(folder, written), "utf8")
        verify(times === 1 || types.includes(`/copy${times - 1}/`), "the last copy's paths in what was written")
        verify(statSync(join(folder, written)).size > 5000 * times, "types of every path")
        return { [figure]: took }
      },
      stop: () => rmSync(folder, { recursive: true, force: true })
    }
  }

const ourCommand = (file: string, folder: string): ReadonlyArray<string> => [
  join(root, "scripts/generate.ts"),
  "--contract",
  file,
  "--into",
  join(folder, "generated")
]

const theirs = (file: string, folder: string): ReadonlyArray<string> => [
  join(root, "bench/node_modules/openapi-typescript/bin/cli.js"),
  file,
  "-o",
  join(folder, "types.ts")
]

const workload = (times: number, rounds: number) => ({
  base: "openapi-typescript",
  rounds,
  fresh: true,
  contestants: {
    [ours]: runs(times, ourCommand, "generated/types.gen.ts"),
    "openapi-typescript": runs(times, theirs, "types.ts")
  }
})

export const bench: Bench = {
  title: "from a contract to generated files (ours also writes schemas, defaults and what the mock judges by)",
  workloads: { "this contract": workload(1, 3), "50 times as large": workload(50, 1) },
  goals: [
    { workload: "this contract", figure, times: "openapi-typescript", atMost: 2 },
    { workload: "50 times as large", figure, times: "openapi-typescript", atMost: 2 }
  ]
}
