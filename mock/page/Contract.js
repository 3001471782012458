// @ts-check
/**
 * An OpenAPI document, read: its operations, their named examples, and which of them start a job or look at one.
 *
 * It follows references inside the document only, knows no operation by name, and shows nothing.
 *
 * @module
 */

/** @import { Api, Described, Submission } from "./Types.ts" */

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

/** @param {Api} api @returns {Array<Described>} */
export const operationsOf = (api) =>
  Object.entries(api.paths ?? {}).flatMap(([path, item]) =>
    Object.entries(item).flatMap(([method, operation]) => {
      if (Array.isArray(operation)) return []
      const shared = item["parameters"]
      const parameters = [...(Array.isArray(shared) ? shared : []), ...(operation.parameters ?? [])]
      return [{ method, path, operation, parameters: parameters.map((parameter) => resolve(api, parameter)) }]
    })
  )

/**
 * The headers that an operation asks for beside those of every request, with the values that the contract gives as examples.
 *
 * @param {Described} described
 */
const headersOf = ({ parameters }) =>
  parameters.flatMap(({ in: place, name, example }) =>
    place === "header" && name !== undefined && example !== undefined ? [[name, String(example)]] : []
  )

/**
 * The operations that start a paid job: every POST that takes a body.
 *
 * @param {Api} api @returns {Array<Submission>}
 */
export const submissionsOf = (api) =>
  operationsOf(api).flatMap((described) => {
    const { method, path, operation } = described
    if (method !== "post" || operation.requestBody === undefined) return []
    const [media = {}] = Object.values(resolve(api, operation.requestBody).content ?? {})
    const examples = Object.entries(media.examples ?? {}).map(([name, { summary = name, value }]) => ({
      id: `${operation.operationId} ${name}`,
      summary,
      value
    }))
    // Libraries name an operation by what it makes: `createThing` is their `Thing`.
    const name = (operation.operationId ?? path).replace(/^create/, "")
    const headers = Object.fromEntries(headersOf(described))
    const { amount, currency } = operation["x-price"] ?? {}
    const price = currency === "USD" ? amount : undefined
    return [{ name, path, title: operation.summary ?? path, headers, price, examples }]
  })

/**
 * The operation that looks at a job: the GET with the job's id in its path.
 *
 * @param {Api} api
 */
export const pollOf = (api) => {
  const described = operationsOf(api).find(({ method, path }) => method === "get" && path.includes("{"))
  return { path: described?.path ?? "", headers: Object.fromEntries(described ? headersOf(described) : []) }
}

/**
 * The named examples of all answers to operations of one kind.
 *
 * @param {Api} api @param {"submit" | "poll"} kind
 */
export const answersOf = (api, kind) => {
  const paths = kind === "poll" ? [pollOf(api).path] : submissionsOf(api).map(({ path }) => path)
  const answers = operationsOf(api)
    .filter(({ method, path }) => method === (kind === "poll" ? "get" : "post") && paths.includes(path))
    .flatMap(({ operation }) => Object.entries(operation.responses ?? {}))
  return answers.flatMap(([status, response]) =>
    Object.values(resolve(api, response).content ?? {}).flatMap(({ examples = {} }) =>
      Object.entries(examples).map(([name, { value, summary = name }]) => ({ status, name, value, summary }))
    )
  )
}

/**
 * The names of the answers that tell that a job has failed, or has failed in one way.
 *
 * @param {Api} api @param {RegExp} [way]
 */
export const failuresOf = (api, way = /"status":"(FAIL|CANCEL)/) =>
  answersOf(api, "poll")
    .filter(({ value }) => way.test(JSON.stringify(value)))
    .map(({ name }) => name)
