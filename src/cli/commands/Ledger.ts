/**
 * `ledger`: what the ledger holds, for whoever has to find out what became of a request whose answer was lost.
 *
 * It asks no provider: only a person can look into the provider's console, and these commands write down what was found there.
 *
 * @module
 */
import * as Clock from "effect/Clock"
import { Argument, Command, Flag } from "effect/cli"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import type { Entry } from "../../ledger/Entry.ts"
import { Ledger } from "../../ledger/Ledger.ts"
import type { Resolved } from "../../ledger/Rules.ts"
import { Complaint } from "../Complaint.ts"
import * as KnownJobs from "../KnownJobs.ts"
import * as LedgerPlace from "../LedgerPlace.ts"
import * as Output from "../Output.ts"
import * as Question from "../Question.ts"
import * as Subcommand from "../Subcommand.ts"
import { line } from "./List.ts"

const intent = Argument.String("intent").pipe(
  Argument.withDescription("The intent's name, or its task's id, or the first four characters or more of either")
)

/** What a person does about an intent of which nobody knows how it ended. */
const howToReconcile = (name: string): string =>
  `Look in the provider's console for a job of that time. If it is there: npx cometapi-runway ledger adopt '${name}' <task-id>. If it is not: npx cometapi-runway ledger release '${name}'.`

const isWanted = (state: Option.Option<string>) => (entry: Entry) =>
  Option.match(state, {
    onNone: () => true,
    onSome: (state) =>
      state === "pending" ? entry.state === "accepted" && entry.outcome === undefined : entry.state === state
  })

const list = Subcommand.make(
  "list",
  {
    ...LedgerPlace.readFlags,
    state: Flag.Literals("state", ["unknown", "pending", "sending", "accepted", "refused"]).pipe(
      Flag.withDescription("Only these: unknown needs a person; pending is paid and not waited for"),
      Flag.optional
    )
  },
  Effect.fn(function* (flags) {
    yield* Effect.gen(function* () {
      const ledger = yield* Ledger
      const { unknown } = yield* ledger.sweep
      const now = yield* Clock.currentTimeMillis
      const budgets = new Set<string>()
      yield* Stream.runForEach(KnownJobs.all(), (entry) => {
        budgets.add(entry.budget)
        return isWanted(flags.state)(entry) ? Output.result(line(entry, now), KnownJobs.event(entry)) : Effect.void
      })
      for (const name of budgets) {
        const { spent, held, reserved } = yield* ledger.budget({ name })
        yield* Output.note(
          `Budget ${name}: $${spent.dollars.toFixed(2)} spent on ${spent.jobs} jobs, $${held.dollars.toFixed(2)} held for ${held.jobs} unknown, $${reserved.dollars.toFixed(2)} for ${reserved.jobs} on their way`
        )
      }
      const [first] = unknown
      if (first !== undefined) yield* Output.note(howToReconcile(first.intent))
    }).pipe(Effect.provide(LedgerPlace.existing(flags)), LedgerPlace.orNothing)
  })
).pipe(Command.withDescription("List every attempt that the ledger knows, oldest first, and what was spent"))

const show = Subcommand.make(
  "show",
  { ...LedgerPlace.readFlags, intent },
  Effect.fn(function* (flags) {
    yield* Effect.gen(function* () {
      const ledger = yield* Ledger
      yield* ledger.sweep
      const name = yield* KnownJobs.intentNamed(flags.intent)
      const entries = yield* ledger.show(name)
      for (const entry of entries) {
        const event = KnownJobs.event(entry)
        const text = Object.entries(event).filter(([field]) => field !== "event")
        yield* Output.result(`${text.map(([field, value]) => `${field.padEnd(10)} ${value}`).join("\n")}\n`, event)
      }
      if (entries.some(({ state }) => state === "unknown")) yield* Output.note(howToReconcile(name))
    }).pipe(Effect.provide(LedgerPlace.existing(flags)), LedgerPlace.orNotFound)
  })
).pipe(Command.withDescription("Show all that the ledger knows of one intent"))

