/**
 * What the schema of `mock.json` wants at a place, in words.
 *
 * The schema is the one component of the control contract from which the file's types and the editors' JSON Schema are made too. It checks
 * nothing: it only puts into words what a check has found.
 *
 * @module
 */
import * as Predicate from "effect/Predicate"
import document from "../../../generated/mock-control/contract.gen.json" with { type: "json" }
import { field } from "../Unknown.ts"

/** A place in a value: names of fields and numbers in lists. */
export type Path = ReadonlyArray<PropertyKey>

const components: unknown = document.components.schemas

/** The schema that a reference names, or the schema itself. */
const resolved = (schema: unknown): unknown => {
  const reference = field(schema, "$ref")
  return typeof reference === "string" ? field(components, reference.split("/").at(-1) ?? "") : schema
}

/** The schema that a value says it is of, where it may be of one of several: a fault of a kind is judged as that. */
const chosen = (schema: unknown, value: unknown): unknown => {
  const discriminator = field(schema, "discriminator")
  const kind = field(value, String(field(discriminator, "propertyName")))
  const reference = field(field(discriminator, "mapping"), String(kind))
  return reference === undefined ? schema : resolved({ $ref: reference })
}

/** The schema of what has this name in a value of that schema. */
const below = (schema: unknown, name: PropertyKey): unknown => {
  if (typeof name === "number") return field(schema, "items")
  return field(field(schema, "properties"), String(name)) ?? field(schema, "additionalProperties")
}

/** The schema of a place in this value. */
const at = (path: Path, value: unknown): unknown => {
  let [schema, inner] = [field(components, "MockFile"), value]
  for (const name of path) {
    inner = Predicate.isObjectOrArray(inner) ? Reflect.get(inner, name) : undefined
    schema = chosen(resolved(below(schema, name)), inner)
  }
  return schema
}

/** The names that an object at this place of a value may have. */
export const namesAt = (path: Path, value: unknown): ReadonlyArray<string> => {
  const properties = field(at(path, value), "properties")
  return Predicate.isReadonlyObject(properties) ? Object.keys(properties) : []
}

const bounds = (schema: unknown): string => {
  const [minimum, above, maximum] = ["minimum", "exclusiveMinimum", "maximum"].map((name) => field(schema, name))
  if (above !== undefined) return ` above ${above}`
  if (minimum !== undefined && maximum !== undefined) return ` from ${minimum} to ${maximum}`
  return minimum === undefined ? "" : `, ${minimum} or more`
}

const kinds: Readonly<Record<string, (schema: unknown) => string>> = {
  integer: (schema) => `a whole number${bounds(schema)}`,
  number: (schema) => `a number${bounds(schema)}`,
  boolean: () => "true or false",
  array: () => "a list, in [ ]",
  object: () => "an object, in { }",
  string: (schema) => (field(schema, "minLength") === undefined ? "a text" : "a text that is not empty")
}

/** What must be at this place of a value. */
export const expectedAt = (path: Path, value: unknown): string => {
  const schema = at(path, value)
  const words = field(schema, "x-expected")
  if (typeof words === "string") return words
  const choices = field(schema, "enum")
  const only = field(schema, "const")
  if (only !== undefined) return String(only)
  if (Array.isArray(choices)) return `one of ${choices.join(", ")}`
  return kinds[String(field(schema, "type"))]?.(schema) ?? "something else"
}
