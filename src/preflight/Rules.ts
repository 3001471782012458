/**
 * Runway's published rules for assets that are given as URLs, applied to what was seen of one.
 *
 * Only judgement: it asks no server. Source: https://docs.dev.runwayml.com/assets/inputs/, and for the 3 to 30 seconds the documentation of
 * the operation.
 *
 * @module
 */

import type { Finding, Rule } from "../Finding.ts"
import * as Shown from "../Shown.ts"
import * as Format from "./Format.ts"

export type Kind = "image" | "video"

/** An asset of an input, and what is asked of it. */
export interface Wanted {
  readonly field: string
  readonly uri: string
  /** What the input says it is; where it says nothing, either is right. */
  readonly kind: Kind | undefined
  /** How long a video may be. */
  readonly seconds: { readonly least: number; readonly most: number } | undefined
}

const maxUrlLength = 2048

const mebibyte = 1024 * 1024

const maxBytes: Readonly<Record<Kind, number>> = { image: 16 * mebibyte, video: 32 * mebibyte }

const typesOf = (kind: Kind | undefined): ReadonlyArray<string> =>
  Object.keys(Format.formatsOf).filter((type) => kind === undefined || type.startsWith(`${kind}/`))

/** Makes the findings about one asset. */
export const finding =
  (field: string) =>
  (rule: Rule, observed: string, allowed: string, advice: string): Finding => ({
    field,
    rule,
    severity: rule === "unreadable" ? "warning" : "error",
    observed,
    allowed,
    advice
  })

/** What a URL by itself breaks; `isExempt` says that the caller has permitted the host, whatever it is. */
export const ofUrl = ({ field, uri }: Wanted, isExempt: boolean): ReadonlyArray<Finding> => {
  const about = finding(field)
  const url = URL.parse(uri)
  if (url === null) {
    return [about("url", `${Shown.value(uri)} is no URL`, "an https:// URL", "Upload the file and give its address")]
  }
  const found: Array<Finding> = []
  if (url.username !== "" || url.password !== "") {
    const advice = "Use a signed URL, or a file that needs no password"
    found.push(about("url", "the URL has a user's name or a password in it", "a URL without them", advice))
  }
  if (url.protocol !== "https:" && !isExempt) {
    const advice = "Upload the file to a host that serves it over https"
    found.push(about("https", `the URL begins with ${Shown.word(url.protocol)}`, "https:", advice))
  }
  if (uri.length > maxUrlLength) {
    const advice = "Shorten the query of the URL, or use another address of the file"
    const observed = `the URL has ${uri.length} characters`
    found.push(about("url-length", observed, `${maxUrlLength} characters at most`, advice))
  }
  if (/^\[|^[\d.]+$/.test(url.hostname) && !isExempt) {
    found.push(about("domain", `the host is the address ${url.hostname}`, "a domain name", "Use the host's name"))
  }
  return found
}

/** A host that the provider cannot reach, or that the caller does not permit. */
export const ofHost = ({ field }: Wanted, observed: string): Finding =>
  finding(field)("private", observed, "a public host", "Upload the file where the provider can reach it")

/** What a server has told of an asset. */
export interface Headers {
  readonly type: string
  readonly bytes: number | undefined
  readonly isCompressed: boolean
}

/** What the headers of an answer break. */
export const ofHeaders = (wanted: Wanted, headers: Headers): ReadonlyArray<Finding> => [
  ...ofType(wanted, headers.type),
  ...ofSize(wanted, headers)
]

const ofType = ({ field, kind }: Wanted, type: string): ReadonlyArray<Finding> => {
  const types = typesOf(kind)
  if (types.includes(type)) return []
  const observed = type === "" ? "there is no Content-Type that can be read" : `the Content-Type is ${type}`
  const advice = "Set the file's type where it is stored; the ending of its name does not count"
  return [finding(field)("content-type", observed, types.join(", "), advice)]
}

const ofSize = (wanted: Wanted, { type, bytes, isCompressed }: Headers): ReadonlyArray<Finding> => {
  const about = finding(wanted.field)
  if (bytes === undefined || isCompressed) {
    const observed = isCompressed ? "the server compresses the file" : "there is no Content-Length"
    const advice = "Serve the file from a storage host, which sends its length"
    return [about("content-length", observed, "the file's length in bytes", advice)]
  }
  if (bytes === 0) return [about("size", "the file is empty", "a file with content", "Upload the file again")]
  const kind = wanted.kind ?? (type.startsWith("image/") ? "image" : "video")
  const most = maxBytes[kind]
  if (bytes <= most) return []
  const allowed = `${most} bytes (${most / mebibyte} MB) for ${kind === "image" ? "an image" : "a video"}`
  const advice = kind === "image" ? "Save it smaller" : "Encode it with a lower bit rate, or cut it"
  return [about("size", `the file has ${bytes} bytes`, allowed, advice)]
}

/** What the first bytes of a file break. */
export const ofBeginning = (
  wanted: Wanted,
  type: string,
  format: Format.Format | undefined
): ReadonlyArray<Finding> => {
  const right = Format.formatsOf[type]
  if (format === undefined || right === undefined || right.includes(format)) return []
  const observed = `the Content-Type is ${type}, and the file begins like ${format === "page" ? "a text or a web page" : format}`
  const advice =
    format === "page"
      ? "Open the URL in a private window: it may show an error or ask for a login"
      : "Set the Content-Type that the file has, or upload the right file"
  return [finding(wanted.field)("content", observed, right.join(", "), advice)]
}

/** What the length of a video breaks. */
export const ofLength = ({ field, seconds: limits }: Wanted, seconds: number): ReadonlyArray<Finding> => {
  if (limits === undefined || (seconds >= limits.least && seconds <= limits.most)) return []
  const advice = seconds > limits.most ? "Cut it" : "Use a longer clip"
  const observed = `the video is ${Number(seconds.toFixed(2))} seconds long`
  return [finding(field)("duration", observed, `${limits.least} to ${limits.most} seconds`, advice)]
}

/** A length that could not be read, where one is asked for. */
export const ofUnread = ({ field, seconds }: Wanted, why: string): ReadonlyArray<Finding> => {
  if (seconds === undefined) return []
  const observed = `the length of the video could not be read: ${why}`
  const advice = "Make sure of its length yourself; the rest was checked"
  return [finding(field)("unreadable", observed, `${seconds.least} to ${seconds.most} seconds`, advice)]
}
