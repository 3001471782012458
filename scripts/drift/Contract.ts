/**
 * What the contract says of an answer, read from `openapi/cometapi-runway.yaml` itself and not from what is generated of it.
 *
 * It judges values, and shows none: a finding names a field, never what stood in it, because that may be a signed URL.
 *
 * @module
 */
import { readFileSync } from "node:fs"
import * as JsonSchema from "effect/JsonSchema"
import * as Schema from "effect/Schema"
import * as SchemaRepresentation from "effect/SchemaRepresentation"
import { parse } from "yaml"

/** How much a difference matters: the contract says something wrong, or it says nothing of something that is there. */
type Severity = "contract wrong" | "new"

/** One difference between an answer and the contract. */
export interface Difference {
  readonly severity: Severity
  readonly text: string
}

type Json = JsonSchema.JsonSchema

interface Response {
  readonly content?: Readonly<Record<string, { readonly schema: Json }>>
}

interface Operation {
  readonly operationId: string
  readonly responses: Readonly<Record<string, Response | { readonly $ref: string }>>
}

/** The contract, as far as answers are concerned. */
export interface Contract {
  readonly server: string
  /** The version of Runway's API that a request names. */
  readonly version: string
  /** Whether a value is what a schema asks for. */
  readonly accepts: (schema: Json, value: unknown) => boolean
  /** What an answer has that the contract does not say, or says otherwise. */
  readonly differences: (operationId: string, answer: Answer) => ReadonlyArray<Difference>
  /** Whether a body is a request that the contract would let through. */
  readonly admits: (body: unknown) => boolean
}

/** An answer, read whole. */
export interface Answer {
  readonly status: number
  readonly mediaType: string
  readonly text: string
}

const refTo = (schema: object): string | undefined =>
  "$ref" in schema && typeof schema.$ref === "string" ? schema.$ref : undefined

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value)

const alternatives = (schema: Json): ReadonlyArray<Json> | undefined => {
  const found = schema["anyOf"] ?? schema["oneOf"]
  return Array.isArray(found) ? found : undefined
}

/** The fields and values that an accepted value has and its schema does not name. */
const unnamed = (
  schema: Json,
  value: unknown,
  path: string,
  tools: { readonly resolve: (schema: Json) => Json; readonly accepts: Contract["accepts"] }
): ReadonlyArray<string> => {
  const own = tools.resolve(schema)
  const choices = alternatives(own)?.map(tools.resolve)
  if (choices !== undefined) {
    const chosen = choices.find((choice) => tools.accepts(choice, value))
    if (chosen === undefined) return []
    // An open list: the known values stand beside "or any other text".
    const open = choices.some((choice) => "enum" in choice) && !("enum" in chosen) && typeof value === "string"
    return open ? [`${path} has a value that the contract does not list`] : unnamed(chosen, value, path, tools)
  }
  if (Array.isArray(value) && isObject(own["items"])) {
    const items: Json = own["items"]
    return [...new Set(value.flatMap((item) => unnamed(items, item, `${path}[]`, tools)))]
  }
  const properties: unknown = own["properties"]
  if (!isObject(value) || !isObject(properties)) return []
  return Object.entries(value).flatMap(([name, field]) => {
    const declared = properties[name]
    const at = path === "" ? name : `${path}.${name}`
    return isObject(declared) ? unnamed(declared, field, at, tools) : [`the field ${at} is not in the contract`]
  })
}

const parsed = (text: string): { readonly value: unknown } | undefined => {
  try {
    return { value: JSON.parse(text) }
  } catch {
    return undefined
  }
}

/** Reads the contract. */
export const read = (file: string): Contract => {
  const { servers, paths, components } = parse(readFileSync(file, "utf8"))
  const schemas: Readonly<Record<string, Json>> = components.schemas
  const definitions = Object.fromEntries(
    Object.entries(schemas).map(([name, schema]) => [name, JsonSchema.fromSchemaOpenApi3_1(schema).schema])
  )
  const operations = Object.values<object>(paths).flatMap((path): ReadonlyArray<Operation> => Object.values(path))

  const checks = new Map<Json, (value: unknown) => boolean>()
  const accepts: Contract["accepts"] = (schema, value) => {
    let check = checks.get(schema)
    if (check === undefined) {
      const [made] = SchemaRepresentation.fromJsonSchemaMultiDocument(
        { dialect: "draft-2020-12", schemas: [JsonSchema.fromSchemaOpenApi3_1(schema).schema], definitions },
        { patterns: "apply" }
      )
      check = Schema.is(made)
      checks.set(schema, check)
    }
    return check(value)
  }

  const resolve = (schema: Json): Json => {
    const name = refTo(schema)?.split("/").at(-1)
    return name === undefined ? schema : resolve(schemas[name] ?? {})
  }

  const differences: Contract["differences"] = (operationId, { status, mediaType, text }) => {
    const responses = operations.find((operation) => operation.operationId === operationId)?.responses ?? {}
    const declared = responses[String(status)]
    if (declared === undefined) return [{ severity: "new", text: `the status ${status} is not in the contract` }]
    const name = refTo(declared)?.split("/").at(-1)
    const response: Response = name === undefined ? declared : components.responses[name]
    const schema = response.content?.[mediaType]?.schema
    if (schema === undefined)
      return [
        {
          severity: "contract wrong",
          text: `${status} came as ${mediaType || "nothing"}, which the contract does not have`
        }
      ]
    if (mediaType !== "application/json") return []
    const body = parsed(text)
    if (body === undefined) return [{ severity: "contract wrong", text: `${status} came with a body that is no JSON` }]
    if (!accepts(schema, body.value))
      return [{ severity: "contract wrong", text: `the body of ${status} is none that the contract describes` }]
    const tools = { resolve, accepts }
    return unnamed(schema, body.value, "", tools).map((text) => ({ severity: "new", text }))
  }

  const submission = paths["/runwayml/v1/character_performance"].post
  const request: Json = submission.requestBody.content["application/json"].schema
  return {
    server: servers[0].url,
    version: submission.parameters[0].example,
    accepts,
    differences,
    admits: (body) => accepts(request, body)
  }
}
