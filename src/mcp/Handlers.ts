/**
 * What the tools do: they call the client, with the ledger and the budget that the server was started with.
 *
 * No tool pays without both. An agent gives no intent: the same input is the same intent, so an agent that repeats itself pays once.
 *
 * @module
 */
import { McpRequestContext } from "effect/ai/McpSchema"
import { McpServer } from "effect/ai/McpServer"
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Result from "effect/Result"
import * as Stream from "effect/Stream"
import { defaultBaseUrl } from "../Bindings.ts"
import * as CharacterPerformance from "../CharacterPerformance.ts"
import { defined } from "../Defined.ts"
import type { Budget } from "../ledger/Budget.ts"
import type * as Entry from "../ledger/Entry.ts"
import * as Intent from "../ledger/Intent.ts"
import { Ledger } from "../ledger/Ledger.ts"
import type { LedgerFailed } from "../ledger/LedgerError.ts"
import * as Preflight from "../Preflight.ts"
import { Runway } from "../Runway.ts"
import type { RunwayError } from "../RunwayError.ts"
import * as Task from "../Task.ts"
import * as Failure from "./Failure.ts"
import { defaultWait, type TaskView, tools } from "./Tools.ts"

/** What the server may do. */
export interface Powers {
  /** What may be spent in all, under the budget's name. */
  readonly budget: Budget & { readonly name: string }
  /** How assets are looked at before a job is paid; nothing: they are not. */
  readonly preflight: Preflight.PreflightOptions | undefined
}

const operation = "POST /runwayml/v1/character_performance"

/** What begins the names of intents at another origin than the provider's: a mock's jobs mean nothing to the real one. */
const scopeOf = (baseUrl: string): string =>
  baseUrl === defaultBaseUrl ? "" : `${baseUrl.replace(/^https?:\/\//, "")} `

/** What every tool works with. */
interface Desk {
  readonly ledger: typeof Ledger.Service
  /** The budget, under the name that it has at this provider. */
  readonly purse: Budget
  /** What begins the names of intents. */
  readonly scope: string
  readonly preflight: Powers["preflight"]
}

/** The tools' work. */
export const layer = ({ budget, preflight }: Powers) =>
  tools.toLayer(
    Effect.gen(function* () {
      const context = yield* Effect.context<Runway | Ledger>()
      const { notifications } = yield* McpServer
      const scope = scopeOf((yield* Runway).baseUrl)
      const purse: Budget = scope === "" ? budget : { ...budget, name: scope.trim() }
      const desk: Desk = { ledger: yield* Ledger, purse, scope, preflight }

      /** A tool's work with what it needs, and its failure in the agent's words. */
      const told = <A>(effect: Effect.Effect<A, RunwayError | LedgerFailed, Runway | Ledger>) =>
        effect.pipe(Effect.mapError(Failure.of), Effect.provide(context))

      return {
        preflight: (input: unknown) => told(Preflight.check(assetsOf(input), preflight)),
        submit_character_performance: (input: unknown) => told(submit(desk, input)),
        get_task: ({ id }) => told(look(desk, id)),
        wait_for_task: ({ id, timeoutSeconds = defaultWait }) =>
          Effect.flatMap(McpRequestContext, ({ requestMetadata }) => {
            const token = requestMetadata?.["progressToken"]
            const report = reporter(token, (payload) => notifications["notifications/progress"](payload))
            return told(keptAlive(report, (report) => wait(desk, id, timeoutSeconds, report)))
          }),
        list_jobs: () => told(listJobs(desk))
      }
    })
  )

const submit = Effect.fnUntraced(function* ({ ledger, purse, scope, preflight }: Desk, sent: unknown) {
  // Whatever an agent sends: the contract's check takes anything, and says what is wrong with it.
  const input = sent as CharacterPerformance.Input
  const body = yield* CharacterPerformance.validate(input)
  const intent = scope + Intent.key(undefined, yield* Intent.digest(operation, body))
  const before = (yield* ledger.show(intent)).at(-1)
  const taskId = yield* CharacterPerformance.submit(input, {
    intent,
    budget: purse,
    preflight: preflight === undefined ? undefined : Preflight.checkWith(preflight)
  })
  const isNew = before?.taskId !== taskId
  const budget = yield* ledger.budget(purse)
  return { taskId, isNew, budget, advice: isNew ? afterPaying : afterReuse(before) }
})

const wait = Effect.fnUntraced(function* (desk: Desk, id: string, seconds: number, report: Report) {
  const task = yield* Task.watch(id, { deadline: Duration.seconds(seconds) }).pipe(
    Stream.tap((task) => report(task)),
    Stream.runLast,
    Effect.map(Option.getOrUndefined),
    Effect.catchReason("RunwayError", "WaitTimedOut", (_, { lastTask }) => Effect.succeed(lastTask))
  )
  return yield* seen(desk, id, task)
})

