/**
 * A component schema of an OpenAPI 3.1 document as a JSON Schema of its own, with the components that it refers to.
 *
 * What only this repository's tools read (`x-…`) is left out. It checks no value: it is for editors, and for whoever validates by it.
 *
 * @module
 */
import * as Predicate from "effect/Predicate"

type Components = Readonly<Record<string, unknown>>

const prefix = "#/components/schemas/"

/** The same schema with its references to components as references to definitions; `found` is told the name of each. */
const localized = (schema: unknown, found: (name: string) => void): unknown => {
  if (Array.isArray(schema)) return schema.map((item) => localized(item, found))
  if (!Predicate.isReadonlyObject(schema)) return schema
  return Object.fromEntries(
    Object.entries(schema)
      .filter(([name]) => !name.startsWith("x-"))
      .map(([name, value]) => {
        if (name !== "$ref" || typeof value !== "string") return [name, localized(value, found)]
        const component = value.slice(prefix.length)
        found(component)
        return [name, `#/$defs/${component}`]
      })
  )
}

/** A component, and all that it refers to. */
export const jsonSchema = (components: Components, name: string): object => {
  const names = new Set<string>()
  const find = (component: string) => void names.add(component)
  const schema = localized(components[name], find)
  if (!Predicate.isReadonlyObject(schema)) throw new Error(`The contract has no component schema "${name}".`)
  const definitions: Record<string, unknown> = {}
  // A set is gone through to its end, those that are added meanwhile included.
  for (const component of names) definitions[component] = localized(components[component], find)
  return { $schema: "https://json-schema.org/draft/2020-12/schema", ...schema, $defs: definitions }
}
