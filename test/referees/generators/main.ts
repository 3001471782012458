/**
 * `npm run referees`: three generators of other people read the contract, and what they write compiles under strict rules.
 *
 * A program that uses the generated types rightly has to compile, and one that asks for a model that does not exist has not: a generator that turns everything into
 * `any` would accept any contract. Generators that the repository does not have are installed on demand, at exactly these versions, into node_modules/.cache.
 *
 * @module
 */
import { execFileSync } from "node:child_process"
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import ts from "typescript"
import { packageOf, quiet, root } from "../OnDemand.ts"

const contract = join(root, "openapi/cometapi-runway.yaml")

interface Generator {
  readonly name: string
  /** What has to be installed, and nothing for one that is there. */
  readonly version: string | undefined
  /** The program, below its package's folder, and its arguments. */
  readonly program: string
  readonly args: (output: string) => ReadonlyArray<string>
  /** The line that makes `Request` the type of a submission's body, and `Task` that of a poll's answer. */
  readonly types: string
}

const generators: ReadonlyArray<Generator> = [
  {
    name: "openapi-typescript",
    version: "7.13.0",
    program: "bin/cli.js",
    args: (output) => [contract, "--output", output],
    types: `import type { components } from "./client.ts"
type Request = components["schemas"]["CharacterPerformanceRequest"]
type Task = components["schemas"]["TaskAnswer"]`
  },
  {
    name: "orval",
    version: "8.38.0",
    program: "dist/bin/orval.mjs",
    args: (output) => ["--input", contract, "--output", output, "--client", "fetch"],
    types: `import type { CharacterPerformanceRequest as Request, TaskAnswer as Task } from "./client.ts"`
  },
  {
    name: "@redocly/cli",
    version: undefined,
    program: "bin/cli.js",
    args: (output) => ["generate-client", contract, "--output", output],
    types: `import type { CharacterPerformanceRequest as Request, TaskAnswer as Task } from "./client.ts"`
  }
]

const body = (model: string): string => `export const request: Request = {
  character: { type: "image", uri: "https://example.com/portrait.png" },
  reference: { type: "video", uri: "https://example.com/performance.mp4" },
  bodyControl: true,
  expressionIntensity: 3,
  seed: 1,
  model: "${model}",
  ratio: "1280:720",
  contentModeration: { publicFigureThreshold: "auto" }
}
export const task: Task = { id: "1", status: "SUCCEEDED", output: ["https://example.com/output.mp4"] }
`

/** What the compiler has against files. */
const complaints = (files: ReadonlyArray<string>): ReadonlyArray<string> => {
  const program = ts.createProgram([...files], {
    strict: true,
    noEmit: true,
    exactOptionalPropertyTypes: true,
    allowImportingTsExtensions: true,
    target: ts.ScriptTarget.ES2022,
    module: ts.ModuleKind.ESNext,
    moduleResolution: ts.ModuleResolutionKind.Bundler,
    lib: ["lib.es2024.d.ts", "lib.dom.d.ts", "lib.dom.iterable.d.ts"],
    types: []
  })
  return ts.getPreEmitDiagnostics(program).map(({ file, start = 0, messageText }) => {
    const line = file === undefined ? "" : `${file.fileName}:${file.getLineAndCharacterOfPosition(start).line + 1}: `
    return line + ts.flattenDiagnosticMessageText(messageText, "\n")
  })
}

/** What is wrong with what a generator made of the contract. */
const judge = (generator: Generator): ReadonlyArray<string> => {
  const folder = mkdtempSync(join(root, "node_modules/.cache/referee-"))
  try {
    const client = join(folder, "client.ts")
    const command = [join(packageOf(generator.name, generator.version), generator.program), ...generator.args(client)]
    execFileSync(process.execPath, command, { cwd: folder, env: quiet, stdio: "pipe" })
    const [right, wrong] = [join(folder, "right.ts"), join(folder, "wrong.ts")]
    writeFileSync(right, `${generator.types}\n${body("act_two")}`)
    writeFileSync(wrong, `${generator.types}\n${body("act_one")}`)
    const found = complaints([client, right])
    return complaints([wrong]).length > 0 ? found : [...found, "a model that does not exist compiles"]
  } finally {
    rmSync(folder, { recursive: true })
  }
}

mkdirSync(join(root, "node_modules/.cache"), { recursive: true })
for (const generator of generators) {
  const found = judge(generator)
  console.log(`${found.length === 0 ? "passed" : "failed"}: ${generator.name} ${generator.version ?? "(as installed)"}`)
  for (const text of found) console.error(`  ${text}`)
  if (found.length > 0) process.exitCode = 1
}
