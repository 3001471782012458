/**
 * The media types of an operation's bodies. hey-api's model keeps one per body (JSON, or else the first), so the others
 * are read from the contract. The kept one has a generated type; another gets its type only where that can be told
 * without parsing schemas again: a reference to a component, a plain scalar, or the very schema of the kept one. For
 * anything else, a missing schema included, generation fails and names the operation, since a guess would be a wrong
 * type: move that schema to `components`. Swagger 2.0 documents, which list media types elsewhere, are refused.
 *
 * @module
 */
import { isDeepStrictEqual } from "node:util"
import type { IR } from "@hey-api/openapi-ts"
import type { OpenapiFetchPlugin } from "./types.ts"

type Plugin = OpenapiFetchPlugin["Instance"]

/** The part of a contract that is read here; a `$ref` stands in place of all else. */
type Document = { openapi?: string; paths: Record<string, PathItem> }
type PathItem = { $ref?: string } & Partial<Record<IR.OperationObject["method"], Operation>>
type Operation = { requestBody?: Body; responses?: Record<string, Body> }
type Body = { $ref?: string; content?: Content }
type Schema = { $ref?: string; format?: string; type?: unknown }

/** The `content` of a body: its media types in contract order, with their schemas. */
export type Content = Readonly<Record<string, { schema?: Schema }>>

const scalars = ["boolean", "integer", "null", "number", "string"] as const

/** All that the schema of a plain scalar may say. */
const scalarKeywords = new Set(["type", "format", "title", "description", "example", "examples"])

/** What the contract declares as the content of an operation's request body and of its responses. */
export function declaredContent(plugin: Plugin, { method, path }: IR.OperationObject) {
  const document: Document = plugin.context.spec
  if (document.openapi === undefined) {
    throw new Error("openapi-fetch: only OpenAPI 3 documents have the media types this plugin prints")
  }
  const pathItem = document.paths[path]
  const operation = pathItem?.[method] ?? resolve(plugin, pathItem)?.[method]
  const contentOf = (body: Body | undefined): Content => resolve(plugin, body)?.content ?? {}
  return {
    requestBody: contentOf(operation?.requestBody),
    response: (status: string) => contentOf(operation?.responses?.[status])
  }
}

/** hey-api's model of a media type it dropped; `"kept"` if the type of the one it kept serves; else `undefined`. */
export function droppedSchema(content: Content, kept: string, mediaType: string): IR.SchemaObject | "kept" | undefined {
  const schema = content[mediaType]?.schema
  if (schema === undefined) return undefined
  if (schema.$ref !== undefined) return { $ref: schema.$ref }
  const scalar = scalars.find((type) => type === schema.type)
  if (scalar !== undefined && Object.keys(schema).every((key) => scalarKeywords.has(key))) {
    return { type: scalar, ...(schema.format === undefined ? {} : { format: schema.format }) }
  }
  return isDeepStrictEqual(schema, content[kept]?.schema) ? "kept" : undefined
}

function resolve<T extends { $ref?: string }>(plugin: Plugin, value: T | undefined): T | undefined {
  return value?.$ref === undefined ? value : plugin.context.resolveRef<T>(value.$ref)
}
