/**
 * The contract as a typed `fetch`: openapi-fetch over the generated `paths`, with the headers the provider wants.
 *
 * For programs that want a single call and its answer. It sends one request per call: no retries, no polling, no check of what is sent.
 * Documented defaults are filled in where a body leaves them out, and what a call gives is either `data` or an `error` that is never empty,
 * so that the two narrow. The Effect client lets it write its requests and sends them itself, so both speak the same contract.
 *
 * @module
 */
import createClient, { type Client, type Middleware } from "openapi-fetch"
import { bodyDefaults } from "../generated/defaults.gen.ts"
import type { paths } from "../generated/paths.gen.ts"
import { defined } from "./Defined.ts"
import { requestHeaders } from "./RequestHeaders.ts"

export type { paths } from "../generated/paths.gen.ts"
export type * from "../generated/types.gen.ts"

/** Where CometAPI lives; Runway's routes stand at the origin's root, not under `/v1` (source page). */
export const defaultBaseUrl = "https://api.cometapi.com"

/** The version of Runway's API that this package is written for (source page). */
export const defaultVersion = "2024-11-06"

export interface BindingsOptions {
  /** Your CometAPI key, sent as `Authorization: Bearer …`. */
  readonly apiKey: string
  /** The API's origin. Default: `https://api.cometapi.com`. */
  readonly baseUrl?: string
  /** The `X-Runway-Version` header. Default: `2024-11-06`. */
  readonly version?: string
  /** Any function like the global `fetch`, which is the default. */
  readonly fetch?: (request: Request) => Promise<Response>
}

/** A typed `fetch` for every operation of the contract: `POST` and `GET` take a path of it, and know its parameters, bodies and answers. */
export type Bindings = Client<Preset<paths>, "application/json">

/** The contract's operations, with what `createBindings` sends already as optional: header parameters, and fields that have a default. */
type Preset<Paths> = {
  [Path in keyof Paths]: {
    [Method in keyof Paths[Path]]: WithDefaults<
      HeadersPreset<Paths[Path][Method]>,
      `${Uppercase<Method & string>} ${Path & string}`
    >
  }
}

type HeadersPreset<Operation> = Operation extends {
  parameters: infer Parameters extends { header?: unknown }
}
  ? Omit<Operation, "parameters"> & {
      parameters: Omit<Parameters, "header"> & { header?: Parameters["header"] }
    }
  : Operation

type WithDefaults<Operation, Name> = Name extends keyof typeof bodyDefaults
  ? Operation extends { requestBody: { content: { "application/json": infer Body } } }
    ? Omit<Operation, "requestBody"> & {
        requestBody: { content: { "application/json": Optional<Body, keyof (typeof bodyDefaults)[Name]> } }
      }
    : Operation
  : Operation

type Optional<Body, Field> = Omit<Body, Field & keyof Body> & Partial<Pick<Body, Field & keyof Body>>

/**
 * Makes a typed `fetch` for the contract's operations.
 *
 * Use it from plain TypeScript, or where a single call is all you need. Redirects are not followed: the provider answers a wrong
 * path with one, and it must not carry your key elsewhere. An error that is no JSON, as a page or an empty body, comes in the contract's own
 * form, with its text as the message. Rejects as `fetch` does, and where a successful answer is empty.
 *
 * @example
 * ```ts
 * import { createBindings } from "cometapi-runway/bindings"
 *
 * const runway = createBindings({ apiKey: process.env.COMETAPI_KEY ?? "" })
 * const { data, error } = await runway.GET("/runwayml/v1/tasks/{id}", {
 *   params: { path: { id: "5b91e444-c232-deaf-a4d7-8aef3e57336b" } }
 * })
 * if (error) throw new Error(JSON.stringify(error))
 * console.log(data)
 * ```
 */
export const createBindings = (options: BindingsOptions): Bindings => {
  const bindings: Bindings = createClient<Preset<paths>, "application/json">({
    baseUrl: options.baseUrl ?? defaultBaseUrl,
    headers: requestHeaders(options.apiKey, options.version ?? defaultVersion),
    redirect: "manual",
    ...defined({ fetch: options.fetch })
  })
  bindings.use({ onRequest: fillIn, onResponse: settle })
  return bindings
}

const defaults: Readonly<Record<string, Readonly<Record<string, unknown>>>> = bodyDefaults

/** Fills in the documented defaults that a body leaves out; a body that leaves out none is sent as it is. */
const fillIn: NonNullable<Middleware["onRequest"]> = async ({ request, schemaPath }) => {
  const documented = Object.entries(defaults[`${request.method} ${schemaPath}`] ?? {})
  if (documented.length === 0 || !request.headers.get("content-type")?.includes("json")) return undefined
  const body = parsed(await request.clone().text())
  if (!isRecord(body)) return undefined
  const missing = documented.filter(([name]) => !(name in body))
  if (missing.length === 0) return undefined
  const filled = new Request(request, { body: JSON.stringify({ ...body, ...Object.fromEntries(missing) }) })
  // What openapi-fetch has put on the request for the platform (Next.js's `next`, a worker's `cf`) stays on it.
  for (const name of Object.keys(request)) Reflect.set(filled, name, Reflect.get(request, name))
  return filled
}

/** Makes an answer one of two things: a success that is there, or an error that is. */
const settle: NonNullable<Middleware["onResponse"]> = async ({ request, response, options }) => {
  const { status, statusText, headers } = response
  const called = `${request.method} ${new URL(request.url).pathname}`
  if (response.ok) {
    if (options.parseAs !== "json" || (status !== 204 && (await response.clone().text()) !== "")) return undefined
    throw new Error(`${called}: ${status}, and the answer is empty`)
  }
  // A browser's hidden redirect has the status 0, and no `Response` with a body can be made of it or of these.
  if (status === 0 || status === 304) throw new Error(`${called}: answered with a redirect; check the base URL`)
  const text = await response.clone().text()
  if (isRecord(parsed(text))) return undefined
  const message = text.trim() === "" ? `${status} ${statusText}`.trim() : text
  const answer = JSON.stringify({ error: { message, type: "not_json", code: null } })
  const kept = [...headers].filter(([name]) => !/^content-(length|encoding)$/.test(name))
  return new Response(answer, { status, statusText, headers: kept })
}

const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

const isRecord = (value: unknown): value is object =>
  typeof value === "object" && value !== null && !Array.isArray(value)
