/**
 * Who may use the mock's controls: whoever is on this machine, and no web page of another origin.
 *
 * Any page that a browser here shows can send requests to this machine. It gives itself away by its origin, or by a name of its own
 * for this machine, which only a page of another host has a reason to use.
 */
import type { IncomingMessage } from "node:http"

/** `"loopback"`: programs and the mock's own page, on this machine. `"anywhere"`: from other machines too, as a container needs it. */
export type Access = "loopback" | "anywhere"

const loopbackAddress = /^(127\.|::1$|::ffff:127\.)/
const loopbackName = /^(localhost|[\w-]+\.localhost|127(\.\d{1,3}){3}|\[::1\])(:\d+)?$/i

/** Why a request may not pass, if it may not. `path` is the one that it will be answered by, however it was written. */
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
  const own = origin === undefined || origin === `http://${host}`
  // A navigation has neither an origin nor a page that it comes from.
  if (!own || (site !== undefined && site !== "same-origin" && site !== "none"))
    return "The mock's controls are not for web pages of another origin."
  return undefined
}
