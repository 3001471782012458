// @ts-check
/**
 * An OpenAPI document, read: its operations, and what a reference in it points at.
 *
 * It follows references inside the document only, and shows nothing.
 */

/** @import { Api } from "./Types.ts" */

/**
 * What stands where a reference may stand.
 *
 * @template {{ $ref?: string }} T @param {Api} api @param {T} value @returns {T}
 */
export const resolve = (api, value) => {
  if (value.$ref === undefined) return value
  /** @type {any} */
  let node = api
  for (const part of value.$ref.slice(2).split("/")) node = node?.[part]
  return node ?? value
}

/** @param {Api} api */
export const operationsOf = (api) =>
  Object.entries(api.paths ?? {}).flatMap(([path, item]) =>
    Object.entries(item).flatMap(([method, operation]) => {
      if (Array.isArray(operation)) return []
      const shared = item["parameters"]
      const parameters = [...(Array.isArray(shared) ? shared : []), ...(operation.parameters ?? [])]
      return [{ method, path, operation, parameters: parameters.map((one) => resolve(api, one)) }]
    })
  )

/**
 * One operation of a document, and the named examples of its answers.
 *
 * @param {Api} api @param {string} operationId
 */
export const operationOf = (api, operationId) => {
  const operation = operationsOf(api).find((one) => one.operation.operationId === operationId)?.operation
  const answers = Object.entries(operation?.responses ?? {}).flatMap(([status, response]) =>
    Object.values(resolve(api, response).content ?? {}).flatMap(({ examples = {} }) =>
      Object.entries(examples).map(([name, { value }]) => ({ status, name, value }))
    )
  )
  return { operation, answers }
}
