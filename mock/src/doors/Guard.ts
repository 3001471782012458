/**
 * Who may use the mock's controls: whoever is on this machine, and no web page of another origin; where there is a token, who knows it.
 *
 * Any page that a browser on this machine shows can send requests to it. Such a request is recognised by its origin, or by the host name
 * that it uses: only a page of another host has a reason to call this machine by another name. It knows no single control.
 *
 * @module
 */
import { createHash, timingSafeEqual } from "node:crypto"
import type { IncomingMessage } from "node:http"

/** `"loopback"`: programs and the mock's own page, on this machine. `"anywhere"`: from other machines too, as a container needs it. */
export type Access = "loopback" | "anywhere"

/** What a caller must be. */
export interface Admission {
  readonly access: Access
  /** What each call must bring along, where it must. */
  readonly token: string | undefined
  /** The origin under which others reach the mock, where a forwarder stands before it. */
  readonly publicOrigin: string | undefined
}

/** Why a call may not pass. */
export interface Refusal {
  readonly status: 401 | 403
  readonly name: string
  readonly detail: string
}

/** Where the token comes; the header Authorization has the key that says which world is meant. */
const tokenHeader = "x-mock-control-token"

const loopbackAddress = /^(127\.|::1$|::ffff:127\.)/
const loopbackName = /^(localhost|[\w-]+\.localhost|127(\.\d{1,3}){3}|\[::1\])(:\d+)?$/i

const forbidden = (detail: string): Refusal => ({ status: 403, name: "FORBIDDEN", detail })

/** Whether two texts are the same, in a time that does not tell how much of them is. */
const isSame = (a: string, b: string): boolean => {
  const [left, right] = [a, b].map((text) => createHash("sha256").update(text).digest())
  return left !== undefined && right !== undefined && timingSafeEqual(left, right)
}

/** What needs no token: the page's own files, which a browser loads before anybody can type one in, and the sign of life. */
const isOpen = (path: string): boolean => path.startsWith("/_mock/page/") || path === "/_mock/health"

const tokenRefusal = (path: string, { headers }: Pick<IncomingMessage, "headers">, token: string | undefined) => {
  if (token === undefined || isOpen(path)) return undefined
  const given = headers[tokenHeader]
  if (typeof given === "string" && isSame(given, token)) return undefined
  const detail =
    given === undefined
      ? "The mock's controls want a token: send the one that it was started with in the header X-Mock-Control-Token."
      : "This is not the token that the mock was started with: send that one in the header X-Mock-Control-Token."
  return { status: 401, name: "CONTROL_TOKEN", detail } as const
}

/** Why a request may not pass, if it may not. `path` is the one that it will be routed by, after the URL was parsed. */
export const refusalOf = (
  path: string,
  incoming: Pick<IncomingMessage, "headers" | "socket">,
  { access, token, publicOrigin }: Admission
): Refusal | undefined => {
  if (!path.startsWith("/_mock/")) return undefined
  const { headers, socket } = incoming
  const { host = "", origin, "sec-fetch-site": site } = headers
  const isPublicHost = publicOrigin !== undefined && host.toLowerCase() === new URL(publicOrigin).host
  if (access === "loopback") {
    if (!loopbackAddress.test(socket.remoteAddress ?? ""))
      return forbidden(
        "The mock's controls are for this machine only; start it with `--control anywhere` to open them."
      )
    if (!loopbackName.test(host) && !isPublicHost)
      return forbidden(
        `The mock's controls answer to the name of this machine only (127.0.0.1 or localhost), not to "${host}"; start it with \`--public-url\` if that is its name behind a forwarder, or with \`--control anywhere\`.`
      )
  }
  const isSameOrigin = origin === undefined || origin === `http://${host}` || origin === publicOrigin
  // A navigation has no origin, and "none" as its site.
  if (!isSameOrigin || (site !== undefined && site !== "same-origin" && site !== "none"))
    return forbidden("The mock's controls are not for web pages of another origin.")
  return tokenRefusal(path, incoming, token)
}
