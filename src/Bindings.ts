/**
 * The contract as a typed `fetch`: openapi-fetch over the generated `paths`, with the headers the provider wants.
 *
 * For programs that do not use Effect. It sends one request per call and returns the answer as it came: no retries, no polling, no
 * checks at run time. The Effect client lets it write its requests and sends them itself, so both speak the same contract.
 *
 * @module
 */
import createClient, { type Client } from "openapi-fetch"
import type { paths } from "../generated/paths.gen.ts"
import { defined } from "./Defined.ts"

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
export type Bindings = Client<HeadersPreset<paths>>

/** The contract's operations with their header parameters optional: `createBindings` sends them already. */
type HeadersPreset<Paths> = {
  [Path in keyof Paths]: {
    [Method in keyof Paths[Path]]: Paths[Path][Method] extends {
      parameters: infer Parameters extends { header?: unknown }
    }
      ? Omit<Paths[Path][Method], "parameters"> & {
          parameters: Omit<Parameters, "header"> & { header?: Parameters["header"] }
        }
      : Paths[Path][Method]
  }
}

/**
 * Makes a typed `fetch` for the contract's operations.
 *
 * Use it from plain TypeScript, or where a single call is all you need. Redirects are not followed: the provider answers a wrong
 * path with one, and it must not carry your key elsewhere.
 *
 * @example
 * ```ts
 * import { createBindings } from "cometapi-runway/bindings"
 *
 * const runway = createBindings({ apiKey: process.env.COMETAPI_KEY ?? "" })
 * const { data, error } = await runway.GET("/runwayml/v1/tasks/{id}", {
 *   params: { path: { id: "5b91e444-c232-deaf-a4d7-8aef3e57336b" } }
 * })
 * ```
 */
export const createBindings = (options: BindingsOptions): Bindings =>
  createClient<HeadersPreset<paths>>({
    baseUrl: options.baseUrl ?? defaultBaseUrl,
    headers: {
      Accept: "application/json",
      Authorization: `Bearer ${options.apiKey}`,
      "X-Runway-Version": options.version ?? defaultVersion
    },
    redirect: "manual",
    ...defined({ fetch: options.fetch })
  })
