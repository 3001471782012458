/**
 * The clients that are compared, each made ready in front of the same provider. Each is loaded only in the process of its own contestant.
 *
 * @module
 */
import type { Effect } from "effect/Effect"
import type { BareTask } from "../generated/types.gen.ts"
import type { Runway } from "../src/Runway.ts"

/** Where the provider is. Without a `fetch`, the platform's. */
export interface Place {
  readonly url: string
  readonly fetch?: typeof globalThis.fetch | undefined
}

export const nowhere = "https://api.example.com"

const apiKey = "sk-0123456789abcdefghijklmnopqrstuvwxyz"

const headers = { authorization: `Bearer ${apiKey}`, "x-runway-version": "2024-11-06", accept: "application/json" }

export const input = {
  character: { type: "image", uri: "https://example.com/portrait.png" },
  reference: { type: "video", uri: "https://example.com/performance.mp4" }
} as const

/** The same with everything that the contract has a default for. */
export const body = {
  ...input,
  model: "act_two",
  bodyControl: true,
  expressionIntensity: 3,
  seed: 1,
  ratio: "1280:720",
  contentModeration: { publicFigureThreshold: "auto" }
} as const

/** Runway's own SDK. */
export const sdk = async ({ url, fetch }: Place) => {
  const { default: RunwayML } = await import("@runwayml/sdk")
  return new RunwayML({ apiKey, baseURL: `${url}/runwayml`, ...(fetch === undefined ? {} : { fetch }) })
}

/** Effect's own client as a careful program writes it: the contract's schema, a span, and retries of what may pass. */
export const effectClient = async ({ url, fetch }: Place) => {
  const Effect = await import("effect/Effect")
  const { FetchHttpClient, HttpClient, HttpClientRequest, HttpClientResponse } = await import("effect/http")
  const Schedule = await import("effect/Schedule")
  const Schema = await import("effect/Schema")
  const Wire = await import("../generated/schemas.gen.ts")
  const made = Effect.gen(function* () {
    return yield* HttpClient.HttpClient
  })
  const client = await Effect.runPromise(Effect.provide(made, FetchHttpClient.layer))
  const http = client.pipe(
    HttpClient.mapRequest((request) =>
      request.pipe(HttpClientRequest.prependUrl(url), HttpClientRequest.setHeaders(headers))
    ),
    HttpClient.filterStatusOk,
    HttpClient.retryTransient({ times: 4, schedule: Schedule.exponential("500 millis").pipe(Schedule.jittered) })
  )
  const withFetch = <A, E>(effect: Effect<A, E>) =>
    fetch === undefined ? effect : Effect.provideService(effect, FetchHttpClient.Fetch, fetch)
  const read = HttpClientResponse.schemaBodyJson(Wire.BareTask)
  const created = HttpClientResponse.schemaBodyJson(Schema.Struct({ id: Schema.String }))
  return {
    withFetch,
    get: (id: string) =>
      Effect.flatMap(http.get(`/runwayml/v1/tasks/${id}`), read).pipe(
        Effect.timeout("1 minute"),
        Effect.withSpan("get", { attributes: { id } })
      ),
    submit: (request: typeof body) =>
      Effect.flatMap(
        HttpClientRequest.post("/runwayml/v1/character_performance").pipe(
          HttpClientRequest.schemaBodyJson(Wire.CharacterPerformanceRequest)(request),
          Effect.flatMap(http.execute)
        ),
        created
      ).pipe(Effect.timeout("1 minute"), Effect.withSpan("submit"))
  }
}

/** This package. */
export const ourClient = async ({ url, fetch }: Place) => {
  const Context = await import("effect/Context")
  const Effect = await import("effect/Effect")
  const Layer = await import("effect/Layer")
  const Scope = await import("effect/Scope")
  const { Fetch } = await import("effect/http/FetchHttpClient")
  const { Runway } = await import("../src/Runway.ts")
  const context = await Effect.runPromise(
    Layer.buildWithScope(Runway.layer({ apiKey, baseUrl: url }), Scope.makeUnsafe())
  )
  const whole = fetch === undefined ? context : Context.add(context, Fetch, fetch)
  return {
    provided: <A, E>(effect: Effect<A, E, Runway>) => Effect.provideContext(effect, whole)
  }
}

/** The bare bindings' own library, without ours around it. */
export const openapiFetch = async ({ url, fetch }: Place) => {
  const { default: createClient } = await import("openapi-fetch")
  return createClient<import("../generated/paths.gen.ts").paths>({
    baseUrl: url,
    headers,
    ...(fetch === undefined ? {} : { fetch: (request: Request) => fetch(request) })
  })
}

/** What somebody writes who uses nothing. */
export const bare = ({ url, fetch = globalThis.fetch }: Place) => ({
  get: async (id: string): Promise<BareTask> => {
    const response = await fetch(`${url}/runwayml/v1/tasks/${id}`, { headers })
    return await response.json()
  },
  submit: async (request: typeof body): Promise<{ readonly id: string }> => {
    const response = await fetch(`${url}/runwayml/v1/character_performance`, {
      method: "POST",
      headers: { ...headers, "content-type": "application/json" },
      body: JSON.stringify(request)
    })
    return await response.json()
  }
})
