// @ts-check
/**
 * The mock's controls, called. An `Error` is the mock's own word against a call, `Silent` is no answer at all.
 *
 * It keeps nothing and decides nothing.
 */

/** @import { Answers, Call } from "./Types.ts" */

export class Silent extends Error {}

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

/** @type {Call} */
export const call = async (method, path, { world, key, after, body } = {}) => {
  const url = new URL(path, location.origin)
  if (after !== undefined) url.searchParams.set("after", String(after))
  if (world !== undefined) url.searchParams.set("world", world)
  const headers = new Headers({ "content-type": "application/json" })
  if (key !== undefined) headers.set("authorization", `Bearer ${key}`)
  const signal = AbortSignal.timeout(10_000)
  const request = new Request(url, { method, headers, body: body === undefined ? null : JSON.stringify(body), signal })
  const [{ ok, status }, text] = await fetch(request)
    .then(async (response) => /** @type {const} */ ([response, await response.text()]))
    .catch((cause) => {
      throw new Silent("The mock does not answer.", { cause })
    })
  if (ok) return parsed(text)
  throw new Error(wordsOf(parsed(text)) ?? `The mock answered ${status}.`)
}

/** @template {keyof Answers} P @param {P} path @param {Parameters<Call>[2]} [options] @returns {Promise<Answers[P]>} */
export const get = async (path, options) => /** @type {Answers[P]} */ (await call("GET", path, options))
