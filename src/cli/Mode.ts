/**
 * Where a paid command sends its job: to a mock of its own, or to the real provider. It is always said, never guessed.
 *
 * @module
 */
import { Flag } from "effect/cli"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import { defaultPrice } from "../ledger/Budget.ts"
import { Runway } from "../Runway.ts"
import { Complaint } from "./Complaint.ts"
import * as Mock from "./Mock.ts"
import * as Screen from "./Screen.ts"

export type Mode = "mock" | "live"

/** What the provider's model page says one job costs. */
export const price = `$${defaultPrice.toFixed(2)}`

/** The flags of a command that pays. */
export const paidFlags = {
  mock: Flag.Boolean("mock").pipe(
    Flag.withDefault(false),
    Flag.withDescription("Use a mock of the provider: no key, no network, no cost")
  ),
  live: Flag.Boolean("live").pipe(
    Flag.withDefault(false),
    Flag.withDescription(`Use the real API with COMETAPI_KEY; a job costs ${price}. Wins over --mock`)
  )
}

/** The same flags for a command that pays nothing: it asks the real provider, whether that is said or not. */
export const freeFlags = {
  mock: paidFlags.mock.pipe(Flag.withHidden),
  live: paidFlags.live.pipe(Flag.withHidden)
}

interface ModeFlags {
  readonly mock: boolean
  readonly live: boolean
}

/** Where a paid command's job goes. */
export const modeOf = ({ mock, live }: ModeFlags): Effect.Effect<Mode, Complaint> => {
  if (live) return Effect.succeed("live")
  if (mock) return Effect.succeed("mock")
  return Effect.fail(
    new Complaint({
      text: `Say which: --mock tries it out for nothing, --live makes a real job, which costs ${price}.`
    })
  )
}

/** A mock's tasks cannot be asked for from another process. */
export const notOfMock = ({ mock, live }: ModeFlags): Effect.Effect<void, Complaint> =>
  mock && !live
    ? Effect.fail(
        new Complaint({
          text: "A mock's tasks end with the process they live in. To ask for a task of a mock that is running elsewhere, leave --mock out and set COMETAPI_BASE_URL to its address (--live is not needed)."
        })
      )
    : Effect.void

/** Of the library's own log only what was lost matters here: the rest is shown by the command. */
const losses = Logger.make(({ logLevel, message }) => {
  if (logLevel === "Error" || logLevel === "Fatal") Effect.runSync(Screen.say([message].flat().join(": ")))
})

/** The client for a mode. */
export const client = (mode: Mode) =>
  Layer.merge(mode === "live" ? Runway.layerConfig() : Mock.layer, Logger.layer([losses]))
