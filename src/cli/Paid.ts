/**
 * One job that is paid for: what is known of it already, whether it is to be paid, and its id.
 *
 * Everything that can be found out before is found out before, and whoever sits at a terminal is asked. The id stands on standard error as
 * soon as it is there; the ledger has it by then.
 *
 * @module
 */
import * as Clock from "effect/Clock"
import { Flag } from "effect/cli"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as CharacterPerformance from "../CharacterPerformance.ts"
import { defined } from "../Defined.ts"
import type { Budget } from "../ledger/Budget.ts"
import type { Entry } from "../ledger/Entry.ts"
import * as Intent from "../ledger/Intent.ts"
import { Ledger } from "../ledger/Ledger.ts"
import { IntentConflict, time } from "../ledger/LedgerError.ts"
import * as Purchase from "../Purchase.ts"
import { Runway } from "../Runway.ts"
import { RunwayError } from "../RunwayError.ts"
import * as Task from "../Task.ts"
import { Complaint } from "./Complaint.ts"
import { described, type InputFlags, isExample, operation } from "./Described.ts"
import { endOf } from "./ExitCode.ts"
import * as KnownJobs from "./KnownJobs.ts"
import * as LedgerPlace from "./LedgerPlace.ts"
import * as Mode from "./Mode.ts"
import * as Output from "./Output.ts"
import * as Progress from "./Progress.ts"
import * as Purse from "./Purse.ts"
import * as Question from "./Question.ts"
import * as Screen from "./Screen.ts"
import * as Stop from "./Stop.ts"

/** The flags of a command that pays for one job. */
export const flags = {
  ...Mode.paidFlags,
  ...LedgerPlace.payFlags,
  ...described,
  yes: Question.yes,
  budget: Purse.flag,
  intent: Flag.String("intent").pipe(
    Flag.withMetavar("name"),
    Flag.withDescription("A name for what is to be made: for one name one job is paid. Default: made of the input"),
    Flag.optional
  ),
  preflight: Flag.Boolean("preflight").pipe(
    Flag.withDefault(false),
    Flag.withDescription(
      "Look at the assets by the provider's published rules first, and pay only when nothing is wrong"
    )
  ),
  again: Flag.Boolean("again").pipe(
    Flag.withDefault(false),
    Flag.withDescription("Pay for a new job also where the ledger knows one for the same input")
  )
}

interface PaidFlags extends InputFlags {
  readonly yes: boolean
  readonly again: boolean
  readonly preflight: boolean
  readonly budget: Option.Option<{ readonly jobs?: number | undefined; readonly dollars?: number | undefined }>
  readonly intent: Option.Option<string>
  readonly ledger: Option.Option<string>
  readonly noLedger: boolean
}

/** The ledger that the flags ask for. */
export const ledger = (flags: PaidFlags, mode: Mode.Mode) =>
  LedgerPlace.forPaying(
    flags,
    mode,
    Option.isSome(flags.ledger) || Option.isSome(flags.budget) || Option.isSome(flags.intent)
  )

/** The job that an intent has been paid for, if there is one. A name that is another body's is refused, as the ledger itself does it. */
const paidBefore = Effect.fnUntraced(function* (intent: string, body: object) {
  const ledger = Option.getOrUndefined(yield* Effect.serviceOption(Ledger))
  if (ledger === undefined) return undefined
  const entries = yield* ledger.show(intent)
  const digest = yield* LedgerPlace.digest(operation, body)
  const other = entries.find((entry) => entry.digest !== digest)
  if (other !== undefined) {
    const reason = new IntentConflict({
      intent,
      bodyDigest: digest,
      knownDigest: other.digest,
      sentAt: time(other.sentAt)
    })
    return yield* new RunwayError({ operation, reason })
  }
  return entries.findLast((entry): entry is Entry & { readonly taskId: string } => entry.taskId !== undefined)
})

/** Whether the known job has ended. Where the ledger does not know, the provider is asked, and the ledger is told. */
const hasEnded = Effect.fnUntraced(function* ({ taskId, outcome }: Entry & { readonly taskId: string }) {
  if (outcome !== undefined) return true
  const task = yield* Task.get(taskId)
  if (Task.isTerminal(task)) yield* Purchase.settle(task, undefined)
  return Task.isTerminal(task)
})

/** Whether a new job is paid for beside the known one. One that goes on is waited for: nobody wants two of the same at once. */
const isPaidAgain = Effect.fnUntraced(function* (
  entry: Entry & { readonly taskId: string },
  flags: PaidFlags,
  mode: Mode.Mode
) {
  if (!flags.again && !(yield* paysAgain(entry, mode))) return false
  if (yield* hasEnded(entry)) return true
  yield* Screen.say(
    `Task ${entry.taskId} for this input has not ended yet, so no new one is paid for; it is waited for.`
  )
  return false
})

