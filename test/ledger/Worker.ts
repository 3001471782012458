/**
 * A process that has intents made: it claims each in a ledger file, sends its request to a provider, and writes down how it ended.
 *
 * It is started by `Workers.ts`, killed, stopped and woken up. The order in which it takes the intents comes from its seed.
 *
 * @module
 */
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Option from "effect/Option"
import type { Verdict } from "../../src/ledger/Entry.ts"
import { sendOnce } from "../../src/ledger/Ledger.ts"
import * as LedgerFile from "../../src/ledger/LedgerFile.ts"
import type { Claimed } from "../../src/ledger/Rules.ts"
import { random } from "./Random.ts"

/** What a worker is told, as JSON in its first argument. */
export interface Task {
  readonly file: string
  readonly url: string
  readonly intents: number
  readonly seed: number
  readonly budget?: number
  readonly attemptTimeout: number
  readonly slack: number
}

/** No request has left, or its refusal is a proof. */
class NoJob {
  readonly _tag = "NoJob"
  readonly why: string
  constructor(why: string) {
    this.why = why
  }
}
class Lost {
  readonly _tag = "Lost"
  readonly why: string
  constructor(why: string) {
    this.why = why
  }
}

const task: Task = JSON.parse(process.argv[2] ?? "{}")

const post = (claimed: Claimed): Effect.Effect<string, NoJob | Lost> =>
  Effect.tryPromise({
    try: async (signal) => {
      if (Date.now() >= claimed.sendBefore) throw new NoJob("its time was over before it could be sent")
      const timeout = AbortSignal.any([signal, AbortSignal.timeout(task.attemptTimeout)])
      const response = await fetch(task.url, { method: "POST", body: claimed.entry.intent, signal: timeout })
      if (response.status === 429) throw new NoJob("429")
      return await response.text()
    },
    catch: (cause) => (cause instanceof NoJob ? cause : new Lost(String(cause)))
  })

const verdictOf = (exit: Exit.Exit<string, NoJob | Lost>): Verdict => {
  if (Exit.isSuccess(exit)) return { _tag: "Accepted", taskId: exit.value }
  const error = Option.getOrUndefined(Exit.findErrorOption(exit))
  if (error?._tag === "NoJob") return { _tag: "Refused", why: error.why }
  return { _tag: "Unknown", why: error?.why ?? "interrupted" }
}

/** Has an intent made, as far as it may: it ends with an id, with an unknown outcome, or with no budget left. */
const make = (intent: string) =>
  Effect.gen(function* () {
    for (;;) {
      const request = { intent, digest: intent, attemptTimeout: task.attemptTimeout, budget: { jobs: task.budget } }
      const ended = yield* Effect.result(sendOnce(request, post, verdictOf))
      if (ended._tag === "Failure" && ended.failure._tag === "BudgetExceeded") return
      if (ended._tag === "Failure" && ended.failure._tag !== "NoJob" && ended.failure._tag !== "Lost")
        return yield* Effect.die(ended.failure)
      if (ended._tag === "Success" && ended.success._tag !== "Busy") return
      // Another is at it, or the provider has no room.
      yield* Effect.sleep("20 millis")
    }
  })

const next = random(task.seed)
const intents = Array.from({ length: task.intents }, (_, index) => `job-${index}`)
  .map((intent) => [next(), intent] as const)
  .sort(([a], [b]) => a - b)

const program = Effect.forEach(intents, ([, intent]) => make(intent), { concurrency: 4, discard: true }).pipe(
  Effect.provide(LedgerFile.layer({ file: task.file, slack: task.slack }))
)

const fiber = Effect.runFork(program)
process.once("SIGTERM", () => Effect.runFork(Fiber.interrupt(fiber)))
const exit = await Effect.runPromise(Fiber.await(fiber))
if (Exit.isFailure(exit) && !Exit.hasInterrupts(exit)) console.error(exit.cause)
process.exit(Exit.isSuccess(exit) ? 0 : 1)
