/**
 * A request, written by the bindings and not sent: its URL, and what `fetch` takes beside it.
 *
 * The bindings' library knows paths, parameters, bodies and headers. It does not send for the client: sending is `Attempt.ts`. No `Request`
 * is made here, because `fetch` makes its own.
 *
 * @module
 */
import createClient from "openapi-fetch"
import type { Bindings } from "../Bindings.ts"
import { requestHeaders } from "../RequestHeaders.ts"

/** One call of the bindings, for example `(bindings) => bindings.GET("/runwayml/v1/tasks/{id}", …)`. */
export type Call = (bindings: Bindings) => Promise<unknown>

/** What `fetch` is given. */
export interface Written {
  readonly url: string
  readonly init: RequestInit
}

/** Whose requests are written, and for where. */
interface Sender {
  readonly apiKey: string
  readonly baseUrl: string
  readonly version: string
}

/** Stands where the library expects the platform's `Request`, and keeps what that would be made of. */
class Draft implements Written {
  readonly url: string
  readonly init: RequestInit
  constructor(url: string, init: RequestInit) {
    this.url = url
    this.init = init
  }
}

/** The request that a call of the bindings would send. */
export const written = ({ apiKey, baseUrl, version }: Sender, call: Call): Promise<Written> =>
  new Promise((resolve, reject) => {
    let isWritten = false
    const keep = async (draft: unknown): Promise<Response> => {
      if (draft instanceof Draft) resolve(draft)
      isWritten = true
      return noAnswer
    }
    const bindings: Bindings = createClient({
      baseUrl,
      headers: requestHeaders(apiKey, version),
      redirect: "manual",
      // The library makes one, adds the platform's own options to it, and hands it on; it reads nothing of it.
      Request: Draft as unknown as typeof Request,
      fetch: keep
    })
    call(bindings).then(() => {
      if (!isWritten) reject(new Error("the bindings made no request"))
    }, reject)
  })

/** What the library is told when it has written: nothing that anybody reads. */
const noAnswer = new Response(null, { status: 204 })
