/**
 * A process that makes character performances with the client as it ships and a ledger file.
 *
 * It is started by `Workers.ts`, killed, stopped and woken up. The order in which it takes the intents comes from its seed.
 *
 * @module
 */
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as Schedule from "effect/Schedule"
import { CharacterPerformance, Runway } from "../../src/index.ts"
import { LedgerFile } from "../../src/Ledger.ts"
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

const task: Task = JSON.parse(process.argv[2] ?? "{}")

/** Has an intent made, as far as it may: it ends with a video, with an unknown outcome, or with no budget left. */
const make = (index: number) =>
  Effect.gen(function* () {
    for (;;) {
      const input = {
        character: { type: "image", uri: "https://example.com/portrait.png" },
        reference: { type: "video", uri: "https://example.com/performance.mp4" },
        // The provider's words for the intent.
        seed: index
      } as const
      const ended = yield* Effect.result(CharacterPerformance.generate(input, { intent: `job-${index}` }))
      if (ended._tag === "Success") return
      const { reason } = ended.failure
      if (reason._tag === "BudgetExceeded" || reason._tag === "OutcomeUnknown") return
      if (reason._tag === "IntentUnresolved" && reason.state === "unknown") return
      // Another is at it, the provider has no room, or this process was held up.
      if (!ended.failure.isRetryable) return yield* Effect.die(ended.failure)
      yield* Effect.sleep("20 millis")
    }
  })

const next = random(task.seed)
const intents = Array.from({ length: task.intents }, (_, index) => index)
  .map((index) => [next(), index] as const)
  .sort(([a], [b]) => a - b)

const client = Runway.layer({
  apiKey: "sk-chaos",
  baseUrl: task.url,
  attemptTimeout: task.attemptTimeout,
  // An answer that comes is waited for; a process that is told to end has no more time than that.
  interruptGrace: task.attemptTimeout,
  retry: Schedule.spaced("20 millis").pipe(Schedule.upTo({ times: 4 })),
  poll: { firstAfter: 0, schedule: Schedule.spaced("20 millis") },
  budget: { jobs: task.budget }
}).pipe(Layer.provide(LedgerFile.layer({ file: task.file, slack: task.slack })))

const program = Effect.forEach(intents, ([, index]) => make(index), { concurrency: 4, discard: true }).pipe(
  Effect.provide([client, Logger.layer([])])
)

const fiber = Effect.runFork(program)
process.once("SIGTERM", () => Effect.runFork(Fiber.interrupt(fiber)))
const exit = await Effect.runPromise(Fiber.await(fiber))
if (Exit.isFailure(exit) && !Exit.hasInterrupts(exit)) console.error(exit.cause)
process.exit(Exit.isSuccess(exit) ? 0 : 1)
