/**
 * What goes back to a caller, and what was found wrong, as data: the form that all rooms of the mock and Prism share.
 *
 * An answer is an example of the contract, or a problem of the mock's own in a form that no answer of the contract has.
 *
 * @module
 */
import type { Violation } from "../../../generated/mock-control/types.gen.ts"
import type { Example } from "./Contract.ts"

export type { Violation }

/** What is sent back. */
export interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  /** Text, bytes and streams go out as they are, anything else as JSON. */
  readonly body: unknown
  /** Whether the answer is meant to be different from the contract, so that it is not checked against it. */
  readonly outsideContract?: boolean
}

/** Whether a body goes out as it is. */
export const isRaw = (body: unknown): body is string | Uint8Array<ArrayBuffer> | ReadableStream<Uint8Array> =>
  typeof body === "string" || body instanceof Uint8Array || body instanceof ReadableStream

/** A documented answer as it stands, or with another body in its place. */
export const fromExample = (example: Example, body: unknown = example.body): Answer => ({
  status: Number(example.status),
  headers: { "content-type": example.mediaType, ...example.headers },
  body
})

/** An answer that is not the provider's, in the form of Prism's own errors, so that nobody takes it for one of the contract's. */
export const problem = (
  status: number,
  name: string,
  detail: string,
  validation: ReadonlyArray<Violation> = []
): Answer => ({
  status,
  headers: { "content-type": "application/problem+json" },
  outsideContract: true,
  body: {
    type: `https://stoplight.io/prism/errors#${name}`,
    title: status >= 500 ? "The mock is at fault" : "The mock cannot do what was asked",
    status,
    detail,
    ...(validation.length === 0 ? {} : { validation })
  }
})
