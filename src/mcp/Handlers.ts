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
import * as CharacterPerformance from "../CharacterPerformance.ts"
import { defined } from "../Defined.ts"
import type { Budget } from "../ledger/Budget.ts"
import type { Entry } from "../ledger/Entry.ts"
import * as Intent from "../ledger/Intent.ts"
import { Ledger } from "../ledger/Ledger.ts"
import type { LedgerFailed } from "../ledger/LedgerError.ts"
import * as Preflight from "../Preflight.ts"
import * as Purchase from "../Purchase.ts"
import { Runway } from "../Runway.ts"
import type { RunwayError } from "../RunwayError.ts"
import * as Task from "../Task.ts"
import * as Failure from "./Failure.ts"
import { defaultWait, type TaskView, tools } from "./Tools.ts"

/** What the server may do. */
export interface Powers {
  /** What may be spent in all at a provider, by its origin. */
  readonly budget: (baseUrl: string) => Budget & { readonly name: string }
  /** The name of an intent at a provider, by the digest of its body: a mock's jobs mean nothing to the real one. */
  readonly intent: (baseUrl: string, digest: string) => string
  /** How assets are looked at before a job is paid; nothing: they are not. */
  readonly preflight: Preflight.PreflightOptions | undefined
}

const operation = "POST /runwayml/v1/character_performance"

/** What every tool works with. */
interface Desk {
  readonly ledger: typeof Ledger.Service
  readonly budget: ReturnType<Powers["budget"]>
  readonly intent: (digest: string) => string
  readonly preflight: Powers["preflight"]
}

/** The tools' work. */
export const layer = (powers: Powers) =>
  tools.toLayer(
    Effect.gen(function* () {
      const context = yield* Effect.context<Runway | Ledger>()
      const { notifications } = yield* McpServer
      const { baseUrl } = yield* Runway
      const { preflight } = powers
      const desk: Desk = {
        ledger: yield* Ledger,
        budget: powers.budget(baseUrl),
        intent: (digest) => powers.intent(baseUrl, digest),
        preflight
      }

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
            return told(keptAlive(report, (report) => wait(id, timeoutSeconds, report)))
          }),
        list_jobs: () => told(listJobs(desk))
      }
    })
  )

const submit = Effect.fnUntraced(function* ({ ledger, budget, intent, preflight }: Desk, sent: unknown) {
  // Whatever an agent sends: the contract's check takes anything, and says what is wrong with it.
  const input = sent as CharacterPerformance.Input
  const body = yield* CharacterPerformance.validate(input)
  let reuse: Purchase.Reuse | undefined
  const taskId = yield* CharacterPerformance.submit(input, {
    intent: intent(yield* Intent.digest(operation, body)),
    budget,
    preflight: preflight === undefined ? undefined : Preflight.checkWith(preflight),
    onReused: (known) =>
      Effect.sync(() => {
        reuse = known
      })
  })
  const advice = adviceAfter(reuse)
  return { taskId, isNew: reuse === undefined, budget: yield* ledger.budget(budget), advice }
})

const wait = Effect.fnUntraced(function* (id: string, seconds: number, report: Report) {
  const task = yield* Task.watch(id, { deadline: Duration.seconds(seconds) }).pipe(
    Stream.tap((task) => report(task)),
    Stream.runLast,
    Effect.map(Option.getOrUndefined),
    Effect.catchReason("RunwayError", "WaitTimedOut", (_, { lastTask }) => Effect.succeed(lastTask))
  )
  return viewOf(id, task)
})

/** A look at a task. One that the ledger knows as paid exists, also while the provider does not show it. */
const look = Effect.fnUntraced(function* ({ ledger }: Desk, id: string) {
  const looked = yield* Effect.result(Task.get(id))
  if (Result.isSuccess(looked)) {
    const task = looked.success
    if (Task.isTerminal(task)) yield* Purchase.settle(task, ledger)
    return viewOf(id, task)
  }
  const [entry] = looked.failure.is("TaskNotFound") ? yield* ledger.list({ taskId: id, limit: 1 }) : []
  return entry === undefined ? yield* looked.failure : viewOf(id, undefined)
})

const listJobs = Effect.fnUntraced(function* ({ ledger, budget }: Desk) {
  const { pending, unknown } = yield* ledger.sweep
  const sending = yield* ledger.list({ state: "sending" })
  const own = (entries: ReadonlyArray<Entry>) => entries.filter((entry) => entry.budget === budget.name).map(entryOf)
  const lists = { pending: own(pending), unknown: own(unknown), sending: own(sending) }
  return { ...lists, budget: yield* ledger.budget(budget) }
})

const adviceAfter = (reuse: Purchase.Reuse | undefined): string => {
  if (reuse === undefined) return "The job is paid and under way. Call wait_for_task with the id"
  const end = reuse.because === "submitted" ? "is under way or done" : `has ${reuse.because}`
  return `This input was submitted before, and nothing was paid now: its job ${end}. Call wait_for_task with the id, or change the seed for a new, newly paid one`
}

/** The assets of whatever an agent sends. What is missing becomes a finding. */
const assetsOf = (input: unknown): Preflight.Input => {
  const { character, reference } = Object(input)
  return { character: character ?? "", reference: reference ?? "" }
}

const entryOf = ({ sentAt, micros, taskId, why }: Entry) => ({
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
