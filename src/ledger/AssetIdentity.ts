/**
 * What says which bytes stand behind an asset's URL, for the ledger: whatever changes when they do, an ETag or a hash.
 *
 * By default nothing is known, and a URL stands for itself. An asset of which it is not known *now* is no asset without identity: the same
 * input would become another intent, and be paid again. So that is a failure, and nothing is sent.
 *
 * @module
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import { Fetch } from "effect/http/FetchHttpClient"
import * as Predicate from "effect/Predicate"
import * as Shown from "../Shown.ts"
import type { Assets } from "./Intent.ts"
import { AssetUnidentified } from "./LedgerError.ts"

/** Says what identifies the bytes behind a URL; undefined of a URL that stands for itself. When it fails, nothing is sent. */
export type Identify = (url: string) => Effect.Effect<string | undefined, unknown>

/**
 * Which bytes stand behind the assets of an input. Provide your own, or `byEtag`.
 *
 * @example
 * ```ts
 * import { CharacterPerformance } from "cometapi-runway"
 * import { AssetIdentity, LedgerFile } from "cometapi-runway/ledger"
 * import { Effect } from "effect"
 *
 * declare const input: CharacterPerformance.Input
 * declare const hashes: ReadonlyMap<string, string>
 *
 * const program = CharacterPerformance.generate(input).pipe(
 *   Effect.provideService(AssetIdentity.AssetIdentity, (url) => Effect.succeed(hashes.get(url))),
 *   Effect.provide(LedgerFile.layer({ file: "ledger.sqlite" }))
 * )
 * ```
 */
export const AssetIdentity = Context.Reference<Identify>("cometapi-runway/AssetIdentity", {
  defaultValue: () => () => Effect.undefined
})

/** Asks an asset's host for its ETag, with a GET of its first byte: signed URLs allow no HEAD. Redirects are not followed. */
export const byEtag: Identify = Effect.fnUntraced(function* (url: string) {
  const fetch = yield* Fetch
  const answer = yield* Effect.tryPromise({
    try: async (signal) => {
      const init = { headers: { range: "bytes=0-0" }, redirect: "manual", signal } as const
      const response = await fetch(new Request(url, init))
      response.body?.cancel().catch(() => {})
      return { status: response.status, etag: response.headers.get("etag") }
    },
    catch: (cause) => new Error(`the host could not be asked for its ETag: ${String(cause)}`)
  }).pipe(Effect.timeout("30 seconds"))
  if (answer.status !== 200 && answer.status !== 206) {
    return yield* Effect.fail(new Error(`its host answered with ${answer.status} instead of an ETag`))
  }
  if (answer.etag === null) return yield* Effect.fail(new Error("its host says no ETag"))
  return answer.etag
})

/** What identifies each asset that a body names. */
export const ofBody = Effect.fnUntraced(function* (body: unknown): Effect.fn.Return<Assets, AssetUnidentified> {
  const identify = yield* AssetIdentity
  const known: Record<string, string> = {}
  for (const url of new Set(urlsIn(body))) {
    const identity = yield* Effect.mapError(
      Effect.suspend(() => identify(url)),
      (error) => new AssetUnidentified({ url: Shown.withoutQuery(url), problem: Shown.line(wordsOf(error)) })
    )
    if (identity !== undefined) known[url] = identity
  }
  return known
})

const wordsOf = (error: unknown): string => (error instanceof Error ? error.message || error.name : String(error))

/** Every text of a body that is a URL. */
const urlsIn = (value: unknown): ReadonlyArray<string> => {
  if (typeof value === "string") return /^https?:\/\//i.test(value) ? [value] : []
  if (Array.isArray(value)) return value.flatMap(urlsIn)
  return Predicate.isObject(value) ? Object.values(value).flatMap(urlsIn) : []
}
