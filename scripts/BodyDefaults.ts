/**
 * The documented defaults of the request bodies of an OpenAPI document, as a TypeScript module: one record for each operation that has any,
 * and the document's version.
 *
 * It looks at a body's own fields, where the field or the schema that it refers to has a `default`, and not into them.
 *
 * @module
 */

interface Schema {
  readonly $ref?: string
  readonly default?: unknown
  readonly properties?: Readonly<Record<string, Schema>>
}

interface Operation {
  readonly requestBody?: { readonly content?: Readonly<Record<string, { readonly schema?: Schema }>> }
}

interface Document {
  readonly info: { readonly version: string }
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>
  readonly components: { readonly schemas: Readonly<Record<string, Schema>> }
}

/** The source of a module that exports `bodyDefaults`, by method and path, and the version of the document that they are of. */
export const bodyDefaults = ({ info, paths, components }: Document): string => {
  const schemas = new Map(
    Object.entries(components.schemas).map(([name, schema]) => [`#/components/schemas/${name}`, schema])
  )
  const resolved = (schema: Schema | undefined): Schema => schemas.get(schema?.$ref ?? "") ?? schema ?? {}
  const defaultsOf = ({ requestBody }: Operation) =>
    Object.entries(resolved(requestBody?.content?.["application/json"]?.schema).properties ?? {}).flatMap(
      ([name, field]) => {
        const value = field.default ?? resolved(field).default
        return value === undefined ? [] : [[name, value] as const]
      }
    )
  const operations = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).flatMap(([method, operation]) => {
      const defaults = defaultsOf(operation)
      return defaults.length === 0 ? [] : [[`${method.toUpperCase()} ${path}`, Object.fromEntries(defaults)] as const]
    })
  )
  const record = JSON.stringify(Object.fromEntries(operations), undefined, 2)
  return `// This file is written by scripts/BodyDefaults.ts.\n\nexport const contractVersion = ${JSON.stringify(info.version)}\n\nexport const bodyDefaults = ${record} as const\n`
}
