/**
 * `npm run matrix:types`: the packed packages in a strict program, under each TypeScript, each resolution, with and without exactOptionalPropertyTypes, no declaration
 * skipped. Prints the table that docs/platforms-types.md shows, and fails when a cell is not what it should be.
 *
 * Compilers that the repository does not have are installed on demand, at exactly these versions, into node_modules/.cache.
 */
import { execFileSync, spawnSync } from "node:child_process"
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { install, pack } from "../Packed.ts"
import { doors, durable, program } from "../Program.ts"

const root = fileURLToPath(new URL("../../../", import.meta.url))
const compilers = ["5.9.3", "6.0.3", "7.0.2"]
const resolutions = ["nodenext", "bundler"] as const
const page = join(root, "docs/platforms-types.md")

/** The folder of one compiler. */
const compiler = (version: string): string => {
  const home = join(root, "node_modules/.cache/typescript", version)
  const folder = join(home, "node_modules/typescript")
  if (existsSync(folder)) return folder
  mkdirSync(home, { recursive: true })
  writeFileSync(join(home, "package.json"), "{}")
  execFileSync("npm", ["install", "--silent", "--save-exact", `typescript@${version}`], { cwd: home, stdio: "inherit" })
  return folder
}

const settings = (resolution: (typeof resolutions)[number], exact: boolean) => ({
  compilerOptions: {
    module: resolution === "nodenext" ? "nodenext" : "esnext",
    moduleResolution: resolution,
    target: "es2022",
    lib: ["es2022", "esnext.disposable", "dom", "dom.iterable"],
    types: [],
    strict: true,
    exactOptionalPropertyTypes: exact,
    skipLibCheck: false,
    noEmit: true
  },
  files: ["program.ts", "doors.ts", "durable.ts"]
})

interface Cell {
  readonly row: string
  /** Errors in the program and in our declarations, and in anybody else's. */
  readonly ours: ReadonlyArray<string>
  readonly others: ReadonlyArray<string>
}

const check = (home: string, version: string, resolution: (typeof resolutions)[number], exact: boolean): Cell => {
  writeFileSync(join(home, "tsconfig.json"), JSON.stringify(settings(resolution, exact)))
  const tsc = JSON.parse(readFileSync(join(compiler(version), "package.json"), "utf8")).bin.tsc
  const { stdout, stderr, status } = spawnSync(process.execPath, [join(compiler(version), tsc), "-p", home], {
    cwd: home,
    encoding: "utf8"
  })
  const errors = `${stdout}${stderr}`.split("\n").filter((line) => /error TS\d+/.test(line))
  if (status !== 0 && errors.length === 0) throw new Error(`TypeScript ${version} did not run: ${stdout}${stderr}`)
  const foreign = (line: string) => /node_modules\/(?!cometapi-runway)/.test(line)
  return {
    row: `| ${version} | \`${resolution}\` | ${exact ? "on" : "off"} |`,
    ours: errors.filter((line) => !foreign(line)),
    others: errors.filter(foreign)
  }
}

const table = (cells: ReadonlyArray<Cell>): string =>
  [
    "| TypeScript | `moduleResolution` | `exactOptionalPropertyTypes` | errors in our declarations | in declarations of others |",
    "| --- | --- | --- | ---: | ---: |",
    ...cells.map(({ row, ours, others }) => `${row} ${ours.length} | ${others.length} |`)
  ].join("\n")

/** The page with a new table between its two markers. */
const withTable = (text: string, table: string): string =>
  text.replace(/(<!-- matrix:types -->\n)[\s\S]*?(<!-- end -->)/, (_, start, end) => `${start}\n${table}\n\n${end}`)

const home = mkdtempSync(join(tmpdir(), "cometapi-runway-types-"))
try {
  const tarballs = await pack(home)
  const project = install(join(home, "project"), {
    "cometapi-runway": tarballs.client,
    "cometapi-runway-mock": tarballs.mock,
    "cometapi-runway-durable": tarballs.durable
  })
  symlinkSync(join(root, "node_modules/vitest"), join(project, "node_modules/vitest"))
  writeFileSync(join(project, "program.ts"), program)
  writeFileSync(join(project, "doors.ts"), doors)
  writeFileSync(join(project, "durable.ts"), durable)
  const cells = compilers.flatMap((version) =>
    resolutions.flatMap((resolution) => [false, true].map((exact) => check(project, version, resolution, exact)))
  )
  const found = table(cells)
  console.log(found)
  for (const text of new Set(cells.flatMap(({ ours }) => ours))) console.error(text)
  if (process.argv.includes("--others"))
    for (const text of new Set(cells.flatMap(({ others }) => others))) console.log(text)
  if (process.argv.includes("--write")) writeFileSync(page, withTable(readFileSync(page, "utf8"), found))
  if (cells.some(({ ours }) => ours.length > 0)) process.exitCode = 1
} finally {
  rmSync(home, { recursive: true })
}