/** A look at a task. One that the ledger knows as paid exists, also while the provider does not show it. */
const look = Effect.fnUntraced(function* (desk: Desk, id: string) {
  const task = yield* Effect.result(Task.get(id))
  if (Result.isSuccess(task)) return yield* seen(desk, id, task.success)
  if (!task.failure.is("TaskNotFound") || (yield* known(desk, id)) === undefined) return yield* task.failure
  return viewOf(id, undefined)
})

/** The paid job of an id whose end nobody has recorded. */
const known = ({ ledger }: Desk, id: string) =>
  Effect.map(ledger.list({ unsettled: true }), (entries) => entries.find(({ taskId }) => taskId === id))

/** Writes down a job's end where the ledger knows the job, and shows the task. */
const seen = Effect.fnUntraced(function* (desk: Desk, id: string, task: Task.Task | undefined) {
  if (task === undefined || !Task.isTerminal(task)) return viewOf(id, task)
  const entry = yield* known(desk, id)
  if (entry !== undefined) yield* desk.ledger.settle(entry.intent, id, { outcome: outcomes[task._tag] })
  return viewOf(id, task)
})

const listJobs = Effect.fnUntraced(function* ({ ledger, purse }: Desk) {
  const { pending, unknown } = yield* ledger.sweep
  const sending = yield* ledger.list({ state: "sending" })
  const here = (entries: ReadonlyArray<Entry.Entry>) =>
    entries.filter(({ budget }) => budget === purse.name).map(entryOf)
  const lists = { pending: here(pending), unknown: here(unknown), sending: here(sending) }
  return { ...lists, budget: yield* ledger.budget(purse) }
})

const afterPaying = "The job is paid and under way. Call wait_for_task with the id"

const afterReuse = (entry: Entry.Entry | undefined): string => {
  const end = entry?.outcome === undefined ? "is under way or done" : `has ${entry.outcome}`
  return `This input was submitted before, and nothing was paid now: its job ${end}. Call wait_for_task with the id, or change the seed for a new, newly paid one`
}

/** The assets of whatever an agent sends. What is missing becomes a finding. */
const assetsOf = (input: unknown): Preflight.Input => {
  const { character, reference } = Object(input)
  return { character: character ?? "", reference: reference ?? "" }
}

const outcomes = { Succeeded: "succeeded", Failed: "failed", Cancelled: "cancelled" } as const

const entryOf = ({ sentAt, micros, taskId, why }: Entry.Entry) => ({
  sentAt: DateTime.formatIso(DateTime.makeUnsafe(sentAt)),
  dollars: micros / 1_000_000,
  ...defined({ taskId, why })
})

const viewOf = (id: string, task: Task.Task | undefined): TaskView => {
  if (task === undefined) {
    const advice = "The provider does not show the task yet. Call wait_for_task again; if that stays so, check the id"
    return { id, status: "NOT_VISIBLE_YET", isDone: false, advice }
  }
  const shown = { id, status: task.status, isDone: Task.isTerminal(task), ...defined({ progress: task.progress }) }
  switch (task._tag) {
    case "Succeeded":
      return {
        ...shown,
        output: task.output.map(Redacted.value),
        advice: "Save the video now: its URL expires within a day or two"
      }
    case "Failed":
      return {
        ...shown,
        ...defined({ failure: task.failure, failureCode: task.failureCode }),
        advice: "The job is over and stays paid. Tell the person why; a new job costs again"
      }
    case "Cancelled":
      return { ...shown, advice: "The job was cancelled at the provider. Tell the person" }
    default:
      return { ...shown, advice: "The job goes on. Call wait_for_task" }
  }
}

/** Tells a client how far a task is; nothing where the client did not ask to be told. */
type Report = (task: Task.Task | undefined) => Effect.Effect<void>

interface ProgressPayload {
  readonly progressToken: string | number
  readonly progress: number
  readonly message: string
}

const reporter = (token: unknown, send: (payload: ProgressPayload) => Effect.Effect<unknown, unknown>): Report => {
  if (typeof token !== "string" && typeof token !== "number") return () => Effect.void
  // A client expects a number that grows, which the provider's progress does not always do.
  let reports = 0
  return (task) => {
    const share = task?.progress === undefined ? "" : ` ${Math.round(task.progress * 100)} %`
    const message = task === undefined ? "waiting" : `${task.status}${share}`
    return Effect.ignore(Effect.suspend(() => send({ progressToken: token, progress: ++reports, message })))
  }
}

/** Repeats the latest report every few seconds, because clients give up a call of which they hear nothing. */
const keptAlive = <A, E, R>(
  report: Report,
  work: (report: Report) => Effect.Effect<A, E, R>
): Effect.Effect<A, E, R> => {
  let latest: Task.Task | undefined
  const noted: Report = (task) => {
    latest = task
    return report(task)
  }
  const repeat = Effect.forever(
    Effect.andThen(
      Effect.sleep("5 seconds"),
      Effect.suspend(() => report(latest))
    )
  )
  return Effect.raceFirst(work(noted), repeat)
}
