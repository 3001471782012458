/**
 * `cometapi-runway/preflight`: a look at the assets of a character performance before it is paid for, by Runway's published rules.
 *
 * It asks the hosts of the assets and nobody else: nothing is sent to the provider, no key leaves, no redirect is followed. It refuses
 * nothing by itself; `generate` and `submit` refuse what it finds when `check` is given to them.
 *
 * It is an entry of its own, so that a program that does not want it does not load it.
 *
 * @module
 */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Predicate from "effect/Predicate"
import { defined } from "./Defined.ts"
import type { Allow } from "./download/Access.ts"
import { errorsOf, type Finding, type Rule } from "./Finding.ts"
import * as Options from "./Options.ts"
import * as Inspection from "./preflight/Inspection.ts"
import type { Resolve } from "./preflight/Names.ts"
import type { Report } from "./preflight/Report.ts"
import type { Kind, Wanted } from "./preflight/Rules.ts"
import type { RunwayError } from "./RunwayError.ts"

export { Finding, PreflightRefused, Rule, sentence } from "./Finding.ts"
export type { Resolve } from "./preflight/Names.ts"
export { Asset, Report } from "./preflight/Report.ts"

/** The assets of an input: as the input has them, or as plain URLs, whose kind is then what their server says. */
export interface Input {
  readonly character: string | { readonly type: Kind; readonly uri: string }
  readonly reference: string | { readonly type: "video"; readonly uri: string }
}

/** How the assets are looked at. */
export interface PreflightOptions {
  /**
   * Decides which URLs may be asked for, in place of the usual rule, which is https from public hosts. What it permits is not held to be at
   * a public address: for hosts of your own in tests.
   */
  readonly allow?: Allow | undefined
  /** Looks up the addresses of a host's name. Default: the runtime's own resolver, where it has one. */
  readonly resolve?: Resolve | undefined
  /** How long one request may take, its answer included. Default: 10 seconds. */
  readonly timeout?: Duration.Input | undefined
  /** How long the look at one asset may take, with all its requests. Default: 30 seconds. */
  readonly deadline?: Duration.Input | undefined
  /**
   * What the requests call themselves. Some hosts admit only names that they know; the provider's begins with `RunwayML API/`. Default:
   * `cometapi-runway-preflight`.
   */
  readonly userAgent?: string | undefined
  /** Rules whose findings are only warnings. */
  readonly warnOnly?: ReadonlyArray<Rule> | undefined
}

/**
 * Looks at the assets of an input and reports what the provider would refuse.
 *
 * Use it before money is spent: what it finds is otherwise learnt from a task that failed with `ASSET.INVALID`. A host that does not answer is
 * a finding too, so it fails only for options that cannot be used.
 *
 * Errors: `InvalidInput`, when an option cannot be used.
 *
 * @example
 * ```ts
 * import { Console, Effect } from "effect"
 * import * as Preflight from "cometapi-runway/preflight"
 *
 * const program = Effect.gen(function*() {
 *   const { findings } = yield* Preflight.check({
 *     character: "https://example.com/portrait.png",
 *     reference: "https://example.com/performance.mp4"
 *   })
 *   for (const finding of findings) yield* Console.log(finding.severity, Preflight.sentence(finding))
 * })
 * ```
 */
export const check = Effect.fn("Runway.preflight")(function* (
  input: Input,
  options?: PreflightOptions
): Effect.fn.Return<Report, RunwayError> {
  yield* Options.check("preflight", options, Options.preflight)
  const { allow, resolve, timeout = "10 seconds", deadline = "30 seconds", userAgent, warnOnly = [] } = options ?? {}
  const inspection: Inspection.Options = {
    allow,
    resolve,
    timeout: Duration.fromInputUnsafe(timeout),
    deadline: Duration.fromInputUnsafe(deadline),
    userAgent: userAgent ?? "cometapi-runway-preflight"
  }
  const inspected = yield* Effect.forEach(assetsOf(input), (asset) => Inspection.inspect(asset, inspection), {
    concurrency: 2
  })
  const lowered = (finding: Finding): Finding =>
    warnOnly.includes(finding.rule) ? { ...finding, severity: "warning" } : finding
  return {
    assets: inspected.map(({ asset }) => asset),
    findings: inspected.flatMap(({ findings }) => findings).map(lowered)
  }
})

/** The same with options that are given once: what `generate`, `submit` and the Promise door take as `preflight`. */
export const checkWith =
  (options: PreflightOptions) =>
  (input: Input): Effect.Effect<Report, RunwayError> =>
    check(input, options)

/** The same for programs without Effect. Rejects only when an option cannot be used, or with the signal's reason. */
export const checkPromise = async (
  input: Input,
  options: PreflightOptions & { readonly signal?: AbortSignal | undefined } = {}
): Promise<Report> => {
  const { signal, ...rest } = options
  signal?.throwIfAborted()
  try {
    return await Effect.runPromise(check(input, rest), defined({ signal }))
  } catch (error) {
    signal?.throwIfAborted()
    throw error
  }
}

/** Whether a report has nothing for which paying should wait. */
export const isAcceptable = ({ findings }: Pick<Report, "findings">): boolean => errorsOf(findings).length === 0

/** The assets that are there. What is missing is for the check of the input to say. */
const assetsOf = ({ character, reference }: Input): ReadonlyArray<Wanted> => [
  wanted("character", character, undefined),
  wanted("reference", reference, { least: 3, most: 30 })
]

const wanted = (name: string, asset: Input["character"], seconds: Wanted["seconds"]): Wanted => {
  if (typeof asset === "string")
    return { field: name, uri: asset, kind: seconds === undefined ? undefined : "video", seconds }
  // A JavaScript caller may leave anything out; an empty URL is a finding.
  const { type, uri } = Predicate.isObject(asset) ? asset : { type: undefined, uri: "" }
  return { field: `${name}.uri`, uri: String(uri), kind: type, seconds }
}
