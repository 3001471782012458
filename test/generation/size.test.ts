import { execFileSync } from "node:child_process"
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, expect, it } from "vitest"
import { parse, stringify } from "yaml"
import { generate } from "../../scripts/Generation.ts"

const folder = mkdtempSync(join(tmpdir(), "size-"))
afterAll(() => rmSync(folder, { recursive: true }))

interface Document {
  readonly paths: Readonly<Record<string, Readonly<Record<string, { readonly operationId: string }>>>>
  readonly components: { readonly schemas: Readonly<Record<string, unknown>> }
}

/** The contract so many times over: each copy has paths, operations and schemas of its own. */
const copies = (count: number): Document => {
  const document: Document = parse(readFileSync("openapi/cometapi-runway.yaml", "utf8"))
  const numbers = Array.from({ length: count }, (_, index) => index)
  const renamed = <A>(value: A, number: number): A =>
    JSON.parse(JSON.stringify(value).replaceAll(/("#\/components\/schemas\/\w+)"/g, `$1No${number}"`))
  const paths = numbers.flatMap((number) =>
    Object.entries(document.paths).map(([path, item]) => [
      path.replace("/v1/", `/v1/${number}/`),
      Object.fromEntries(
        Object.entries(renamed(item, number)).map(([method, operation]) => [
          method,
          { ...operation, operationId: `${operation.operationId}No${number}` }
        ])
      )
    ])
  )
  const schemas = numbers.flatMap((number) =>
    Object.entries(document.components.schemas).map(([name, schema]) => [`${name}No${number}`, renamed(schema, number)])
  )
  return {
    ...document,
    paths: Object.fromEntries(paths),
    components: {
      ...document.components,
      schemas: { ...document.components.schemas, ...Object.fromEntries(schemas) }
    }
  }
}

it("a contract ten times as large as this one is generated, formatted and whole", async () => {
  const contract = join(folder, "large.yaml")
  const into = join(folder, "generated")
  const document = copies(10)
  writeFileSync(contract, stringify(document, { aliasDuplicateObjects: false }))
  await generate({ contract, into, judged: true })

  const text = (name: string) => readFileSync(join(into, name), "utf8")
  const operationIds = Object.values(document.paths).flatMap((item) =>
    Object.values(item).map(({ operationId }) => operationId)
  )
  expect(JSON.parse(text("operations.gen.json")).map(({ iid }: { iid: string }) => iid)).toEqual(operationIds)
  expect(JSON.parse(text("contract.gen.json"))).toEqual(document)
  for (const path of Object.keys(document.paths)) expect(text("paths.gen.ts")).toContain(`"${path}": {`)
  for (const name of Object.keys(document.components.schemas))
    expect(text("schemas.gen.ts")).toContain(`export const ${name} = `)
  const sources = ["paths", "schemas", "types"].map((name) => join(into, `${name}.gen.ts`))
  expect(execFileSync("biome", ["format", ...sources], { encoding: "utf8" })).toContain("No fixes applied.")
})
