/**
 * What one OpenAPI document becomes: a folder of generated files.
 *
 *   types.gen.ts         hey-api's types of every schema, parameter and answer
 *   paths.gen.ts         the same types arranged as openapi-fetch wants them, by our own hey-api plugin
 *   schemas.gen.ts       Effect Schemas of the document's component schemas, by Effect's own code generator
 *   contract.gen.json    the document as data, for the mock and for whoever wants its named examples
 *   NAME.schema.json     on request: one of its component schemas by itself, as a JSON Schema for editors
 *   defaults.gen.ts      on request: the documented defaults of each operation's body, for bindings that fill them in
 *   operations.gen.json  on request: what Prism makes of the document, so that no start of the mock has to wait for that
 *
 * It knows no document and no folder by name, and it removes nothing from the folder that it writes into.
 *
 * @module
 */
import { execFile } from "node:child_process"
import { mkdirSync, readFileSync, writeFileSync } from "node:fs"
import { dirname, join, resolve } from "node:path"
import { promisify } from "node:util"
import { Worker } from "node:worker_threads"
import { createClient } from "@hey-api/openapi-ts"
import { parse } from "yaml"
import { bodyDefaults } from "./BodyDefaults.ts"
import { effectSchemas } from "./EffectSchemas.ts"
import { jsonSchema } from "./JsonSchemas.ts"
import { openapiFetch } from "./openapi-fetch-plugin/index.ts"

export interface Generation {
  /** The OpenAPI document, a file in YAML or, with that ending, JSON. */
  readonly contract: string
  /** The folder to write into, below no `node_modules`, which the formatter passes over. It is made if it is not there. */
  readonly into: string
  /** Whether this is a provider's contract: one that bindings are made of, and by which a Prism judges. */
  readonly judged: boolean
  /** Component schemas to write as JSON Schemas of their own: the name of the file, and the component. */
  readonly files?: Readonly<Record<string, string>>
}

/** Writes the files. The same document gives the same bytes. */
export const generate = async ({ contract, into, judged, files = {} }: Generation): Promise<void> => {
  const document = read(contract)
  const write = (name: string, text: string): void => writeFileSync(join(into, name), text)
  mkdirSync(into, { recursive: true })
  const judging = judged ? prismOperations(document, join(into, "operations.gen.json")) : undefined
  await createClient({
    input: document,
    output: { path: into, entryFile: false, clean: false, module: { extension: ".ts" } },
    plugins: ["@hey-api/typescript", openapiFetch()],
    parser: { transforms: { readWrite: hasOneWayFields(document) } },
    logs: { level: "silent", file: false }
  })
  write("schemas.gen.ts", effectSchemas(document.components.schemas, { conditionsInCode: !judged }))
  if (judged) write("defaults.gen.ts", bodyDefaults(document))
  const code = ["types.gen.ts", "paths.gen.ts", "schemas.gen.ts", ...(judged ? ["defaults.gen.ts"] : [])]
  // The formatter is a process of its own: what follows is done meanwhile.
  const formatting = format(code.map((name) => join(into, name)))
  write("contract.gen.json", json(document))
  for (const [file, component] of Object.entries(files))
    write(`${file}.schema.json`, json(jsonSchema(document.components.schemas, component)))
  await Promise.all([formatting, judging])
}

/** Whether some field is only read or only written. hey-api takes long to look for types to split because of those, and there mostly are none. */
const hasOneWayFields = (document: unknown): boolean => /"(?:read|write)Only":true/.test(JSON.stringify(document))

/** Has the file written by a thread of its own. */
const prismOperations = (document: unknown, file: string): Promise<void> =>
  new Promise((resolve, reject) => {
    const worker = new Worker(new URL("./PrismOperations.ts", import.meta.url), { workerData: { document, file } })
    worker.once("error", reject)
    worker.once("exit", () => resolve())
  })

/** The document. JSON is YAML too, and takes many times as long to read as such. */
const read = (contract: string) => {
  const text = readFileSync(contract, "utf8")
  return contract.endsWith(".json") ? JSON.parse(text) : parse(text)
}

/** Formats all files in one go, as this repository is formatted. Data needs no formatter, and can be many times as large as the code. */
const format = async (files: ReadonlyArray<string>): Promise<void> => {
  const largest = `--files-max-size=${2 ** 30}`
  await promisify(execFile)("biome", ["format", "--write", largest, ...files.map((file) => resolve(file))], {
    cwd: dirname(import.meta.dirname)
  })
}

const json = (value: unknown): string => `${JSON.stringify(value, undefined, 2)}\n`
