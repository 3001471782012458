/**
 * The preflight of one asset, step by step: its URL, its host, its headers, its first bytes, and the length of a video.
 *
 * It stops where the next step would make no sense or would ask a host that must not be asked. What a step sees is judged in `Rules.ts`.
 *
 * @module
 */
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import { defined } from "../Defined.ts"
import { type Allow, rule as accessRule } from "../download/Access.ts"
import type { Finding } from "../Finding.ts"
import * as Shown from "../Shown.ts"
import * as Format from "./Format.ts"
import * as Mp4 from "./Mp4.ts"
import * as Names from "./Names.ts"
import type { Asset } from "./Report.ts"
import * as Rules from "./Rules.ts"
import * as Source from "./Source.ts"

export interface Options extends Source.Options {
  readonly allow: Allow | undefined
  readonly resolve: Names.Resolve | undefined
  /** How long all steps may take together. */
  readonly deadline: Duration.Duration
}

/** What one asset came to. */
export interface Inspected {
  readonly asset: Asset
  readonly findings: ReadonlyArray<Finding>
}

/** Looks at one asset. */
export const inspect = Effect.fnUntraced(function* (
  wanted: Rules.Wanted,
  options: Options
): Effect.fn.Return<Inspected> {
  const begun: Asset = { field: wanted.field, url: Shown.withoutQuery(wanted.uri) }
  const inUrl = Rules.ofUrl(wanted, options.allow !== undefined)
  const host = inUrl.some(({ rule }) => rule === "url" || rule === "https") ? undefined : yield* hostOf(wanted, options)
  if (host === undefined) return { asset: begun, findings: inUrl }
  if (host._tag === "Refused") return { asset: begun, findings: [...inUrl, host.finding] }
  const { asset, findings } = yield* Effect.timeoutOrElse(ask(wanted, begun, new Source.Source(wanted.uri, options)), {
    duration: options.deadline,
    orElse: () => Effect.succeed({ asset: begun, findings: [unanswered(wanted, "the server took too long")] })
  })
  return { asset, findings: [...inUrl, ...findings] }
})

type Host = { readonly _tag: "Permitted" } | { readonly _tag: "Refused"; readonly finding: Finding }

/** Whether the host may be asked. */
const hostOf = Effect.fnUntraced(function* (wanted: Rules.Wanted, options: Options): Effect.fn.Return<Host> {
  const refused = (observed: string): Host => ({ _tag: "Refused", finding: Rules.ofHost(wanted, observed) })
  const problem = accessRule(options.allow, undefined)(wanted.uri)
  // What follows in the problem is advice for downloads; a finding has its own.
  if (problem !== undefined) return refused(`${Shown.withoutQuery(wanted.uri)} ${problem.split(";")[0]}`)
  const { hostname } = new URL(wanted.uri)
  // Whoever permits a host by a function has seen it.
  if (options.allow !== undefined) return { _tag: "Permitted" }
  const address = yield* Names.privateAddress(hostname, options.resolve, options.timeout)
  if (address === undefined) return { _tag: "Permitted" }
  return refused(`the name ${hostname} leads to ${Shown.word(address)}, on this machine or a private network`)
})

/** Asks the server, as far as its answers allow. */
const ask = Effect.fnUntraced(function* (
  wanted: Rules.Wanted,
  begun: Asset,
  source: Source.Source
): Effect.fn.Return<Inspected> {
  const about = Rules.finding(wanted.field)
  const head = yield* Effect.result(source.head())
  if (Result.isFailure(head)) return { asset: begun, findings: [unanswered(wanted, head.failure)] }
  if (isGood(head.success)) return yield* readFile(wanted, begun, head.success, source)
  const refusal = refusalOf(wanted, head.success)
  if (refusal !== undefined) return { asset: begun, findings: [refusal] }
  const get = yield* Effect.result(source.beginning())
  if (Result.isFailure(get)) return { asset: begun, findings: [unanswered(wanted, get.failure)] }
  if (!isGood(get.success)) {
    const advice = "Open the URL without being logged in: it has to work for everybody, for as long as the job takes"
    const observed = `the server answered with ${get.success.status}`
    return { asset: begun, findings: [refusalOf(wanted, get.success) ?? about("status", observed, "200", advice)] }
  }
  const advice = "Sign the URL for HEAD too, or use a host that answers it: the provider asks with HEAD first"
  const observed = `HEAD was answered with ${head.success.status}, and GET with ${get.success.status}`
  const rest = yield* readFile(wanted, begun, get.success, source)
  return { ...rest, findings: [about("head", observed, "200 to both", advice), ...rest.findings] }
})

