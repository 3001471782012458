/**
 * The parameters of the tools that take an input, as JSON Schema, out of the contract: its fields, their descriptions and their defaults.
 *
 * It writes no field down a second time. An agent is shown them; what it sends is checked by `CharacterPerformance.validate`.
 *
 * @module
 */
import type * as JsonSchema from "effect/JsonSchema"
import * as Predicate from "effect/Predicate"
import contract from "../../generated/contract.gen.json" with { type: "json" }

const schemas: Readonly<Record<string, unknown>> = contract.components.schemas

const prefix = "#/components/schemas/"

/** What OpenAPI has more than JSON Schema, and what only our generator reads. */
const isForeign = (key: string): boolean => key.startsWith("x-") || key === "discriminator"

/** A schema of the contract with its references turned to `$defs`, and the names that it refers to. */
const translated = (value: unknown, names: Set<string>): unknown => {
  if (Array.isArray(value)) return value.map((item) => translated(item, names))
  if (!Predicate.isObject(value)) return value
  const fields = Object.entries(value).filter(([key]) => !isForeign(key))
  return Object.fromEntries(
    fields.map(([key, field]) => {
      if (key !== "$ref" || typeof field !== "string") return [key, translated(field, names)]
      const name = field.slice(prefix.length)
      names.add(name)
      return [key, `#/$defs/${name}`]
    })
  )
}

const { properties } = contract.components.schemas.CharacterPerformanceRequest

type Field = keyof typeof properties

/** What has to be given; of the other fields the client fills in the documented defaults. */
const assets: ReadonlyArray<Field> = ["character", "reference"]

/** The parameters of a tool that takes the assets alone, or every field of a request. */
export const parameters = (fields: "assets" | "all"): JsonSchema.JsonSchema => {
  const names = new Set<string>()
  const shown = Object.fromEntries(
    Object.entries(properties)
      .filter(([name]) => fields === "all" || assets.some((asset) => asset === name))
      .map(([name, schema]) => [name, translated(schema, names)])
  )
  const defs: Record<string, unknown> = {}
  // A set that grows while it is gone through is gone through to its end.
  for (const name of names) defs[name] = translated(schemas[name], names)
  return { type: "object", properties: shown, required: [...assets], additionalProperties: false, $defs: defs }
}
