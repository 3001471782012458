/**
 * The addresses behind a host's name, where the runtime can look them up.
 *
 * A public name may lead to a private address. It only looks up: whom to ask is decided by its caller.
 *
 * @module
 */
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Predicate from "effect/Predicate"
import { isPrivate } from "../download/Address.ts"

/** The addresses of a name, for example `["93.184.216.34"]`. */
export type Resolve = (host: string) => Promise<ReadonlyArray<string>>

/** The runtime's own resolver: that of Node, which Bun and Deno have too. Nothing in a browser. */
const find: Effect.Effect<Resolve | undefined> = Effect.promise(async () => {
  // A name in a variable: a bundler for the browser must not look for it.
  const name = "node:dns/promises"
  const found: unknown = await import(/* @vite-ignore */ name).catch(() => undefined)
  const lookup = Predicate.hasProperty(found, "lookup") ? found.lookup : undefined
  if (typeof lookup !== "function") return undefined
  return async (host) => {
    const addresses: unknown = await lookup(host, { all: true })
    return Array.isArray(addresses) ? addresses.map(({ address }) => String(address)) : []
  }
})

/**
 * A private address behind a host's name; nothing where there is none, or where it cannot be told.
 *
 * A name that cannot be looked up is nobody's secret door: the request fails by itself, or a proxy knows the name.
 */
export const privateAddress = Effect.fnUntraced(function* (
  host: string,
  resolve: Resolve | undefined,
  timeout: Duration.Duration
): Effect.fn.Return<string | undefined> {
  const lookup = resolve ?? (yield* find)
  if (lookup === undefined) return undefined
  const addresses = yield* Effect.tryPromise(() => lookup(host)).pipe(
    Effect.timeout(timeout),
    Effect.orElseSucceed((): ReadonlyArray<string> => [])
  )
  return addresses.find((address) => isPrivate(written(address)))
})

/** An address as `URL` writes a host. What is no address becomes a text that counts as private. */
const written = (address: string): string =>
  URL.parse(`http://${address.includes(":") ? `[${address}]` : address}`)?.hostname ?? ""
