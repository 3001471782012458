/**
 * The task that a command is about: named by its id, or the last one that the ledger knows.
 *
 * @module
 */
import { Argument, Flag } from "effect/cli"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { Runway } from "../Runway.ts"
import { Complaint } from "./Complaint.ts"
import * as KnownJobs from "./KnownJobs.ts"
import * as LedgerPlace from "./LedgerPlace.ts"

/** The flags that name a task. */
export const flags = {
  id: Argument.String("task-id").pipe(
    Argument.withDescription("The id that generate or submit has shown"),
    Argument.optional
  ),
  last: Flag.Boolean("last").pipe(
    Flag.withDefault(false),
    Flag.withDescription("The latest job in the ledger, instead of an id")
  )
}

interface TaskFlags {
  readonly id: Option.Option<string>
  readonly last: boolean
  readonly ledger: Option.Option<string>
}

/** Refuses flags that name no task, or two, before anything else is looked at. */
export const check = ({ id, last }: TaskFlags): Effect.Effect<void, Complaint> => {
  if (last && Option.isSome(id)) return Effect.fail(new Complaint({ text: "Name a task-id or say --last, not both." }))
  if (last || Option.isSome(id)) return Effect.void
  return Effect.fail(
    new Complaint({ text: "Which task? Give its task-id, or say --last for the latest in the ledger." })
  )
}

/** The id that is meant. */
export const idOf = Effect.fnUntraced(function* ({ id, ledger }: TaskFlags) {
  if (Option.isSome(id)) return id.value
  const { baseUrl } = yield* Runway
  const [latest] = yield* KnownJobs.newest(
    1,
    (entry) => entry.taskId !== undefined && LedgerPlace.isAt(baseUrl, entry)
  ).pipe(Effect.provide(LedgerPlace.existing({ ledger })), LedgerPlace.orNotFound)
  if (latest?.taskId === undefined) {
    return yield* new Complaint({ text: `The ledger knows no job at ${baseUrl} yet.`, end: "noSuchTask" })
  }
  return latest.taskId
})
