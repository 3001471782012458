/**
 * What goes back to a caller, and what was found wrong, as data: the words that the mock and Prism share.
 *
 * An answer is an example of the contract, or else a problem of the mock's own, in a form that no answer of the contract has.
 */
import type { Example } from "./Contract.ts"

/** What is sent back. */
export interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  /** A string goes out as it is, anything else as JSON. */
  readonly body: unknown
  /** Says of itself that the contract may not have it, so that it is not held against the mock. */
  readonly outsideContract?: boolean
}

/** A documented answer as it stands, or with another body in its place. */
export const fromExample = (example: Example, body: unknown = example.body): Answer => ({
  status: Number(example.status),
  headers: { "content-type": example.mediaType },
  body
})

/** One thing that is wrong with a request or with an answer, as Prism's own HTTP server reports it. */
export interface Violation {
  readonly location: ReadonlyArray<string>
  readonly severity: string
  readonly code?: string | number
  readonly message: string
}

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
