/**
 * Which scenario is meant: by the POST itself, or by the name of its key.
 *
 * A client in any language can name one in the POST, as the URL of an asset on a host of the mock's own, which the contract allows and
 * which nobody owns. A header can name one too. It knows no field of any body by name, and plays no scenario.
 *
 * @module
 */

import { decoded, parsedUrl } from "../Unknown.ts"
import type { Script } from "../world/Scenario.ts"

/** `https://scenario.mock.test/failed-asset/portrait.png` asks for `failed-asset`. The top-level name `test` is reserved for this. */
const host = "scenario.mock.test"

const header = "x-mock-scenario"

/** A scenario that was asked for by its name, and the place that asked for it. */
export interface ScenarioChoice {
  readonly name: string
  readonly from: string
}

/** Deeper than any documented body, so that one that is nested without end is not searched without end. */
const deepest = 20

/** The texts of a body with the path to each, in the alphabetical order of the paths' fields, whatever order they were sent in. */
function* textsOf(value: unknown, path: ReadonlyArray<string>): Generator<readonly [string, string]> {
  if (typeof value === "string") yield [path.join("."), value]
  if (typeof value !== "object" || value === null || path.length > deepest) return
  const fields = Array.isArray(value) ? value.entries() : Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))
  for (const [name, field] of fields) yield* textsOf(field, [...path, String(name)])
}

/** The scenario that a text names, if it is a URL on the mock's own host. */
const nameIn = (text: string): string | undefined => {
  const url = parsedUrl(text)
  return url?.host === host ? decoded(url.pathname.split("/")[1] ?? "") : undefined
}

/** What a POST asks for: the first URL in its body that names a scenario, else its header. */
export const choiceOf = (body: unknown, headers: Headers): ScenarioChoice | undefined => {
  for (const [from, text] of textsOf(body, [])) {
    const name = nameIn(text)
    if (name !== undefined) return { name, from }
  }
  const name = headers.get(header)
  return name === null ? undefined : { name, from: "X-Mock-Scenario" }
}

/**
 * What a key asks for by its name: `mock-envelope`, or `mock-envelope-` and anything.
 *
 * Any other key is just a key, also one like `mock-key`. Where two names fit, the longer one is meant.
 */
export const ofKey = (key: string, scripts: ReadonlyMap<string, Script>): Script | undefined =>
  [...scripts.values()]
    .filter(({ name }) => key === `mock-${name}` || key.startsWith(`mock-${name}-`))
    .sort((a, b) => b.name.length - a.name.length)[0]
