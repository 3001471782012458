/**
 * The things that `doctor` looks at, each as one finding.
 *
 * @module
 */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Path from "effect/Path"
import contract from "../../generated/contract.gen.json" with { type: "json" }
import { defaultVersion } from "../Bindings.ts"
import { Ledger } from "../ledger/Ledger.ts"
import * as Sqlite from "../ledger/Sqlite.ts"
import { Runway } from "../Runway.ts"
import type { RunwayError } from "../RunwayError.ts"
import { OnAnswer } from "../request/Answer.ts"
import * as Settings from "../Settings.ts"
import * as Task from "../Task.ts"
import { type End, endOf } from "./ExitCode.ts"
import * as LedgerPlace from "./LedgerPlace.ts"
import * as Mode from "./Mode.ts"
import * as Progress from "./Progress.ts"

/** What one look has found. */
interface Finding {
  readonly name: string
  readonly mark: "ok" | "warning" | "problem"
  readonly text: string
  readonly end: End
}

const ok = (name: string, text: string): Finding => ({ name, mark: "ok", text, end: "done" })
const warning = (name: string, text: string): Finding => ({ name, mark: "warning", text, end: "done" })
const problem = (name: string, { message, reason }: RunwayError): Finding => ({
  name,
  mark: "problem",
  text: message,
  end: endOf(reason)
})

const node = Effect.map(Sqlite.find, (sqlite) => {
  const runtime = `${process.versions["bun"] === undefined ? `Node ${process.version}` : `Bun ${process.versions["bun"]}`}, ${process.platform} ${process.arch}`
  return sqlite === undefined
    ? warning("runtime", `${runtime}, without sqlite: there is no ledger (Node 22.5 and newer have it)`)
    : ok("runtime", `${runtime}, with sqlite`)
})

const version = Effect.sync(() => {
  const asked = process.env["COMETAPI_RUNWAY_VERSION"]?.trim() || defaultVersion
  const text = `${contract.info.title} ${contract.info.version}, X-Runway-Version ${asked}`
  return asked === defaultVersion
    ? ok("contract", text)
    : warning("contract", `${text}; this contract describes ${defaultVersion}`)
})

/** The key is looked at, not shown: its form first, then what the provider says to it. */
const settings = Effect.flatMap(Settings.fromConfig({}), Settings.checked)

const key = settings.pipe(
  Effect.map(() => ok("key", "COMETAPI_KEY is set, and has the form of a key")),
  Effect.catch((error) => Effect.succeed(problem("key", error)))
)

/** How far clocks may differ before a signed URL or a ledger's times are read wrongly. */
const tolerated = 30_000

const skewOf = (date: string | null, sentAt: number, receivedAt: number): Finding => {
  const said = Date.parse(date ?? "")
  if (Number.isNaN(said)) return warning("clock", "the provider does not say its time")
  // Its time has whole seconds, and was said some time between the two.
  const skew = said + 500 - (sentAt + receivedAt) / 2
  const text = `${Progress.time(Math.abs(skew))} ${skew < 0 ? "ahead of" : "behind"} the provider's`
  if (Math.abs(skew) > tolerated) return warning("clock", `this machine's clock is ${text}: set it`)
  return ok("clock", "this machine's clock and the provider's agree")
}

/** An id that no provider gives. */
const nobodys = "00000000-0000-4000-8000-000000000000"

const provider = Effect.gen(function* () {
  const { baseUrl } = yield* Runway
  let date: string | null = null
  const sentAt = yield* Clock.currentTimeMillis
  const answer = yield* Task.get(nobodys).pipe(
    Effect.provideService(OnAnswer, ({ headers }) =>
      Effect.sync(() => {
        date = headers.get("date")
      })
    ),
    Effect.flip,
    Effect.option
  )
  const receivedAt = yield* Clock.currentTimeMillis
  const error = Option.getOrUndefined(answer)
  const reached =
    error === undefined || error.reason._tag === "TaskNotFound"
      ? ok("provider", `${baseUrl} answers in ${receivedAt - sentAt} ms and accepts the key`)
      : problem("provider", error)
  return date === null ? [reached] : [reached, skewOf(date, sentAt, receivedAt)]
}).pipe(
  Effect.provide(Mode.client("live")),
  Effect.catch(
    (): Effect.Effect<ReadonlyArray<Finding>> =>
      Effect.succeed([warning("provider", "not asked, because there is no usable key")])
  )
)

const ledger = Effect.fnUntraced(
  function* (flags: { readonly ledger: Option.Option<string> }) {
    if ((yield* Sqlite.find) === undefined) return warning("ledger", "none, without sqlite")
    const path = yield* Path.Path
    const file = path.resolve(yield* LedgerPlace.fileOf(flags))
    return yield* Effect.gen(function* () {
      const { unknown, pending } = yield* Effect.flatMap(Ledger, ({ sweep }) => sweep)
      const text = `${file}: ${unknown.length} unknown, ${pending.length} paid and not waited for`
      return unknown.length > 0
        ? warning("ledger", `${text}; see: npx cometapi-runway ledger list --state unknown`)
        : ok("ledger", text)
    }).pipe(
      Effect.provide(LedgerPlace.existing(flags)),
      Effect.catchTag("NoLedger", () => Effect.succeed(ok("ledger", `${file}, which the first job will make`)))
    )
  },
  Effect.catch((error) =>
    Effect.succeed<Finding>({ name: "ledger", mark: "problem", text: error.message, end: "ledger" })
  )
)

/** All checks, in the order in which a problem of one explains those of the next. */
export const all = (flags: { readonly ledger: Option.Option<string> }) => [
  Effect.map(node, (finding) => [finding]),
  Effect.map(version, (finding) => [finding]),
  Effect.map(key, (finding) => [finding]),
  provider,
  Effect.map(ledger(flags), (finding) => [finding])
]
