/**
 * Effect Schema source written from an OpenAPI 3.1 document's component schemas.
 *
 * The translation itself is Effect's own code generator. Added here: one module out of its parts, and the contract's
 * `x-expected` as the words a person reads when a value is refused. Descriptions stay behind: at run time they would only
 * be weight, and hey-api's types carry them for readers.
 *
 * @module
 */
import * as JsonSchema from "effect/JsonSchema"
import * as Predicate from "effect/Predicate"
import * as SchemaRepresentation from "effect/SchemaRepresentation"

/** Writes the module. `conditionsInCode` says that whoever reads such bodies checks the conditions between their fields in code. */
export const effectSchemas = (
  components: Readonly<Record<string, JsonSchema.JsonSchema>>,
  { conditionsInCode }: { readonly conditionsInCode: boolean }
): string => {
  const importable = (schema: JsonSchema.JsonSchema): JsonSchema.JsonSchema =>
    conditionsInCode ? withoutConditions(oneMemberPerValue(schema, components)) : schema
  const definitions = Object.fromEntries(
    Object.entries(components).map(([name, schema]) => [
      name,
      JsonSchema.fromSchemaOpenApi3_1(importable(schema)).schema
    ])
  )
  const [first, ...rest] = Object.keys(components).map((name) => ({ $ref: `#/$defs/${name}` }))
  if (first === undefined) throw new Error("The contract has no component schemas to generate from.")

  const [head, ...tail] = SchemaRepresentation.fromJsonSchemaMultiDocument(
    { dialect: "draft-2020-12", schemas: [first, ...rest], definitions },
    { patterns: "apply", includeAnnotationKey: (key) => key === expectedKey, onEnter: withoutProse }
  )
  const document = SchemaRepresentation.toRepresentations([head.ast, ...tail.map((schema) => schema.ast)])
  const code = SchemaRepresentation.toCodeDocument({
    ...document,
    references: sayWhatIsExpected(document.references)
  })

  if (code.artifacts.length > 0 || Object.keys(code.references.recursives).length > 0) {
    throw new Error("The contract has a recursive schema, an enum or a symbol that this generator does not write yet.")
  }
  return [
    "// This file is auto-generated from the contract by `npm run generate`",
    "",
    'import * as Schema from "effect/Schema"',
    ...code.references.nonRecursives.flatMap(({ $ref, code }) => [
      "",
      `export type ${$ref} = ${code.Type}`,
      `export const ${$ref} = ${code.runtime}`
    ]),
    ""
  ].join("\n")
}

/** Conditions between the fields of one body. Effect has no equivalent for them, and its generator refuses them. */
const withoutConditions = (schema: JsonSchema.JsonSchema): JsonSchema.JsonSchema => {
  const { dependentRequired: _, dependentSchemas: __, ...rest } = schema
  return rest
}

/**
 * A union whose members are told apart by one field, with a member for each value of that field. Effect tells members apart by a single value only, and
 * otherwise complains about several of them at once.
 */
const oneMemberPerValue = (
  schema: JsonSchema.JsonSchema,
  components: Readonly<Record<string, JsonSchema.JsonSchema>>
): JsonSchema.JsonSchema => {
  const { discriminator, ...rest } = schema
  if (!Predicate.hasProperty(discriminator, "mapping")) return schema
  const field = String(Reflect.get(discriminator, "propertyName"))
  const members = Object.entries(Object(discriminator.mapping)).map(([value, $ref]) => {
    const member = withoutConditions(components[String($ref).replace("#/components/schemas/", "")] ?? {})
    return { ...member, properties: { ...Object(member["properties"]), [field]: { type: "string", const: value } } }
  })
  return { ...rest, oneOf: members }
}

const expectedKey = "x-expected"

const withoutProse = ({ description: _, examples: __, ...schema }: JsonSchema.JsonSchema): JsonSchema.JsonSchema =>
  schema

/** Puts a schema's `x-expected` where Effect's formatters look for words: on the schema itself and on each of its checks. */
const sayWhatIsExpected = <A>(node: A, inherited?: string): A => {
  if (typeof node !== "object" || node === null) return node
  if (Array.isArray(node)) return node.map((item) => sayWhatIsExpected(item, inherited)) as A
  const { [expectedKey]: own, ...annotations } = "annotations" in node ? Object(node.annotations) : {}
  const message = own === undefined ? inherited : `Expected ${own}`
  return Object.fromEntries(
    Object.entries(node).map(([key, value]) => {
      if (key === "annotations") return [key, message === undefined ? annotations : { ...annotations, message }]
      // Only a schema's own checks speak for it; its children have words of their own.
      return [key, sayWhatIsExpected(value, key === "checks" ? message : undefined)]
    })
  ) as A
}
