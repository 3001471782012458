/**
 * Who may use the mock's controls: whoever is on this machine, and no web page of another origin.
 *
 * Any page that a browser on this machine shows can send requests to it. Such a request is recognised by its origin, or by the host name
 * that it uses: only a page of another host has a reason to call this machine by another name. It knows no single control.
 *
 * @module
 */
import type { IncomingMessage } from "node:http"

/** `"loopback"`: programs and the mock's own page, on this machine. `"anywhere"`: from other machines too, as a container needs it. */
export type Access = "loopback" | "anywhere"

const loopbackAddress = /^(127\.|::1$|::ffff:127\.)/
const loopbackName = /^(localhost|[\w-]+\.localhost|127(\.\d{1,3}){3}|\[::1\])(:\d+)?$/i

/** Why a request may not pass, if it may not. `path` is the one that it will be routed by, after the URL was parsed. */
export const refusalOf = (
  path: string,
  { headers, socket }: Pick<IncomingMessage, "headers" | "socket">,
  access: Access
): string | undefined => {
  if (!path.startsWith("/_mock/")) return undefined
  const { host = "", origin, "sec-fetch-site": site } = headers
  if (access === "loopback") {
    if (!loopbackAddress.test(socket.remoteAddress ?? ""))
      return "The mock's controls are for this machine only; start it with `--control anywhere` to open them."
    if (!loopbackName.test(host))
      return `The mock's controls answer to the name of this machine only (127.0.0.1 or localhost), not to "${host}"; start it with \`--control anywhere\` to change that.`
  }
  const isSameOrigin = origin === undefined || origin === `http://${host}`
  // A navigation has no origin, and "none" as its site.
  if (!isSameOrigin || (site !== undefined && site !== "same-origin" && site !== "none"))
    return "The mock's controls are not for web pages of another origin."
  return undefined
}
