// @ts-check
/**
 * The mock's controls, called. `Refused` is the mock's own word against a call, `Silent` is no answer at all.
 *
 * It keeps nothing and decides nothing. A world is named by its id, or by the key where it has none yet.
 */

/** @import { Account, Clock, Health, InjectedFault, Journal, Report, Scenario, Task, World } from "../../generated/mock-control/types.gen.ts" */
/** @import { ApiDocument } from "./Document.js" */

/** @typedef {{ world?: string | undefined, key?: string | undefined }} Target */

/**
 * @typedef {{
 *   "/_mock/health": Health
 *   "/_mock/worlds": Array<World>
 *   "/_mock/world": World
 *   "/_mock/scenarios": Array<Scenario>
 *   "/_mock/clock": Clock
 *   "/_mock/tasks": Array<Task>
 *   "/_mock/faults": Array<InjectedFault>
 *   "/_mock/account": Account
 *   "/_mock/journal": Journal
 *   "/_mock/report": Report
 *   "/_mock/contract.json": ApiDocument
 *   "/_mock/openapi.json": ApiDocument
 * }} Answers
 */

export class Refused extends Error {}
export class Silent extends Error {}

/**
 * What an error's body says, in any of the forms that come.
 *
 * @param {unknown} body
 * @returns {string | undefined}
 */
export const wordsOf = (body) => {
  if (typeof body === "string") return body.trim().slice(0, 300) || undefined
  if (typeof body !== "object" || body === null) return undefined
  for (const name of ["detail", "message", "error", "title"]) {
    const value = /** @type {Record<string, unknown>} */ (body)[name]
    const words = value === undefined ? undefined : wordsOf(value)
    if (words !== undefined) return words
  }
  return undefined
}

/** @param {string} text */
export const parsed = (text) => {
  try {
    return /** @type {unknown} */ (JSON.parse(text))
  } catch {
    return text
  }
}

/**
 * @param {string} method
 * @param {string} path
 * @param {Target & { query?: Record<string, string | number>, body?: unknown }} [options]
 * @returns {Promise<unknown>}
 */
const call = async (method, path, { world, key, query = {}, body } = {}) => {
  const url = new URL(path, location.origin)
  for (const [name, value] of Object.entries(query)) url.searchParams.set(name, String(value))
  if (world !== undefined) url.searchParams.set("world", world)
  const headers = new Headers()
  if (world === undefined && key !== undefined) headers.set("authorization", `Bearer ${key}`)
  if (body !== undefined) headers.set("content-type", "application/json")
  /** @type {Response} */
  let response
  let text = ""
  try {
    const sent = body === undefined ? null : JSON.stringify(body)
    response = await fetch(url, { method, headers, body: sent, signal: AbortSignal.timeout(10_000), cache: "no-store" })
    text = await response.text()
  } catch (cause) {
    throw new Silent("The mock does not answer.", { cause })
  }
  const answer = text === "" ? undefined : parsed(text)
  if (response.ok) return answer
  throw new Refused(wordsOf(answer) ?? `The mock answered ${response.status}.`)
}

/**
 * @template {keyof Answers} P
 * @param {P} path
 * @param {Target & { query?: Record<string, string | number> }} [options]
 * @returns {Promise<Answers[P]>}
 */
export const get = async (path, options) => /** @type {Answers[P]} */ (await call("GET", path, options))

/**
 * @param {"POST" | "PUT" | "DELETE"} method
 * @param {string} path
 * @param {Target} target
 * @param {unknown} [body]
 */
export const send = (method, path, target, body) => call(method, path, { ...target, body })
