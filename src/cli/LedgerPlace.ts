/**
 * Where the command keeps its ledger, and what it is called there that is to be made.
 *
 * @module
 */
import { homedir } from "node:os"
import { Flag } from "effect/cli"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Path from "effect/Path"
import * as Schema from "effect/Schema"
import { defaultBaseUrl } from "../Bindings.ts"
import * as Folder from "../download/Folder.ts"
import type { Entry } from "../ledger/Entry.ts"
import * as Intent from "../ledger/Intent.ts"
import { type Ledger, layerMemory } from "../ledger/Ledger.ts"
import type { LedgerFailed } from "../ledger/LedgerError.ts"
import * as LedgerFile from "../ledger/LedgerFile.ts"
import * as Sqlite from "../ledger/Sqlite.ts"
import { Complaint } from "./Complaint.ts"
import type { Mode } from "./Mode.ts"
import * as Output from "./Output.ts"
import * as Screen from "./Screen.ts"

const file = Flag.String("ledger").pipe(
  Flag.withMetavar("file"),
  Flag.withDescription(
    "The ledger's file. Default: cometapi-runway/ledger.sqlite in $XDG_STATE_HOME or ~/.local/state"
  ),
  Flag.optional
)

/** The flag of a command that reads the ledger. */
export const readFlags = { ledger: file }

/** The flags of a command that pays. */
export const payFlags = {
  ledger: file,
  noLedger: Flag.Boolean("no-ledger").pipe(
    Flag.withoutNegation,
    Flag.withDefault(false),
    Flag.withDescription("Keep no ledger: the same input is then paid each time")
  )
}

/** The ledger of whoever is logged in. A relative XDG_STATE_HOME does not count, as its specification says. */
const usual = Effect.map(Path.Path, (path) => {
  const state = process.env["XDG_STATE_HOME"] ?? ""
  const folder = path.isAbsolute(state) ? state : path.join(homedir(), ".local", "state")
  return path.join(folder, "cometapi-runway", "ledger.sqlite")
})

interface ReadFlags {
  readonly ledger: Option.Option<string>
}

/** The file that the flags name. */
export const fileOf = ({ ledger }: ReadFlags): Effect.Effect<string, never, Path.Path> =>
  Option.match(ledger, { onNone: () => usual, onSome: Effect.succeed })

/** The ledger in a file, which is made together with its folder. */
export const inFile = (
  file: string
): Layer.Layer<Ledger, Complaint | LedgerFailed, FileSystem.FileSystem | Path.Path> =>
  Layer.unwrap(
    Effect.gen(function* () {
      const path = yield* Path.Path
      yield* Effect.mapError(
        Folder.make(path.dirname(path.resolve(file))),
        ({ reason }) =>
          new Complaint({
            text: `The ledger ${file} cannot be made, so nothing was sent: ${reason.message}`,
            end: "ledger"
          })
      )
      return LedgerFile.layer({ file })
    })
  )

/** There is no ledger yet, because nothing was submitted. */
class NoLedger extends Schema.TaggedError<NoLedger>("cometapi-runway/cli/NoLedger")("NoLedger", {
  file: Schema.String
}) {
  override get message() {
    return `There is no ledger at ${this.file} yet: nothing was submitted with it.`
  }
}

/** Where there is no ledger, says so: a list of nothing is no failure. */
export const orNothing = <A, E, R>(effect: Effect.Effect<A, E | NoLedger, R>) =>
  Effect.catchIf(
    effect,
    (error) => error instanceof NoLedger,
    ({ message }) => Output.note(message)
  )

/** Where there is no ledger, what is asked for cannot be in it. */
export const orNotFound = <A, E, R>(effect: Effect.Effect<A, E | NoLedger, R>) =>
  Effect.mapError(effect, (error) =>
    error instanceof NoLedger ? new Complaint({ text: error.message, end: "noSuchTask" }) : error
  )

/** The ledger in a file that has to be there, for a command that only looks. */
export const existing = (
  flags: ReadFlags
): Layer.Layer<Ledger, Complaint | NoLedger | LedgerFailed, FileSystem.FileSystem | Path.Path> =>
  Layer.unwrap(
    Effect.gen(function* () {
      const file = yield* fileOf(flags)
      const fs = yield* FileSystem.FileSystem
      const exists = yield* Effect.orElseSucceed(fs.exists(file), () => false)
      if (!exists) return yield* new NoLedger({ file })
      return LedgerFile.layer({ file })
    })
  )

/** The same, or none where there is none. */
export const existingOrNone = (flags: ReadFlags): Layer.Layer<never, never, FileSystem.FileSystem | Path.Path> =>
  Layer.catch(existing(flags), () => Layer.empty)

const withoutSqlite =
  "This runtime has no sqlite of its own (Node 22.5 and newer have one), so there is no ledger: keep the task's id yourself, and the same input is paid each time."

/** The ledger of a command that pays. Without sqlite there is none, unless the command cannot do what was asked without one. */
export const forPaying = (
  flags: ReadFlags & { readonly noLedger: boolean },
  mode: Mode,
  isNeeded: boolean
): Layer.Layer<never, Complaint | LedgerFailed, FileSystem.FileSystem | Path.Path> =>
  Layer.unwrap(
    Effect.gen(function* () {
      if (flags.noLedger && isNeeded) {
        return yield* new Complaint({
          text: "--no-ledger cannot be used with --budget, --intent or --ledger: a ledger is what holds them."
        })
      }
      // A mock's jobs end with the process, and so does what is known of them.
      if (mode === "mock") return layerMemory()
      if (flags.noLedger) return Layer.empty
      if (!isNeeded && (yield* Sqlite.find) === undefined) {
        yield* Screen.say(withoutSqlite)
        return Layer.empty
      }
      return inFile(yield* fileOf(flags))
    })
  )

/** What begins the names of all intents of one provider: a mock's ids mean nothing to the real one, and the other way round. */
export const scope = (baseUrl: string): string =>
  baseUrl === defaultBaseUrl ? "" : `${baseUrl.replace(/^https?:\/\//, "")} `

/** Whether an entry is about a job of this provider. */
export const isAt = (baseUrl: string, { intent, budget }: Entry): boolean =>
  scope(baseUrl) === "" ? !intent.startsWith(`${budget} `) : intent.startsWith(scope(baseUrl))

/** The name of an intent in the ledger. */
export const intentAt = (baseUrl: string, own: string | undefined, digest: string): string =>
  scope(baseUrl) + Intent.key(own, digest)

/** What the ledger keeps of a body whose intent has a name, as the client makes it. */
export const digest = (operation: string, body: object): Effect.Effect<string> =>
  Intent.digest(operation, Intent.withoutUnknownQueries(body, {}))