/** Says what is known, and asks whether to pay all the same. `--yes` is no answer to that: a script would pay each time it runs. */
const paysAgain = Effect.fnUntraced(function* (entry: Entry & { readonly taskId: string }, mode: Mode.Mode) {
  const ago = Progress.time((yield* Clock.currentTimeMillis) - entry.sentAt)
  yield* Screen.say(
    `This input was submitted before: task ${entry.taskId}, ${KnownJobs.timeOf(entry.sentAt)} (${ago} ago), ${KnownJobs.standing(entry)}.`
  )
  if (mode === "live" && Question.canAsk()) {
    if (yield* Question.ask(`Pay ${Mode.price} for a new one?`)) return true
  }
  yield* Output.note("Nothing is paid again: this is about that task. For a new, newly paid one add --again.")
  return false
})

/** Makes sure that whoever pays wants to. */
const agreed = (flags: PaidFlags) => {
  const example = isExample(flags)
  if (!Question.canAsk() || (flags.yes && !example)) return Effect.void
  const what = example ? "the documentation's example, which is no input of yours" : "this job"
  return Question.confirm(`Pay ${Mode.price} for ${what}?`)
}

/** Nobody pays for the documentation's example without having been asked. */
const isWanted = (flags: PaidFlags, mode: Mode.Mode): Effect.Effect<void, Complaint> =>
  mode === "live" && isExample(flags) && !Question.canAsk()
    ? Effect.fail(
        new Complaint({
          text: "Nothing was sent: name your files with --character and --reference. The documentation's example is paid for only after a yes at a terminal; --mock tries it for nothing."
        })
      )
    : Effect.void

/** Finds or makes the paid job of an input that was checked. */
export const job = Effect.fnUntraced(function* (input: CharacterPerformance.Input, flags: PaidFlags, mode: Mode.Mode) {
  yield* isWanted(flags, mode)
  const body = yield* CharacterPerformance.validate(input)
  const { baseUrl } = yield* Runway
  const digest = yield* Intent.digest(operation, body)
  const intent = LedgerPlace.intentAt(baseUrl, Option.getOrUndefined(flags.intent), digest)
  const before = yield* paidBefore(intent, body)
  const again = before !== undefined && (yield* isPaidAgain(before, flags, mode))
  if (before !== undefined && !again) {
    yield* Output.report({ event: "known", id: before.taskId, intent, sentAt: new Date(before.sentAt).toISOString() })
    return before.taskId
  }
  yield* Output.note(
    mode === "live"
      ? `Submitting a character performance to ${baseUrl}. A job costs ${Mode.price} there (the provider's model page).`
      : `Submitting a character performance to a mock of the provider at ${baseUrl}. Nothing leaves this machine.`
  )
  if (mode === "live" && before === undefined) yield* agreed(flags)
  return yield* submit(input, {
    intent,
    budget: Purse.budgetOf(flags.budget, baseUrl),
    again: again ? "always" : "never",
    preflight: flags.preflight
  })
})

/** What to do about a request of which nobody knows how it ended. */
const inLedger = ({ message, taskId }: RunwayError): Complaint =>
  new Complaint({
    text: `${message}\nThe ledger keeps it; see: npx cometapi-runway ledger list --state unknown`,
    end: "outcomeUnknown",
    ...defined({ taskId })
  })

/** Submits, and says the id before anything else happens. */
const submit = Effect.fnUntraced(function* (
  input: CharacterPerformance.Input,
  wanted: {
    readonly intent: string
    readonly budget: Budget
    readonly again: "never" | "always"
    readonly preflight: boolean
  }
) {
  const { preflight, ...purchase } = wanted
  const { intent } = purchase
  // Only who wants it loads it.
  const look = preflight ? yield* Effect.promise(() => import("../Preflight.ts")) : undefined
  const hasLedger = Option.isSome(yield* Effect.serviceOption(Ledger))
  const settings = yield* Effect.context<Output.Settings>()
  let accepted: string | undefined
  return yield* CharacterPerformance.submit(input, {
    // Who presses Ctrl-C waits for the answer of what is paid for, and no longer.
    interruptGrace: "10 seconds",
    ...(hasLedger ? purchase : {}),
    preflight: look?.check,
    onSubmitted: Effect.fnUntraced(function* (id) {
      accepted = id
      yield* hasLedger ? Output.note(`Task ${id}`) : Screen.say(`Task ${id}`)
      yield* Output.report({ event: "submitted", id, ...defined({ intent: hasLedger ? intent : undefined }) })
    }, Effect.provideContext(settings))
  }).pipe(
    Effect.mapError((error) => (hasLedger && endOf(error.reason) === "outcomeUnknown" ? inLedger(error) : error)),
    Effect.onInterrupt(() =>
      Screen.say(
        accepted === undefined
          ? `${Stop.why()} while the job was being submitted: it may have been accepted. ${hasLedger ? "The ledger keeps it; see: npx cometapi-runway list" : "Look at the provider's console."}`
          : `${Stop.why()}. Task ${accepted} was accepted and goes on at the provider. Take it up again, at no cost, with: npx cometapi-runway wait ${accepted}`
      )
    )
  )
})
