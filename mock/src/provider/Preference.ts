/**
 * A caller's wish for one documented answer, in the words of plain Prism: `Prefer: code=503, example=overloaded`.
 *
 * Only Prism's own four words count; any other preference (`respond-async`, say) is left alone, and the request is answered as usual.
 */

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
  // Like Prism: the query speaks only where there is no header.
  return header === null
    ? new Map([...query].flatMap(([name, value]) => (name.startsWith("__") ? [[name.slice(2), value] as const] : [])))
    : new Map(
        [...header.matchAll(pattern)].map(
          (match) => [(match[1] ?? "").toLowerCase(), match[2] ?? match[3] ?? ""] as const
        )
      )
}

/** The preference of a request, `undefined` if it has none, or a sentence saying why it cannot be understood. */
export const parse = (headers: Headers, query: URLSearchParams): Preference | string | undefined => {
  const said = words(headers, query)
  const [code, example, dynamic, seed] = ["code", "example", "dynamic", "seed"].map((name) => said.get(name))
  if (code !== undefined && !/^[1-5]\d\d$/.test(code))
    return `Prefer: code must be an HTTP status such as 503, got "${code}"`
  if (dynamic !== undefined && dynamic !== "true" && dynamic !== "false") {
    return `Prefer: dynamic must be true or false, got "${dynamic}"`
  }
  if (code === undefined && example === undefined && dynamic === undefined && seed === undefined) return undefined
  return {
    ...(code === undefined ? {} : { code: Number(code) }),
    ...(example === undefined ? {} : { exampleKey: example }),
    ...(dynamic === undefined ? {} : { dynamic: dynamic === "true" }),
    ...(seed === undefined ? {} : { seed })
  }
}
