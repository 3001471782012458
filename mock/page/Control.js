// @ts-check
/**
 * The mock's controls, called as their contract describes them. An `Error` is the mock's own word against a call, `Silent` is no
 * answer at all, and `Locked` is the answer to a call without the right token, where the mock wants one.
 *
 * It keeps the token as long as the browser's tab is open, and nothing else. It decides nothing.
 *
 * @module
 */

/** @import { Answer, Api, Method, Options, Path } from "./Types.ts" */

export class Silent extends Error {}
export class Locked extends Error {}

const tokenKey = "mock-control-token"

/** Sends this token with each call from now on. @param {string} token */
export const unlock = (token) => sessionStorage.setItem(tokenKey, token)

/** @param {string} text @returns {unknown} */
export const parsed = (text) => {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}

/**
 * What an error's body says, in any of the forms that come.
 *
 * @param {unknown} body @returns {string | undefined}
 */
export const wordsOf = (body) => {
  if (typeof body === "string") return body.trim().slice(0, 300) || undefined
  if (typeof body !== "object" || body === null) return undefined
  const { detail, message, error, title } = /** @type {Record<string, unknown>} */ ({ ...body })
  return wordsOf(detail ?? message ?? error ?? title)
}

/** @param {URL} url @param {RequestInit} init */
const exchange = async (url, init) => {
  const signal = AbortSignal.timeout(10_000)
  const headers = new Headers(init.headers)
  const token = sessionStorage.getItem(tokenKey)
  if (token !== null) headers.set("x-mock-control-token", token)
  const [{ ok, status }, text] = await fetch(url, { ...init, headers, signal })
    .then(async (response) => /** @type {const} */ ([response, await response.text()]))
    .catch((cause) => {
      throw new Silent("The mock does not answer.", { cause })
    })
  if (ok) return parsed(text)
  if (status === 401 && text.includes("#CONTROL_TOKEN")) throw new Locked(wordsOf(parsed(text)))
  throw new Error(wordsOf(parsed(text)) ?? `The mock answered ${status}.`)
}

/**
 * Calls one control.
 *
 * @template {Method} M @template {Path<M>} P
 * @param {M} method @param {P} path as the contract writes it. @param {Options<P, M>} [options] @returns {Promise<Answer<P, M>>}
 */
export const call = async (method, path, { parameters = {}, query, key, body } = {}) => {
  const url = new URL(
    path.replace(/\{(\w+)\}/g, (_, name) => encodeURIComponent(parameters[name] ?? "")),
    location.origin
  )
  for (const [name, value] of Object.entries(query ?? {})) url.searchParams.set(name, String(value))
  const headers = new Headers({ "content-type": "application/json" })
  if (key !== undefined) headers.set("authorization", `Bearer ${key}`)
  const answer = await exchange(url, {
    method: method.toUpperCase(),
    headers,
    body: body === undefined ? null : JSON.stringify(body)
  })
  // The mock's answers are held to this contract by its own tests.
  return /** @type {Answer<P, M>} */ (answer)
}

/**
 * One of the two OpenAPI documents that the mock serves: the provider's, or that of its own controls.
 *
 * @param {"contract" | "openapi"} name @returns {Promise<Api>}
 */
export const documentOf = async (name) =>
  /** @type {Api} */ (await exchange(new URL(`/_mock/${name}.json`, location.origin), {}))
