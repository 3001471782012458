// @ts-check
/**
 * A client of the provider's API, as small as can be: one POST, one GET, and the same as commands for a shell.
 *
 * It sends each request once, to where the contract says. It reads no more of an answer than is worth showing, because a fault may
 * make it endless.
 *
 * @module
 */
import { parsed } from "./Control.js"

/** @import { ProviderAnswer, Target } from "./Types.ts" */

const enough = 64 * 1024
const json = { "Content-Type": "application/json" }

/** @param {string} key @param {Target} target @param {RequestInit} [init] @returns {Promise<ProviderAnswer>} rejects when no answer came. */
const exchange = async (key, { path, headers }, init) => {
  const signal = AbortSignal.timeout(20_000)
  const all = { authorization: `Bearer ${key}`, ...headers, ...init?.headers }
  const response = await fetch(path, { ...init, headers: all, redirect: "manual", cache: "no-store", signal })
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

/** @param {string} key @param {Target} target @param {string} body */
export const submit = (key, target, body) => exchange(key, target, { method: "POST", headers: json, body })

/** @param {string} key @param {Target} target */
export const poll = (key, target) => exchange(key, target)

/**
 * An operation's place for one task.
 *
 * @param {Target} target @param {string} id @returns {Target}
 */
export const ofTask = ({ path, headers }, id) => ({
  path: path.replace(/\{\w+\}/, () => encodeURIComponent(id)),
  headers
})

/**
 * How long an answer asks to wait, in milliseconds. A date is read against the clock that wrote it.
 *
 * @param {Headers} headers @param {number} now
 */
export const waitOf = (headers, now) => {
  const retryAfter = headers.get("retry-after") ?? ""
  const millis = Number(headers.get("retry-after-ms") ?? Number(retryAfter) * 1000)
  return Math.max(0, Number.isNaN(millis) ? (Date.parse(retryAfter) || now) - now : millis)
}

/**
 * One word for a POSIX shell, whatever is in it.
 *
 * @param {string} text
 */
const quoted = (text) => `'${text.replaceAll("'", `'\\''`)}'`

/** @param {string | undefined} key without one, the shell's own variable takes its place. @param {Target} target @param {ReadonlyArray<string>} more */
const curl = (key, { path, headers }, ...more) =>
  [
    `curl -sS ${quoted(location.origin + path)}`,
    `-H ${key === undefined ? '"Authorization: Bearer $COMETAPI_KEY"' : quoted(`Authorization: Bearer ${key}`)}`,
    ...Object.entries(headers).map(([name, value]) => `-H ${quoted(`${name}: ${value}`)}`),
    ...more
  ].join(" \\\n  ")

/** @param {string} key @param {Target} target @param {string} body */
export const curlOfSubmit = (key, { path, headers }, body) =>
  curl(key, { path, headers: { ...headers, ...json } }, `--data-raw ${quoted(body)}`)

/** @param {string | undefined} key @param {Target} target */
export const curlOfPoll = (key, target) => curl(key, target)