const isGood = ({ status }: Source.Answer): boolean => status === 200 || status === 206

const unanswered = ({ field }: Rules.Wanted, problem: string): Finding =>
  Rules.finding(field)("unanswered", problem, "an answer", "Check the address and the host, then try again")

/** A redirect. */
const refusalOf = ({ field }: Rules.Wanted, { isRedirect, status, headers }: Source.Answer): Finding | undefined => {
  if (!isRedirect) return undefined
  const target = headers.get("location")
  const observed = `the server redirects${status === 0 ? "" : ` (${status})`}${target === null ? "" : ` to ${Shown.withoutQuery(target)}`}`
  return Rules.finding(field)("redirect", observed, "the file itself", "Give the address that it leads to")
}

/** Judges the headers, the beginning, and the length of a video. */
const readFile = Effect.fnUntraced(function* (
  wanted: Rules.Wanted,
  begun: Asset,
  answer: Source.Answer,
  source: Source.Source
): Effect.fn.Return<Inspected> {
  const { headers } = answer
  const type = mediaType(headers.get("content-type"))
  const bytes = Source.totalOf(answer)
  const isCompressed = !/^(identity)?$/i.test(headers.get("content-encoding")?.trim() ?? "")
  const known = defined({ bytes: isCompressed ? undefined : bytes, etag: tagOf(headers.get("etag")) })
  const asset: Asset = { ...begun, ...(type === "" ? {} : { type }), ...known }
  const findings = Rules.ofHeaders(wanted, { type, bytes, isCompressed })
  // Nothing stands in an empty file, and of a compressed one no part can be read.
  if (isCompressed || bytes === 0) return { asset, findings }
  const read = yield* Effect.result(content(wanted, type, bytes, source))
  if (Result.isFailure(read)) return { asset, findings: [...findings, ...Rules.ofUnread(wanted, read.failure)] }
  const { seconds } = read.success
  return { asset: { ...asset, ...defined({ seconds }) }, findings: [...findings, ...read.success.findings] }
})

/** What a Content-Type says, without parameters. A text that is none counts as none: who reads a report must not be told what to do by a host. */
const mediaType = (text: string | null): string =>
  /^\s*([a-z0-9!#$&^_.+-]{1,40}\/[a-z0-9!#$&^_.+-]{1,60})\s*(;|$)/i.exec(text ?? "")?.[1]?.toLowerCase() ?? ""

/** A tag as servers write them: no words of a host's own. */
const tagOf = (text: string | null): string | undefined => /^(W\/)?"[\w+/=:.-]{1,128}"$/.exec(text ?? "")?.[0]

interface Content {
  readonly seconds: number | undefined
  readonly findings: ReadonlyArray<Finding>
}

/** Reads as much of the file as tells what it is and, of a video, how long. */
const content = Effect.fnUntraced(function* (
  wanted: Rules.Wanted,
  type: string,
  size: number | undefined,
  source: Source.Source
): Effect.fn.Return<Content, string> {
  const format = Format.of(yield* source.bytes({ from: 0, length: Format.enough }))
  const findings = Rules.ofBeginning(wanted, type, format)
  // What is no video has no length, and a finding of its own.
  const isVideo = findings.length === 0 && (format === undefined || Format.kindOf(format) === "video")
  const unread = (why: string): Content => ({
    seconds: undefined,
    findings: isVideo ? Rules.ofUnread(wanted, why) : findings
  })
  if (format !== "mp4") return unread(format === undefined ? "the format is not known" : `of ${format} it is not read`)
  // Of a file without a length the end is where no more bytes come.
  const reading = Mp4.length(size ?? Number.MAX_SAFE_INTEGER)
  let step = reading.next()
  while (!step.done) step = reading.next(yield* source.bytes(step.value))
  if ("unreadable" in step.value) return unread(step.value.unreadable)
  const { seconds } = step.value
  return { seconds, findings: [...findings, ...Rules.ofLength(wanted, seconds)] }
})
