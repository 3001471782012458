// @ts-check
/**
 * An OpenAPI document, read: its operations, and what a reference in it points at.
 *
 * It follows references inside the document only, and shows nothing.
 */

/**
 * @typedef {{
 *   $ref?: string, type?: string | Array<string>, description?: string, format?: string, pattern?: string, default?: unknown, const?: unknown,
 *   enum?: Array<unknown>, examples?: Array<unknown>, minimum?: number, maximum?: number, minLength?: number, maxLength?: number,
 *   required?: Array<string>, properties?: Record<string, Schema>, items?: Schema, oneOf?: Array<Schema>, anyOf?: Array<Schema>,
 *   additionalProperties?: boolean | Schema
 * }} Schema
 * @typedef {{ $ref?: string, summary?: string, value?: unknown }} Example
 * @typedef {{ schema?: Schema, examples?: Record<string, Example>, example?: unknown }} Media
 * @typedef {{ $ref?: string, name?: string, in?: string, required?: boolean, description?: string, schema?: Schema, example?: unknown }} Parameter
 * @typedef {{ $ref?: string, description?: string, headers?: Record<string, Parameter>, content?: Record<string, Media> }} ApiResponse
 * @typedef {{
 *   operationId?: string, summary?: string, description?: string, parameters?: Array<Parameter>,
 *   requestBody?: { $ref?: string, required?: boolean, content?: Record<string, Media> }, responses?: Record<string, ApiResponse>
 * }} Operation
 * @typedef {{
 *   info?: { title?: string, version?: string, summary?: string, description?: string },
 *   paths?: Record<string, Record<string, Operation | Array<Parameter>>>, components?: Record<string, Record<string, unknown>>
 * }} ApiDocument
 */

const methods = ["get", "put", "post", "delete", "patch"]

/**
 * What stands where a reference may stand.
 *
 * @template {{ $ref?: string }} T
 * @param {ApiDocument} api
 * @param {T} value
 * @returns {T}
 */
export const resolve = (api, value) => {
  let found = value
  for (let hops = 0; found.$ref?.startsWith("#/") && hops < 10; hops++) {
    /** @type {unknown} */
    let node = api
    for (const part of found.$ref.slice(2).split("/").map(decodeURIComponent)) {
      const name = part.replaceAll("~1", "/").replaceAll("~0", "~")
      node = typeof node === "object" && node !== null ? Reflect.get(node, name) : undefined
    }
    if (typeof node !== "object" || node === null) return found
    found = /** @type {T} */ (node)
  }
  return found
}

/**
 * @param {ApiDocument} api
 * @returns {Array<{ method: string, path: string, operation: Operation, parameters: Array<Parameter> }>}
 */
export const operationsOf = (api) =>
  Object.entries(api.paths ?? {}).flatMap(([path, item]) => {
    const shared = item["parameters"]
    return methods.flatMap((method) => {
      const operation = item[method]
      if (operation === undefined || Array.isArray(operation)) return []
      const parameters = [...(Array.isArray(shared) ? shared : []), ...(operation.parameters ?? [])]
      return [{ method: method.toUpperCase(), path, operation, parameters: parameters.map((one) => resolve(api, one)) }]
    })
  })

/**
 * The named examples of one operation's answers, with the status of each.
 *
 * @param {ApiDocument} api
 * @param {string} operationId
 * @returns {Array<{ status: string, name: string, value: unknown }>}
 */
export const answersOf = (api, operationId) => {
  const found = operationsOf(api).find(({ operation }) => operation.operationId === operationId)
  return Object.entries(found?.operation.responses ?? {}).flatMap(([status, response]) =>
    Object.values(resolve(api, response).content ?? {}).flatMap((media) =>
      Object.entries(media.examples ?? {}).map(([name, example]) => ({ status, name, value: example.value }))
    )
  )
}
