/**
 * Which URLs of a video may be asked for. An output URL and a redirect are texts of somebody else's, and must not choose what is read on
 * this machine or in its network.
 *
 * It looks at the URL only: it asks no name server, so a public name that leads to a private address is not recognised.
 *
 * @module
 */
import * as Shown from "../Shown.ts"
import { isLoopback, isPrivate } from "./Address.ts"

/** Decides on a URL before anything is asked of it, each redirect's too. */
export type Allow = (url: URL) => boolean

/** Says why a URL may not be asked for; nothing when it may. */
export type Access = (url: string) => string | undefined

/**
 * The rule of a download. Without an `allow` of the caller's: https from public hosts; and what belongs to the API itself, which is its
 * own origin, and this machine where the API is on this machine (a mock).
 */
export const rule = (allow: Allow | undefined, apiUrl: string | undefined): Access => {
  const api = apiUrl === undefined ? null : URL.parse(apiUrl)
  const isApis = (url: URL) =>
    api !== null && (url.origin === api.origin || (isLoopback(api.hostname) && isLoopback(url.hostname)))
  return (text) => {
    const url = URL.parse(text)
    if (url === null || !/^https?:$/.test(url.protocol)) return notHttps
    if (allow !== undefined) return allowed(allow, url)
    if (isApis(url)) return undefined
    if (url.protocol !== "https:") return notHttps
    return isPrivate(url.hostname) ? privateHost : undefined
  }
}

/** What the caller's own function says; one that breaks permits nothing. */
const allowed = (allow: Allow, url: URL): string | undefined => {
  try {
    return allow(url) ? undefined : "is not allowed by `allow`"
  } catch (error) {
    return `is not allowed, because \`allow\` failed: ${Shown.line(Shown.thrown(error))}`
  }
}

const notHttps = "is not an https:// URL"
const privateHost = "is on this machine or a private network; if that is right, permit it with `allow`"
