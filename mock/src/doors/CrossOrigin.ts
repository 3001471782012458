/**
 * What lets a web page of another origin use the provider's routes and its outputs, as a front-end that is developed against the mock must.
 *
 * The controls below `/_mock/` are not among them: `Guard.ts` keeps such pages out. A browser's question before a request (its preflight)
 * is answered here and comes to no world, so it is no request of the client's.
 *
 * @module
 */
import * as Contract from "../contract/Contract.ts"
import { decoded } from "../Unknown.ts"

/** How the paths of the contract's operations begin, and those of the outputs. */
const open: ReadonlySet<string | undefined> = new Set([
  ...Contract.routes.map(({ path }) => path.split("/")[1]),
  "assets"
])

const isOpen = (request: Request): boolean => {
  const { pathname } = new URL(request.url)
  const [, first = "", ...rest] = pathname.split("/")
  return rest.length > 0 && open.has(decoded(first))
}

/** What a page may read beside the headers that it always may. */
const exposed = "retry-after, retry-after-ms, x-oneapi-request-id, sl-violations, date, content-range, etag"

/** The answer to a browser that asks whether a page of another origin may send a request; `undefined` for any other request. */
export const preflight = (request: Request): Response | undefined => {
  const { headers, method } = request
  const asked = headers.get("access-control-request-method")
  if (method !== "OPTIONS" || asked === null || !headers.has("origin") || !isOpen(request)) return undefined
  return new Response(null, {
    status: 204,
    headers: {
      "access-control-allow-origin": "*",
      "access-control-allow-methods": "GET, HEAD, POST, PUT, PATCH, DELETE",
      // A star does not stand for Authorization, so what is asked for is named.
      "access-control-allow-headers": headers.get("access-control-request-headers") ?? "authorization, content-type",
      "access-control-max-age": "600",
      vary: "access-control-request-headers"
    }
  })
}

/** Lets a page of another origin read an answer. */
export const expose = (request: Request, response: Response): void => {
  if (!request.headers.has("origin") || !isOpen(request)) return
  response.headers.set("access-control-allow-origin", "*")
  response.headers.set("access-control-expose-headers", exposed)
}
