// The openapi-fetch plugin, from contract to compiler: hey-api generates each fixture in this process, the output is
// compared with the committed one, and compiled together with a file of right and wrong calls.

import { mkdtemp, readdir, readFile, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { createClient } from "@hey-api/openapi-ts"
import { afterAll, beforeAll, describe, expect, test } from "vitest"
import { openapiFetch } from "../../scripts/openapi-fetch-plugin/index.ts"
import { compile } from "../support/Compiler.ts"

const fixtures = fileURLToPath(new URL("plugin-fixtures", import.meta.url))
const names = ["bodies-and-media-types", "methods-and-parameters", "statuses"]

const contractOf = (name: string) => join(fixtures, `${name}.yaml`)
const usageOf = (name: string) => join(fixtures, `${name}.usage.ts`)
const committed = (name: string, file: string) => join(fixtures, "__snapshots__", name, file)

let temporary: string
beforeAll(async () => {
  temporary = await mkdtemp(join(tmpdir(), "openapi-fetch-plugin-"))
})
afterAll(() => rm(temporary, { force: true, recursive: true }))

describe.each(names)("The contract %s", (name) => {
  test("becomes the committed paths and types", async () => {
    const files = await generate(contractOf(name))
    expect([...files.keys()]).toEqual(["index.ts", "paths.gen.ts", "types.gen.ts"])
    await expect(files.get("paths.gen.ts")).toMatchFileSnapshot(committed(name, "paths.gen.ts"))
    await expect(files.get("types.gen.ts")).toMatchFileSnapshot(committed(name, "types.gen.ts"))
  })

  test("becomes the same bytes when generated again", async () => {
    expect(await generate(contractOf(name))).toEqual(await generate(contractOf(name)))
  })
})

test("The generated paths accept right calls, reject wrong ones and type the answers", async () => {
  // The fresh output is compiled in the committed one's place, so that an update of the latter cannot hide a mistake.
  const output = new Map<string, string>()
  for (const name of names) {
    for (const [file, text] of await generate(contractOf(name))) output.set(committed(name, file), text)
  }
  const complaints = complaintsOf(names.map(usageOf), output)
  expect(complaints).toEqual([])

  // The compiler did read it: without the paths, the same calls are in error.
  const without = new Map([...output].map(([file, text]) => [file, file.endsWith("paths.gen.ts") ? "export {}" : text]))
  expect(complaintsOf(names.map(usageOf), without)).not.toEqual([])
})

test("A schema that is written out beside the one hey-api keeps is refused, not guessed", async () => {
  const schemaWith = (property: string) => ({ type: "object", properties: { [property]: { type: "string" } } })
  const content = { "application/json": { schema: schemaWith("a") }, "application/xml": { schema: schemaWith("b") } }
  const refusal = thrown("POST /things: the schema of application/xml, declared beside application/json, must be")
  const done = { description: "Done" }
  await expect(generate(documentOf({ responses: { 200: { ...done, content } } }))).rejects.toMatchObject(refusal)
  await expect(generate(documentOf({ requestBody: { content }, responses: { 204: done } }))).rejects.toMatchObject(
    refusal
  )
})

test("A Swagger 2.0 document is refused", async () => {
  const { openapi: _, ...document } = documentOf({ responses: { 200: { description: "Done" } } })
  await expect(generate({ swagger: "2.0", ...document })).rejects.toMatchObject(thrown("only OpenAPI 3 documents"))
})

function documentOf(operation: Record<string, unknown>) {
  return { openapi: "3.1.0", info: { title: "Things", version: "1" }, paths: { "/things": { post: operation } } }
}

/** The error that hey-api throws for one thrown by a plugin. */
function thrown(message: string) {
  return { originalError: { error: { message: expect.stringContaining(message) } } }
}

/** Generates in a directory of its own and returns the text of each file by its name. */
async function generate(input: string | Record<string, unknown>): Promise<ReadonlyMap<string, string>> {
  const path = await mkdtemp(join(temporary, "run-"))
  await createClient({
    input,
    logs: { file: false, level: "silent" },
    output: { module: { extension: ".ts" }, path },
    plugins: ["@hey-api/typescript", openapiFetch()]
  })
  const files = (await readdir(path)).sort()
  return new Map(
    await Promise.all(files.map(async (file) => [file, await readFile(join(path, file), "utf8")] as const))
  )
}

/** What the compiler has to say, under this repository's settings, of some files, a few of them not as on disk. */
function complaintsOf(files: ReadonlyArray<string>, replaced: ReadonlyMap<string, string>): ReadonlyArray<string> {
  return compile({ files, replaced }).map(({ file, line, text }) => `${file}:${line} ${text}`)
}
