// @ts-check
/**
 * A client of the provider's API, as small as can be: one POST, one GET, and the same as a command for a shell.
 *
 * It sends each request once. It reads no more of an answer than is worth showing, because a fault may make it endless.
 */
import { parsed } from "./Control.js"

const version = "2024-11-06"
const enough = 64 * 1024

/** @typedef {{ status: number, headers: Headers, body: unknown }} Answer */

export const submitPath = "/runwayml/v1/character_performance"

/** @param {string} id */
export const taskPath = (id) => `/runwayml/v1/tasks/${encodeURIComponent(id)}`

/** @param {Response} response */
const beginning = async (response) => {
  const reader = response.body?.getReader()
  const decoder = new TextDecoder()
  let text = ""
  while (reader !== undefined && text.length < enough) {
    const { done, value } = await reader.read()
    if (done) return text
    text += decoder.decode(value, { stream: true })
  }
  await reader?.cancel()
  return text
}

/**
 * @param {string} path
 * @param {RequestInit} init
 * @returns {Promise<Answer>} rejects when no answer came.
 */
const exchange = async (path, init) => {
  const signal = AbortSignal.timeout(20_000)
  const response = await fetch(path, { ...init, redirect: "manual", cache: "no-store", signal })
  return { status: response.status, headers: response.headers, body: parsed(await beginning(response)) }
}

/** @param {string} key */
const headersOf = (key) => ({ authorization: `Bearer ${key}`, "x-runway-version": version })

/**
 * @param {string} key
 * @param {string} body
 */
export const submit = (key, body) =>
  exchange(submitPath, { method: "POST", headers: { ...headersOf(key), "content-type": "application/json" }, body })

/**
 * @param {string} key
 * @param {string} id
 */
export const poll = (key, id) => exchange(taskPath(id), { headers: headersOf(key) })

/**
 * How long an answer asks to wait, in milliseconds. A date is read against the clock that wrote it.
 *
 * @param {Headers} headers
 * @param {number} now
 */
export const waitOf = (headers, now) => {
  const millis = Number(headers.get("retry-after-ms") ?? Number.NaN)
  if (millis >= 0) return millis
  const said = headers.get("retry-after")
  if (said === null) return 0
  const seconds = Number(said)
  return Math.max(0, Number.isNaN(seconds) ? (Date.parse(said) || now) - now : seconds * 1000)
}

/**
 * One word for a POSIX shell, whatever is in it.
 *
 * @param {string} text
 */
const quoted = (text) => `'${text.replaceAll("'", `'\\''`)}'`

/**
 * Without a key the shell's own variable stands in its place.
 *
 * @param {string | undefined} key
 */
const authorization = (key) =>
  key === undefined ? '"Authorization: Bearer $COMETAPI_KEY"' : quoted(`Authorization: Bearer ${key}`)

/**
 * @param {string} key
 * @param {string} body
 */
export const curlOfSubmit = (key, body) =>
  [
    `curl -sS ${quoted(location.origin + submitPath)}`,
    `-H ${authorization(key)}`,
    `-H ${quoted(`X-Runway-Version: ${version}`)}`,
    "-H 'Content-Type: application/json'",
    `--data-raw ${quoted(body)}`
  ].join(" \\\n  ")

/**
 * @param {string | undefined} key
 * @param {string} id
 */
export const curlOfPoll = (key, id) =>
  [
    `curl -sS ${quoted(location.origin + taskPath(id))}`,
    `-H ${authorization(key)}`,
    `-H ${quoted(`X-Runway-Version: ${version}`)}`
  ].join(" \\\n  ")
