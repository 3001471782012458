/**
 * What a preflight has found about an asset: a published rule that it breaks, or something that could not be checked.
 *
 * It holds no query of a URL and nothing of an asset's content. It asks nobody.
 *
 * @module
 */
import * as Schema from "effect/Schema"

/** The rules, a closed list. Each is published by Runway for assets given as URLs, except `private` and `unreadable`. */
export const Rule = Schema.Literals([
  /** The text is no URL that can be asked for, or has a user's name or a password in it. */
  "url",
  /** The URL does not begin with https://. */
  "https",
  /** The URL is longer than 2048 characters. */
  "url-length",
  /** The host is an address and no domain name. */
  "domain",
  /** The host is on this machine or a private network, where the provider cannot reach it. It was not asked. */
  "private",
  /** The server answered with a redirect, which the provider does not follow. */
  "redirect",
  /** The server did not answer. */
  "unanswered",
  /** The server answered with an error. */
  "status",
  /** The server answers GET and not HEAD. */
  "head",
  /** The Content-Type is missing, or not one that the provider takes for this kind of asset. */
  "content-type",
  /** The first bytes are not what the Content-Type says. */
  "content",
  /** The Content-Length is missing or no number. */
  "content-length",
  /** The asset is too large, or empty. */
  "size",
  /** The reference is shorter than 3 seconds or longer than 30. */
  "duration",
  /** How long the video is, or what the bytes are, could not be read. */
  "unreadable"
])
export type Rule = typeof Rule.Type

/** One finding about one asset. */
export const Finding = Schema.Struct({
  /** Where in the input, for example `reference.uri`. */
  field: Schema.String,
  rule: Rule,
  /** An `error` is what the provider refuses by its published rules; a `warning` could not be checked, or is a rule that was lowered. */
  severity: Schema.Literals(["error", "warning"]),
  /** What was seen. */
  observed: Schema.String,
  /** What the rule allows. */
  allowed: Schema.String,
  /** What to do about it. */
  advice: Schema.String
})
export type Finding = typeof Finding.Type

/** A finding as one sentence. */
export const sentence = ({ field, observed, allowed, advice }: Finding): string =>
  `${field}: ${observed}; allowed is ${allowed}. ${advice.replace(/\.$/, "")}`

/** The findings for which nothing should be paid. */
export const errorsOf = (findings: ReadonlyArray<Finding>): ReadonlyArray<Finding> =>
  findings.filter(({ severity }) => severity === "error")

/** A preflight found what the provider refuses by its published rules. Nothing was sent to the provider. */
export class PreflightRefused extends Schema.TaggedError<PreflightRefused>("cometapi-runway/PreflightRefused")(
  "PreflightRefused",
  {
    /** Everything that was found, warnings too. */
    findings: Schema.NonEmptyArray(Finding)
  }
) {
  /** Only where every error may pass by itself: a host that did not answer. */
  get isRetryable() {
    return errorsOf(this.findings).every(({ rule }) => rule === "unanswered")
  }
  get why() {
    return "nothing was sent, because the provider would refuse the assets"
  }
  get advice() {
    return errorsOf(this.findings).map(sentence).join(". ")
  }
  override get message() {
    return `${this.why}: ${this.advice}`
  }
}