/** Says what became of a person's word. */
const tell = Effect.fnUntraced(function* (name: string, resolved: Resolved, done: string) {
  switch (resolved._tag) {
    case "Done":
      return yield* Output.result(done, KnownJobs.event(resolved.entry))
    case "TooEarly":
      return yield* new Complaint({
        text: `Nothing was changed: whoever sent it may still say how it ended, until ${KnownJobs.timeOf(resolved.entry.answerBy)}. Try again then.`,
        end: "ledger"
      })
    case "NothingUnknown":
      return yield* new Complaint({ text: `Nothing was changed: nothing about ${name} is unknown.`, end: "ledger" })
    case "AlreadyKnown":
      return yield* new Complaint({
        text: `Nothing was changed: this id is the job of attempt ${resolved.entry.attempt} of ${name}.`,
        end: "ledger"
      })
  }
})

const release = Subcommand.make(
  "release",
  {
    ...LedgerPlace.readFlags,
    intent,
    yes: Question.yes.pipe(Flag.withDescription("Say that you have looked, and that there is no such job")),
    why: Flag.String("why").pipe(
      Flag.withDefault("released by hand"),
      Flag.withDescription("What you have found out; it is kept in the ledger")
    )
  },
  Effect.fn(function* (flags) {
    yield* Effect.gen(function* () {
      const name = yield* KnownJobs.intentNamed(flags.intent)
      if (!flags.yes) {
        if (!Question.canAsk()) {
          return yield* new Complaint({
            text: "Look in the provider's console first. When there is no such job, say so with --yes: the intent may be paid for again then."
          })
        }
        yield* Question.confirm(`Have you looked in the provider's console, and there is no job for ${name}?`)
      }
      const { release } = yield* Ledger
      return yield* tell(name, yield* release(name, flags.why), `${name} is released: it may be sent, and paid, again.`)
    }).pipe(Effect.provide(LedgerPlace.existing(flags)), LedgerPlace.orNotFound)
  })
).pipe(Command.withDescription("Say that an unknown request made no job: it may be sent again, and paid"))

const adopt = Subcommand.make(
  "adopt",
  {
    ...LedgerPlace.readFlags,
    intent,
    id: Argument.String("task-id").pipe(
      Argument.withDescription("The id that you have found in the provider's console")
    )
  },
  Effect.fn(function* (flags) {
    yield* Effect.gen(function* () {
      const name = yield* KnownJobs.intentNamed(flags.intent)
      const { adopt } = yield* Ledger
      yield* tell(name, yield* adopt(name, flags.id), `${name} is the task ${flags.id}.`)
    }).pipe(Effect.provide(LedgerPlace.existing(flags)), LedgerPlace.orNotFound)
  })
).pipe(Command.withDescription("Say which task an unknown request has become"))

const forget = Subcommand.make(
  "forget",
  { ...LedgerPlace.readFlags, intent },
  Effect.fn(function* (flags) {
    yield* Effect.gen(function* () {
      const name = yield* KnownJobs.intentNamed(flags.intent)
      const { forget } = yield* Ledger
      const forgotten = yield* forget(name)
      if (forgotten._tag === "Done") {
        return yield* Output.result(`${name} is forgotten: the same input is paid anew.`, {
          event: "forgotten",
          intent: name
        })
      }
      return yield* new Complaint({
        text: `Nothing was changed: ${name} is still open (${forgotten._tag === "StillOpen" ? KnownJobs.standing(forgotten.entry) : "not found"}). Wait for its task, or say what became of it, first.`,
        end: "ledger"
      })
    }).pipe(Effect.provide(LedgerPlace.existing(flags)), LedgerPlace.orNotFound)
  })
).pipe(Command.withDescription("Forget an intent of which nothing is open; budgets keep what it cost"))

const name: string = "ledger"

export const ledger = Command.make(name).pipe(
  Command.withDescription("See what was paid for, and say what became of requests whose answer was lost"),
  Command.withSubcommands([list, show, release, adopt, forget])
)
