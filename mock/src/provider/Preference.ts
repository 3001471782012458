/**
 * A caller's wish for one documented answer, in the form that plain Prism reads: `Prefer: code=503, example=overloaded`.
 *
 * Only Prism's own four words count. Any other preference (`respond-async`, say) is ignored, and the request is answered as usual.
 *
 * @module
 */
import * as Result from "effect/Result"

/** What was asked for. */
export interface Preference {
  readonly code?: number
  readonly exampleKey?: string
  readonly dynamic?: boolean
  readonly seed?: string
}

const pattern = /(?:^|[,;\s])(code|example|dynamic|seed)\s*=\s*(?:"([^"]*)"|([^,;\s"]+))/gi

const words = (headers: Headers, query: URLSearchParams): ReadonlyMap<string, string> => {
  const header = headers.get("prefer")
  // Like Prism: the query counts only where there is no header.
  return header === null
    ? new Map([...query].flatMap(([name, value]) => (name.startsWith("__") ? [[name.slice(2), value] as const] : [])))
    : new Map(
        [...header.matchAll(pattern)].map(
          (match) => [(match[1] ?? "").toLowerCase(), match[2] ?? match[3] ?? ""] as const
        )
      )
}

/** The preference of a request, `undefined` if it has none, or a sentence that says why it cannot be understood. */
export const parse = (headers: Headers, query: URLSearchParams): Result.Result<Preference | undefined, string> => {
  const wished = words(headers, query)
  const [code, example, dynamic, seed] = ["code", "example", "dynamic", "seed"].map((name) => wished.get(name))
  if (code !== undefined && !/^[1-5]\d\d$/.test(code))
    return Result.fail(`Prefer: code must be an HTTP status such as 503, got "${code}"`)
  if (dynamic !== undefined && dynamic !== "true" && dynamic !== "false")
    return Result.fail(`Prefer: dynamic must be true or false, got "${dynamic}"`)
  if (code === undefined && example === undefined && dynamic === undefined && seed === undefined)
    return Result.succeed(undefined)
  return Result.succeed({
    ...(code === undefined ? {} : { code: Number(code) }),
    ...(example === undefined ? {} : { exampleKey: example }),
    ...(dynamic === undefined ? {} : { dynamic: dynamic === "true" }),
    ...(seed === undefined ? {} : { seed })
  })
}
