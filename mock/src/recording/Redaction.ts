/**
 * What of a real job may be written down: keys, credentials and the queries of URLs are taken out, and hosts where that is asked for.
 *
 * It changes values and keeps their form, so that what is left can still be checked against the contract. It writes nothing.
 *
 * @module
 */
import * as Predicate from "effect/Predicate"
import * as Scrub from "../record/Scrub.ts"

/** Which hosts are replaced in what is kept: all, or those named here with everything below them. */
export type RedactedHosts = "all" | ReadonlyArray<string>

/** What is known of the secrets of one job. */
export interface Secrets {
  readonly key: string | undefined
  /** The provider's id of the job and the id that takes its place. */
  readonly taskId: string | undefined
  readonly placeholder: string
  readonly hosts: RedactedHosts
}

const redacted = "(redacted)"

/** The name of a field whose value is a credential. */
const secretName = /token$|secret|passw|authori[sz]ation|signature|^sig$|credential|api_?-?key|jwt|cookie|session/i

/** Any URL, also one whose slashes JSON has escaped. */
const url = /\b([a-z][a-z0-9+.-]*:\/\/)([^\s"'<>\\/?#]*)([^\s"'<>\\?#]*)([?#][^\s"'<>\\]*)?/gi
const encodedUrl = /(\bhttps?%3a%2f%2f[^\s"'<>?&#]*?)%(?:3f|23)[^\s"'<>&]*/gi
const pair = /\b([\w-]*(?:jwt|key|token|secret|sig|signature|auth|password))=[^&\s"'<>]+/gi
const jsonWebToken = /\beyJ[\w-]{6,}\.[\w-]+(?:\.[\w-]*)?/g
const bearer = /\b(Bearer|Basic)\s+[\w.~+/=-]{8,}/gi
const keyLike = /\b(?:sk|pk|rk)[-_][A-Za-z0-9_-]{12,}/g
const requestId = /\(request id: [^)]*\)/gi

/** Shorter than this, an id is found in words that have nothing to do with it. */
const shortestId = 8

/** Whether a host is to be replaced. */
const isHidden = (host: string, hosts: RedactedHosts): boolean => {
  const name = host.replace(/:\d+$/, "").toLowerCase()
  return hosts === "all" || hosts.some((each) => name === each.toLowerCase() || name.endsWith(`.${each.toLowerCase()}`))
}

/** Gives each hidden host a name of its own, the same wherever it stands in one recording. */
const hostNames = (hosts: RedactedHosts) => {
  const names = new Map<string, string>()
  return (host: string): string => {
    if (host === "" || !isHidden(host, hosts)) return host
    const known = names.get(host.toLowerCase())
    if (known !== undefined) return known
    const name = `redacted-${names.size + 1}.example`
    names.set(host.toLowerCase(), name)
    return name
  }
}

const withoutHosts = (text: string, hosts: RedactedHosts): string =>
  hosts === "all"
    ? text
    : hosts.reduce(
        (rest, host) =>
          rest.replaceAll(new RegExp(host.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"), "gi"), "redacted.example"),
        text
      )

/** A function that takes the secrets of one job out of a text. */
const textRedactor = ({ key, taskId, placeholder, hosts }: Secrets) => {
  const nameOf = hostNames(hosts)
  return (text: string): string => {
    const plain = Scrub.withoutKey(text.replace(/\\+\//g, "/"), key)
      .replace(url, (_, scheme: string, authority: string, path: string) => {
        // What stands before an @ is a user's name and password.
        const host = authority.slice(authority.lastIndexOf("@") + 1)
        return `${scheme}${nameOf(host)}${path}`
      })
      .replace(encodedUrl, "$1")
      .replace(pair, `$1=${redacted}`)
      .replace(jsonWebToken, redacted)
      .replace(bearer, `$1 ${redacted}`)
      .replace(keyLike, redacted)
      .replace(requestId, "(request id: redacted)")
    const shown = withoutHosts(plain, hosts)
    if (taskId === undefined) return shown
    if (taskId.length < shortestId) return shown === taskId ? placeholder : shown
    return shown.replaceAll(taskId, placeholder)
  }
}

/** Takes secrets out of any value. */
export type Redactor = (value: unknown) => unknown

/** A function that takes the secrets of one job out of any value, names of fields among it. The same host gets the same name each time. */
export const redactor = (secrets: Secrets): Redactor => {
  const text = textRedactor(secrets)
  const redact = (value: unknown): unknown => {
    if (typeof value === "string") return text(value)
    if (typeof value === "number")
      return Scrub.withoutKey(String(value), secrets.key) === String(value) ? value : redacted
    if (Array.isArray(value)) return value.map(redact)
    if (!Predicate.isReadonlyObject(value)) return value
    return Object.fromEntries(
      Object.entries(value).map(([name, item]) => [
        text(name),
        typeof item === "string" && secretName.test(name) ? redacted : redact(item)
      ])
    )
  }
  return redact
}
