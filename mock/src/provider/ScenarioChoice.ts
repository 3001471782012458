/**
 * Which scenario is meant: by the POST itself, or by the name of its key.
 *
 * The POST says it where any client in any language can: as an asset's URL on a host of the mock's own, which the contract allows and
 * which nobody has. A header says it too, for those who can send one.
 */

import { decoded, field } from "../Unknown.ts"
import type { Script } from "../world/Scenario.ts"

/** `https://scenario.mock.test/failed-asset/portrait.png` asks for `failed-asset`. The top-level name `test` is reserved for this. */
export const host = "scenario.mock.test"

export const header = "x-mock-scenario"

/** A scenario that was asked for by its name, and where. */
export interface Wish {
  readonly name: string
  readonly from: string
}

/** The name in the URL of one of the body's assets. */
const inAsset = (body: unknown, asset: "character" | "reference"): Wish | undefined => {
  const uri = field(field(body, asset), "uri")
  const url = typeof uri === "string" ? URL.parse(uri) : null
  return url?.host === host ? { name: decoded(url.pathname.split("/")[1] ?? ""), from: `${asset}.uri` } : undefined
}

/** What a POST asks for: its character's URL, else its reference's, else its header says. */
export const wishOf = (body: unknown, headers: Headers): Wish | undefined => {
  const inAssets = inAsset(body, "character") ?? inAsset(body, "reference")
  const named = headers.get(header)
  return inAssets ?? (named === null ? undefined : { name: named, from: "X-Mock-Scenario" })
}

/**
 * What a key asks for by its name: `mock-envelope`, or `mock-envelope-` and anything.
 *
 * Any other key is just a key, also one like `mock-key`. Where two names fit, the longer one is meant.
 */
export const ofKey = (key: string, scripts: ReadonlyMap<string, Script>): Script | undefined =>
  [...scripts.values()]
    .filter(({ name }) => key === `mock-${name}` || key.startsWith(`mock-${name}-`))
    .sort((one, other) => other.name.length - one.name.length)[0]
