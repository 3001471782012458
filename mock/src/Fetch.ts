/**
 * A web-standard function, called as `fetch` is called: with a URL or a Request, options, an AbortSignal and redirects.
 *
 * It is the door for callers in the same process. It sends nothing anywhere, whatever host the URL names.
 */

type Handler = (request: Request) => Promise<Response>

/** Gives up as soon as the signal does, as `fetch` must. */
const orAborted = <A>(signal: AbortSignal, work: () => Promise<A>): Promise<A> =>
  new Promise((resolve, reject) => {
    if (signal.aborted) return reject(signal.reason)
    const abort = () => reject(signal.reason)
    signal.addEventListener("abort", abort, { once: true })
    work()
      .then(resolve, reject)
      .finally(() => signal.removeEventListener("abort", abort))
  })

const redirects: ReadonlySet<number> = new Set([301, 302, 303, 307, 308])

const follow = async (handle: Handler, request: Request): Promise<Response> => {
  const response = await handle(request)
  const location = response.headers.get("location")
  if (!redirects.has(response.status) || location === null || request.redirect === "manual") return response
  if (request.redirect === "error")
    throw new TypeError(`fetch failed: ${response.status} to ${location}, and redirect is "error"`)
  const method = request.method === "HEAD" ? "HEAD" : "GET"
  // The mock's only redirect leads to its front page, so there is no circle to watch for.
  return handle(new Request(new URL(location, request.url), { method, headers: request.headers }))
}

/** Makes a `fetch` of a function from Request to Response. */
export const make =
  (handle: Handler): typeof globalThis.fetch =>
  async (input, init) => {
    const request = new Request(input, init)
    return orAborted(request.signal, () => follow(handle, request))
  }
