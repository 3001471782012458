/**
 * A `Request`, written by the bindings and not sent.
 *
 * The bindings know paths, parameters, bodies and headers. They do not send for the client: sending is `Attempt.ts`.
 *
 * @module
 */
import { type Bindings, type BindingsOptions, createBindings } from "../Bindings.ts"

/** One call of the bindings, for example `(bindings) => bindings.GET("/runwayml/v1/tasks/{id}", …)`. */
export type Call = (bindings: Bindings) => Promise<unknown>

/** The request that a call of the bindings would send. */
export const written = (options: Omit<BindingsOptions, "fetch">, call: Call): Promise<Request> =>
  new Promise((resolve, reject) => {
    const fetch = async (request: Request): Promise<Response> => {
      resolve(request)
      return new Response(null, { status: 204 })
    }
    call(createBindings({ ...options, fetch })).then(() => reject(new Error("the bindings made no request")), reject)
  })
