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

/** The schema of what has this name in a value of that schema. */
const below = (schema: unknown, name: PropertyKey): unknown => {
  if (typeof name === "number") return field(schema, "items")
  return field(field(schema, "properties"), String(name)) ?? field(schema, "additionalProperties")
}

const at = (path: Path): unknown =>
  path.reduce<unknown>((schema, name) => resolved(below(schema, name)), field(components, "MockFile"))

/** The names that an object at this place may have. */
export const namesAt = (path: Path): ReadonlyArray<string> => {
  const properties = field(at(path), "properties")
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

/** What a value at this place must be. */
export const expectedAt = (path: Path): string => {
  const schema = at(path)
  const words = field(schema, "x-expected")
  if (typeof words === "string") return words
  const choices = field(schema, "enum")
  if (Array.isArray(choices)) return `one of ${choices.join(", ")}`
  return kinds[String(field(schema, "type"))]?.(schema) ?? "something else"
}
