/**
 * `status`, `adopt` and `release`: what the ledger knows of the jobs, and what a person has to say of those whose end is not known.
 *
 * They ask no provider.
 *
 * @module
 */
import { Ledger } from "cometapi-runway"
import type { Entry, Resolved } from "cometapi-runway/ledger"
import * as Console from "effect/Console"
import { Argument, Command, Flag } from "effect/cli"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import { Complaint } from "./Complaint.ts"
import * as Place from "./Place.ts"
import * as Waiting from "./Waiting.ts"

/** How a job stands, in words for people. */
const standing = ({ state, outcome }: Entry): string => {
  if (state === "accepted") return outcome === undefined ? "paid, and not ended yet" : `paid, and ${outcome}`
  if (state === "sending") return "on its way"
  return state === "unknown" ? "unknown: a person has to look" : "refused, not paid"
}

const money = ({ dollars, jobs }: { readonly dollars: number; readonly jobs: number }) =>
  `$${dollars.toFixed(2)} (${jobs} jobs)`

/** How many entries are read at once. */
const page = 1000

const everyEntry = Effect.gen(function* () {
  const ledger = yield* Ledger
  const all: Array<Entry> = []
  for (;;) {
    const more = yield* ledger.list({ offset: all.length })
    all.push(...more)
    if (more.length < page) return all
  }
})

const look = Effect.fnUntraced(function* (file: string) {
  const ledger = yield* Ledger
  yield* ledger.sweep
  const entries = yield* everyEntry
  // The last attempt of an intent says how it stands.
  const last = new Map(entries.map((entry) => [entry.intent, entry]))
  const counts = new Map<string, number>()
  for (const entry of last.values()) counts.set(standing(entry), (counts.get(standing(entry)) ?? 0) + 1)
  for (const [word, count] of counts) yield* Console.log(`${String(count).padStart(7)}  ${word}`)
  const waiting = yield* Effect.mapError(
    Waiting.look,
    ({ message }) => new Complaint({ message: `The jobs in ${file} cannot be read: ${message}` })
  )
  if (waiting !== undefined) yield* Console.log(notSent(waiting))
  for (const name of new Set(entries.map(({ budget }) => budget))) {
    const { spent, held, reserved } = yield* ledger.budget({ name })
    yield* Console.log(
      `Budget ${name}: ${money(spent)} spent, ${money(held)} held for what is unknown, ${money(reserved)} on their way`
    )
  }
  const unknown = [...last.values()].filter(({ state }) => state === "unknown")
  for (const { intent, sentAt, why } of unknown) {
    yield* Console.log(`unknown  ${intent}  sent ${new Date(sentAt).toISOString()}  ${why ?? ""}`)
  }
  if (unknown.length > 0) yield* Console.log(howToReconcile(file))
})

const notSent = ({ jobs, since }: Waiting.Waiting) =>
  `${String(jobs).padStart(7)}  written down and not sent, the oldest since ${DateTime.formatIso(since)}: a run at work sends them, else call run again`

const howToReconcile = (file: string) => `Look in the provider's console for a job of that time.
  It is there:     npx cometapi-runway-durable adopt INTENT TASK-ID --file ${file}
  It is not there: npx cometapi-runway-durable release INTENT --yes --file ${file}
Then: npx cometapi-runway-durable again jobs.jsonl --file ${file}`

export const status = Command.make("status", { file: Place.flag }, ({ file }) =>
  Effect.provide(look(file), Place.ledger(file))
).pipe(Command.withDescription("How the jobs stand, what is not known and what to do about it, spent and held money"))

/** Says what became of a person's word. */
const tell = (intent: string, resolved: Resolved, done: string) => {
  switch (resolved._tag) {
    case "Done":
      return Console.log(done)
    case "TooEarly":
      return Effect.fail(
        nothingChanged(
          `its sender may still say how it ended, until ${new Date(resolved.entry.answerBy).toISOString()}. Try again then.`
        )
      )
    case "NothingUnknown":
      return Effect.fail(nothingChanged(`nothing about ${intent} is unknown.`))
    case "AlreadyKnown":
      return Effect.fail(nothingChanged(`this id is the job of ${resolved.entry.intent}.`))
  }
}

const nothingChanged = (why: string) => new Complaint({ message: `Nothing was changed: ${why}` })

const intent = Argument.String("intent").pipe(Argument.withDescription("The job's intent, as in the jobs' file"))

export const adopt = Command.make(
  "adopt",
  { intent, id: Argument.String("task-id"), file: Place.flag },
  Effect.fnUntraced(
    function* ({ intent, id }) {
      const ledger = yield* Ledger
      yield* ledger.sweep
      yield* tell(intent, yield* ledger.adopt(intent, id), `${intent} is the task ${id}.`)
    },
    (effect, { file }) => Effect.provide(effect, Place.ledger(file))
  )
).pipe(Command.withDescription("Say which task a job has become whose answer was lost"))

export const release = Command.make(
  "release",
  {
    intent,
    file: Place.flag,
    yes: Flag.Boolean("yes").pipe(
      Flag.withDefault(false),
      Flag.withDescription("Say that you have looked, and that there is no such job")
    )
  },
  Effect.fnUntraced(
    function* ({ intent, yes }) {
      if (!yes) {
        return yield* new Complaint({
          message:
            "Look in the provider's console first. When there is no such job, say so with --yes: it may be paid for again then."
        })
      }
      const ledger = yield* Ledger
      yield* ledger.sweep
      const resolved = yield* ledger.release(intent, "released by hand")
      yield* tell(intent, resolved, `${intent} is released: it may be sent, and paid, again.`)
    },
    (effect, { file }) => Effect.provide(effect, Place.ledger(file))
  )
).pipe(Command.withDescription("Say that there is no job for a request whose answer was lost: it may be paid again"))
