/**
 * `preflight`: looks at the assets that the flags name, and says what the provider would refuse.
 *
 * It needs no key and sends nothing to the provider.
 *
 * @module
 */
import { Command, Flag } from "effect/cli"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { sentence } from "../../Finding.ts"
import * as Preflight from "../../Preflight.ts"
import { Complaint } from "../Complaint.ts"
import { described, inputOf } from "../Described.ts"
import * as Output from "../Output.ts"
import * as Subcommand from "../Subcommand.ts"

/** How assets are looked at. */
export const lookFlags = {
  allowPrivate: Flag.Boolean("allow-private").pipe(
    Flag.withDefault(false),
    Flag.withDescription("Also ask hosts on this machine or a private network, and over http: to try things out")
  ),
  userAgent: Flag.String("user-agent").pipe(
    Flag.withMetavar("name"),
    Flag.withDescription("What the requests call themselves. The provider's own begin with: RunwayML API/"),
    Flag.optional
  )
}

/** The options of a preflight that these flags speak of. */
export const optionsOf = (flags: {
  readonly allowPrivate: boolean
  readonly userAgent: Option.Option<string>
}): Preflight.PreflightOptions => ({
  allow: flags.allowPrivate ? () => true : undefined,
  userAgent: Option.getOrUndefined(flags.userAgent)
})

const words = ({ field, url, type = "unknown type", bytes, seconds }: Preflight.Asset): string => {
  const size = bytes === undefined ? "" : `, ${bytes} bytes`
  return `${field}: ${url} (${type}${size}${seconds === undefined ? "" : `, ${seconds} s`})`
}

export const preflight = Subcommand.make(
  "preflight",
  { ...described, ...lookFlags },
  Effect.fn(function* (flags) {
    const { character, reference } = yield* inputOf(flags)
    const { assets, findings } = yield* Preflight.check({ character, reference }, optionsOf(flags))
    for (const asset of assets) yield* Output.result(words(asset), { event: "asset", ...asset })
    for (const finding of findings) {
      yield* Output.result(`${finding.severity}: ${sentence(finding)}`, { event: "finding", ...finding })
    }
    if (!Preflight.isAcceptable({ findings })) {
      return yield* new Complaint({ text: "The provider would refuse these assets. Nothing was sent to it." })
    }
    yield* Output.note("Nothing that the provider would refuse was found.")
  })
).pipe(Command.withDescription("Look at the assets by the provider's published rules; needs no key and costs nothing"))
