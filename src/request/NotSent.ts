/**
 * Whether an error of `fetch` proves that the request never left.
 *
 * An allow-list, judged by what failed and by when: the same code counts while connecting and proves nothing while reading or writing. It is
 * built from what runtimes were seen to say (docs/platforms.md). Where a platform tells nothing, as browsers and workerd do, nothing is proven.
 *
 * @module
 */
import * as Predicate from "effect/Predicate"

/** What all errors of one chain have of what is judged. */
interface Link {
  readonly error: unknown
  readonly code: string
  readonly syscall: string
  readonly message: string
}

/** How a certificate is refused. It is looked at in the handshake and never later. */
const certificate =
  /^(CERT_[A-Z_]+|DEPTH_ZERO_SELF_SIGNED_CERT|SELF_SIGNED_CERT_IN_CHAIN|UNABLE_TO_(GET_ISSUER_CERT(_LOCALLY)?|VERIFY_LEAF_SIGNATURE|GET_CRL|DECRYPT_[A-Z_]+|DECODE_[A-Z_]+)|ERR_TLS_CERT_ALTNAME_INVALID)$/

/** Each proof by itself; the name says what must have happened. */
const proofs: Readonly<Record<string, (link: Link, outer: Link | undefined) => boolean>> = {
  "the name was looked up, or the connection was made": ({ syscall }) => /^(connect|getaddrinfo)$/.test(syscall),
  "undici was connecting": ({ code }) => code === "UND_ERR_CONNECT_TIMEOUT",
  "the certificate was refused": ({ code }) => certificate.test(code),
  // After the handshake undici says UND_ERR_SOCKET of whatever breaks TLS. Other clients do not, so it must be undici that speaks.
  "undici was shaking hands": ({ code }, outer) => code.startsWith("ERR_SSL_") && outer?.message === "fetch failed",
  "Node was shaking hands": ({ code, message }) =>
    code === "ECONNRESET" &&
    message === "Client network socket disconnected before secure TLS connection was established",
  "undici refused the port": ({ message }, outer) => message === "bad port" && outer?.message === "fetch failed",
  "undici's proxy opened no tunnel": ({ code, message }) =>
    code === "UND_ERR_ABORTED" && /^Proxy response \(\d+\) !== 200 when HTTP Tunneling$/.test(message),
  // Bun has no syscall; its words tell the phase. Its EPROTO speaks of the handshake after it as well, so it proves nothing.
  "Bun was connecting": ({ code, message }) =>
    /^E[A-Z]+$/.test(code) &&
    [
      `${code}: Unable to connect. Is the computer able to access the url?`,
      `${code}: Was there a typo in the url or port?`
    ].includes(message),
  "Bun's proxy opened no tunnel": ({ code }) => code === "ERR_PROXY_TUNNEL",
  "Deno was connecting": ({ message }) =>
    /^error sending request for url \(\S+\): client error \(Connect\)(: |$)/.test(message),
  "Deno refused the port": ({ message }) => /^Fetch failed: Requests to port \d+ are blocked$/.test(message)
}

/** Whether nothing can have reached the server. `false` is no proof of the contrary. */
export const provesNotSent = (error: unknown): boolean => {
  const links = chain(error)
  return links.some((link, index) => {
    // Several addresses were tried: each of them must have failed before anything left.
    if (link.error instanceof AggregateError)
      return link.error.errors.length > 0 && link.error.errors.every(provesNotSent)
    return Object.values(proofs).some((proof) => proof(link, links[index - 1]))
  })
}

/** An error and what caused it, as far as eight links: chains have been seen to loop. */
const chain = (error: unknown): ReadonlyArray<Link> => {
  const links: Array<Link> = []
  for (let next = error; Predicate.isObject(next) && links.length < 8; next = Reflect.get(next, "cause"))
    links.push({
      error: next,
      code: text(next, "code"),
      syscall: text(next, "syscall"),
      message: text(next, "message")
    })
  return links
}

const text = (error: object, name: string): string => {
  const value: unknown = Reflect.get(error, name)
  return typeof value === "string" ? value : ""
}
