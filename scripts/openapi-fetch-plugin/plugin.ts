/**
 * Prints `paths`: for each path and method, the parameters, request body and responses that `openapi-fetch` reads, each
 * an indexed access into the types of `@hey-api/typescript`. What hey-api leaves out of those types (cookies, 1XX and
 * 3XX responses) hey-api prints here from its own model of the contract. Response headers stay untyped: hey-api does
 * not model them and `openapi-fetch` does not read them. Webhooks have no path, so they are not here.
 *
 * @module
 */
import { $, type IR } from "@hey-api/openapi-ts"
import { escapeComment, hasParameterGroupObjectRequired, operationResponsesMap } from "@hey-api/shared"
import { type Content, declaredContent, droppedSchema } from "./media-types.ts"
import type { OpenapiFetchPlugin } from "./types.ts"

type Plugin = OpenapiFetchPlugin["Instance"]
type Prop = NonNullable<Parameters<ReturnType<typeof $.type.object>["prop"]>[1]>
type Type = Parameters<Parameters<Prop>[0]["type"]>[0]

const methods = ["get", "put", "post", "delete", "options", "head", "patch", "trace"] as const
const parameterGroups = ["query", "header", "path", "cookie"] as const

const absent: Prop = (prop) => prop.optional().type("never")

export const handler: OpenapiFetchPlugin["Handler"] = ({ plugin }) => {
  const pathItems = new Map<string, IR.PathItemObject>()
  plugin.forEach(
    "operation",
    ({ operation }) => {
      pathItems.set(operation.path, { ...pathItems.get(operation.path), [operation.method]: operation })
    },
    { order: "declarations" }
  )

  const paths = $.type.object()
  for (const [path, pathItem] of pathItems) {
    paths.prop(path, (prop) => prop.type(pathItemType(plugin, pathItem)))
  }
  const symbol = plugin.symbol("paths", { getFilePath: () => "paths" })
  plugin.node($.type.alias(symbol).export().type(paths))
}

function pathItemType(plugin: Plugin, pathItem: IR.PathItemObject) {
  // hey-api has merged the parameters of the path into each of its operations.
  const noParameters = $.type.object()
  for (const group of parameterGroups) {
    noParameters.prop(group, absent)
  }
  const type = $.type.object().prop("parameters", (prop) => prop.type(noParameters))
  for (const method of methods) {
    const operation = pathItem[method]
    type.prop(method, operation === undefined ? absent : operationProp(plugin, operation))
  }
  return type
}

function operationProp(plugin: Plugin, operation: IR.OperationObject): Prop {
  const content = declaredContent(plugin, operation)
  const type = $.type
    .object()
    .prop("parameters", (prop) => prop.type(parametersType(plugin, operation)))
    .prop("requestBody", requestBodyProp(plugin, operation, content.requestBody))
    .prop("responses", (prop) => prop.type(responsesType(plugin, operation, content.response)))
  const doc = [operation.summary && escapeComment(operation.summary), operation.deprecated && "@deprecated"]
  return (prop) => prop.doc(doc.filter((line) => typeof line === "string")).type(type)
}

function parametersType(plugin: Plugin, operation: IR.OperationObject) {
  const type = $.type.object()
  for (const group of parameterGroups) {
    const parameters = operation.parameters?.[group]
    if (parameters === undefined) {
      type.prop(group, absent)
      continue
    }
    const required = hasParameterGroupObjectRequired(parameters)
    type.prop(group, (prop) =>
      prop.required(required).type(
        // hey-api's `…Data` has no cookies.
        group === "cookie"
          ? schemaType(plugin, objectSchema(Object.values(parameters)))
          : dataType(plugin, operation, group === "header" ? "headers" : group, required)
      )
    )
  }
  return type
}

function requestBodyProp(plugin: Plugin, operation: IR.OperationObject, content: Content): Prop {
  const { body } = operation
  if (body === undefined) return absent
  const required = body.required === true
  const type = () => dataType(plugin, operation, "body", required)
  const contentProp = contentPropOf(plugin, operation, content, body.mediaType, type)
  return (prop) => prop.required(required).type($.type.object().prop("content", contentProp))
}

function responsesType(plugin: Plugin, operation: IR.OperationObject, content: (status: string) => Content) {
  const { errors, responses } = operationResponsesMap(operation)
  const type = $.type.object()
  for (const [status, response] of Object.entries(operation.responses ?? {})) {
    if (response === undefined) continue
    const key = $.type.literal(/^\d+$/.test(status) ? Number(status) : status)
    const bodyType = () => {
      if (responses?.properties?.[status]) return $.type(typeSymbol(plugin, operation, "responses")).idx(key)
      if (errors?.properties?.[status]) return $.type(typeSymbol(plugin, operation, "errors")).idx(key)
      // hey-api lists neither 1XX nor 3XX among its responses.
      return schemaType(plugin, response.schema)
    }
    const headers = $.type.object().idxSig("name", (signature) => signature.key("string").type("unknown"))
    const { mediaType } = response
    const contentProp =
      mediaType === undefined ? absent : contentPropOf(plugin, operation, content(status), mediaType, bodyType)
    type.prop(status, (prop) =>
      prop.type(
        $.type
          .object()
          .prop("headers", (prop) => prop.type(headers))
          .prop("content", contentProp)
      )
    )
  }
  return type
}

/** One key for each media type; `keptType` is hey-api's type for the one it kept. */
function contentPropOf(
  plugin: Plugin,
  { method, path }: IR.OperationObject,
  content: Content,
  kept: string,
  keptType: () => Type
): Prop {
  const type = $.type.object()
  for (const mediaType of Object.keys(content)) {
    const schema = mediaType === kept ? "kept" : droppedSchema(content, kept, mediaType)
    if (schema === undefined) {
      const body = `${method.toUpperCase()} ${path}: the schema of ${mediaType}, declared beside ${kept},`
      throw new Error(`openapi-fetch: ${body} must be a $ref to a component, a plain scalar or the same as that one`)
    }
    type.prop(mediaType, (prop) => prop.type(schema === "kept" ? keptType() : schemaType(plugin, schema)))
  }
  return (prop) => prop.type(type)
}

/** A member of hey-api's `…Data`. Reading an optional one would add `undefined`; `Required` takes only that away. */
function dataType(plugin: Plugin, operation: IR.OperationObject, key: string, required: boolean) {
  const data = $.type(typeSymbol(plugin, operation, "data"))
  return (required ? data : $.type("Required").generic(data)).idx($.type.literal(key))
}

function typeSymbol(plugin: Plugin, operation: IR.OperationObject, role: "data" | "errors" | "responses") {
  const symbol = plugin.querySymbol({
    category: "type",
    plugin: "@hey-api/typescript",
    resource: "operation",
    resourceId: operation.id,
    role
  })
  if (symbol === undefined) throw new Error(`openapi-fetch: hey-api generated no ${role} type for ${operation.id}`)
  return symbol
}

function schemaType(plugin: Plugin, schema: IR.SchemaObject) {
  const typescript = plugin.getPluginOrThrow("@hey-api/typescript")
  return typescript.api.schemaToType(typescript, schema)
}

function objectSchema(parameters: ReadonlyArray<IR.ParameterObject>): IR.SchemaObject {
  return {
    type: "object",
    properties: Object.fromEntries(parameters.map(({ name, schema }) => [name, schema])),
    required: parameters.filter(({ required }) => required).map(({ name }) => name)
  }
}
