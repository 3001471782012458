/**
 * What makes two requests the same intent: the canonical form of a body, and the identity of the assets that it names.
 *
 * A URL does not say which bytes stand behind it: the same URL may show another video tomorrow, and a signed URL differs each time for the
 * same video. So where an asset's identity is known (an ETag, a hash) it counts, and the URL's query does not. It reads no asset itself.
 *
 * @module
 */
import * as Effect from "effect/Effect"
import * as Predicate from "effect/Predicate"

/** What is known of the assets, by the URL that stands in the body: an ETag, a hash, or whatever changes with the bytes. */
export type Assets = Readonly<Record<string, string>>

/**
 * A value as JSON with sorted keys and no spaces, as in RFC 8785: equal values have equal texts. Fields without a value are left out, as JSON
 * does.
 */
export const canonicalJson = (value: unknown): string => {
  if (Array.isArray(value)) return `[${value.map((item) => canonicalJson(item ?? null)).join(",")}]`
  if (!Predicate.isObject(value)) return JSON.stringify(value) ?? "null"
  const fields = Object.entries(value)
    .filter(([, field]) => field !== undefined)
    // By UTF-16 units, as the standard says, and not by any language's order.
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, field]) => `${JSON.stringify(name)}:${canonicalJson(field)}`)
  return `{${fields.join(",")}}`
}

/** The body with each text replaced by something, in whatever depth it stands. */
const withTexts = (value: unknown, replace: (text: string) => unknown): unknown => {
  if (typeof value === "string") return replace(value)
  if (Array.isArray(value)) return value.map((item) => withTexts(item, replace))
  if (!Predicate.isObject(value)) return value
  return Object.fromEntries(Object.entries(value).map(([name, field]) => [name, withTexts(field, replace)]))
}

const withoutQuery = (url: string): string => url.replace(/[?#].*$/s, "")

/** A body without the queries of the URLs of which nothing is known: a signed URL differs each time. */
export const withoutUnknownQueries = (body: unknown, assets: Assets): unknown =>
  withTexts(body, (text) => (/^https?:\/\//i.test(text) && !Object.hasOwn(assets, text) ? withoutQuery(text) : text))

/** The body with each known asset's URL replaced by what identifies it. */
const identified = (body: unknown, assets: Assets): unknown =>
  withTexts(body, (text) => {
    const identity = Object.hasOwn(assets, text) ? assets[text] : undefined
    return identity === undefined ? text : { asset: withoutQuery(text), identity }
  })

/**
 * SHA-256 of an operation, its canonical body and the assets' identity, in hex.
 *
 * It is what a ledger compares when an intent is used again, and the key of an intent that was given none.
 */
export const digest = (operation: string, body: unknown, assets: Assets = {}): Effect.Effect<string> =>
  Effect.suspend(() => sha256(canonicalJson({ operation, body: identified(body, assets) })))

/** SHA-256 of a text, in hex. */
export const sha256 = (text: string): Effect.Effect<string> =>
  Effect.promise(async () => {
    const hash = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text))
    return Array.from(new Uint8Array(hash), (byte) => byte.toString(16).padStart(2, "0")).join("")
  })

/** The key of an intent: the caller's own, or one that is derived from what is asked for. */
export const key = (own: string | undefined, digest: string): string => own ?? `sha256:${digest}`
