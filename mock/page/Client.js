// @ts-check
/**
 * A client of the provider's API, as small as can be: one POST, one GET, and the same as commands for a shell.
 *
 * It sends each request once. It reads no more of an answer than is worth showing, because a fault may make it endless.
 */
import { parsed } from "./Control.js"

/** @import { Heard } from "./Types.ts" */

const enough = 64 * 1024
const version = "2024-11-06"
const submitPath = "/runwayml/v1/character_performance"
const json = { "content-type": "application/json" }

/** @param {string} id */
const taskPath = (id) => `/runwayml/v1/tasks/${encodeURIComponent(id)}`

/** @param {string} key @param {string} path @param {RequestInit} [init] @returns {Promise<Heard>} rejects when no answer came. */
const exchange = async (key, path, init) => {
  const headers = { authorization: `Bearer ${key}`, "x-runway-version": version, ...init?.headers }
  const signal = AbortSignal.timeout(20_000)
  const response = await fetch(path, { ...init, headers, redirect: "manual", cache: "no-store", signal })
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader()
  let text = ""
  while (reader !== undefined && text.length < enough) {
    const { done, value } = await reader.read()
    if (done) break
    text += value
  }
  // What is left is not wanted.
  reader?.cancel().catch(() => {})
  return { status: response.status, headers: response.headers, body: parsed(text) }
}

/** @param {string} key @param {string} body */
export const submit = (key, body) => exchange(key, submitPath, { method: "POST", headers: json, body })

/** @param {string} key @param {string} id */
export const poll = (key, id) => exchange(key, taskPath(id))

/**
 * How long an answer asks to wait, in milliseconds. A date is read against the clock that wrote it.
 *
 * @param {Headers} headers @param {number} now
 */
export const waitOf = (headers, now) => {
  const said = headers.get("retry-after") ?? ""
  const millis = Number(headers.get("retry-after-ms") ?? Number(said) * 1000)
  return Math.max(0, Number.isNaN(millis) ? (Date.parse(said) || now) - now : millis)
}

/**
 * One word for a POSIX shell, whatever is in it.
 *
 * @param {string} text
 */
const quoted = (text) => `'${text.replaceAll("'", `'\\''`)}'`

/** @param {string | undefined} key without one, the shell's own variable takes its place. @param {string} path @param {ReadonlyArray<string>} more */
const curl = (key, path, ...more) =>
  [
    `curl -sS ${quoted(location.origin + path)}`,
    `-H ${key === undefined ? '"Authorization: Bearer $COMETAPI_KEY"' : quoted(`Authorization: Bearer ${key}`)}`,
    `-H 'X-Runway-Version: ${version}'`,
    ...more
  ].join(" \\\n  ")

/** @param {string} key @param {string} body */
export const curlOfSubmit = (key, body) =>
  curl(key, submitPath, "-H 'Content-Type: application/json'", `--data-raw ${quoted(body)}`)

/** @param {string | undefined} key @param {string} id */
export const curlOfPoll = (key, id) => curl(key, taskPath(id))
