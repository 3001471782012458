/**
 * A `fetch` that sends through an Effect `HttpClient`, so that a program's own pool, proxy, tracing or stub carries the requests.
 *
 * It adds nothing to what the client does, and follows no redirect itself. A paid body can be read once only: a client that tries to send it again is
 * refused here, because it knows nothing of what proves that a job was not accepted. What a request's end means is not decided here.
 *
 * @module
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as FetchHttpClient from "effect/http/FetchHttpClient"
import * as HttpBody from "effect/http/HttpBody"
import * as HttpClient from "effect/http/HttpClient"
import type { HttpClientError } from "effect/http/HttpClientError"
import type { HttpClientResponse } from "effect/http/HttpClientResponse"
import * as Stream from "effect/Stream"

/** The statuses of which an answer has no body. */
const bodyless: ReadonlySet<number> = new Set([101, 204, 205, 304])

/** Makes the `fetch` of the `HttpClient` that is provided. `context` is whose requests these are: spans and references come from it. */
export const make: Effect.Effect<
  (context: Context.Context<never>) => typeof globalThis.fetch,
  never,
  HttpClient.HttpClient
> = Effect.map(HttpClient.HttpClient, (client) => (context: Context.Context<never>) => fetchOf(client, context))

const fetchOf =
  (client: HttpClient.HttpClient, context: Context.Context<never>): typeof globalThis.fetch =>
  async (input, init) => {
    const request = new Request(input, init)
    const sending = Effect.flatMap(
      Effect.promise(() => bodyOf(request)),
      (body) => {
        const { "content-length": _length, "content-type": _type, ...headers } = Object.fromEntries(request.headers)
        return body === undefined ? client.get(request.url, { headers }) : client.post(request.url, { headers, body })
      }
    ).pipe(
      // Where the client is made of `fetch`: the key must not follow a redirect.
      Effect.provideService(FetchHttpClient.RequestInit, {
        ...Context.getOrUndefined(context, FetchHttpClient.RequestInit),
        redirect: "manual"
      }),
      Effect.catch(answerOrCause),
      Effect.map((response) => answered(response, context)),
      Effect.provideContext(context)
    )
    return Effect.runPromise(sending, { signal: request.signal })
  }

/** The body as the client wants it; none for a read, and every paid request has one. */
const bodyOf = async (request: Request): Promise<HttpBody.HttpBody | undefined> => {
  if (request.body === null) return undefined
  const type = request.headers.get("content-type") ?? undefined
  const bytes = new Uint8Array(await request.arrayBuffer())
  // The length is set where bodies may be streams, which browsers refuse.
  return request.headers.has("content-length") ? readOnce(bytes, type) : HttpBody.uint8Array(bytes, type)
}

const readOnce = (bytes: Uint8Array, type: string | undefined): HttpBody.HttpBody => {
  let sent = false
  const body = Stream.suspend(() => {
    if (sent) return Stream.fail(new Error(sentAgain))
    sent = true
    return Stream.make(bytes)
  })
  return HttpBody.stream(body, type, bytes.byteLength)
}

const sentAgain = "the HttpClient tried to send a paid request again, which was refused"

/** The answer that a client refuses for its status, or else what went wrong in the platform's own words, in which proofs are looked for. */
const answerOrCause = ({ reason }: HttpClientError): Effect.Effect<HttpClientResponse, unknown> =>
  "response" in reason ? Effect.succeed(reason.response) : Effect.fail(reason.cause ?? reason)

/** The answer as the platform has it. */
const answered = (response: HttpClientResponse, context: Context.Context<never>): Response => {
  const { status, headers } = response
  const body = bodyless.has(status) ? null : Stream.toReadableStreamWith(response.stream, context)
  return new Response(body, { status, headers })
}
