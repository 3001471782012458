/** A video as a workflow on DBOS. A step that DBOS runs again pays nothing again: the ledger knows its intent. */
import { DBOS } from "@dbos-inc/dbos-sdk"
import * as PgClient from "@effect/sql-pg/PgClient"
import { Ledger, LedgerFailed, LedgerSql } from "cometapi-runway/ledger"
import { createRunway, type Input, RunwayError } from "cometapi-runway/promise"
import { Effect, Layer, Redacted } from "effect"

export interface Job {
  /** The name under which it is paid once, for example the number of your own order. */
  readonly intent: string
  readonly input: Input
}

export const database = process.env["DATABASE_URL"] ?? "postgres://postgres@127.0.0.1:5432/videos"

/** In the same database as DBOS's own tables. One that cannot be reached now is asked again with the next step. */
const ledger = LedgerSql.layer().pipe(
  Layer.provide(PgClient.layer({ url: Redacted.make(database) })),
  Layer.catchTag("SqlError", ({ message: problem, isRetryable: transient }) =>
    Layer.effect(Ledger, Effect.fail(new LedgerFailed({ doing: "open", store: "in PostgreSQL", problem, transient })))
  )
)

export const runway = createRunway({ ledger })

/** What DBOS may store of an error: its words. The error itself has the task, and with it the URL of a video. */
class StepFailed extends Error {
  readonly isRetryable: boolean
  constructor({ message, isRetryable }: RunwayError) {
    super(message)
    this.isRetryable = isRetryable
  }
}

/** Patient enough for a sender that died: until its time is over (90 seconds), nobody may say that its request is lost. */
const step = <A>(name: string, run: () => Promise<A>): Promise<A> =>
  DBOS.runStep(
    () =>
      run().catch((error: unknown) => {
        // This process is ending, and the step with it: it is for the next one to run it again, so nothing is to be stored.
        if (error instanceof Error && error.name === "AbortError") return new Promise<never>(() => {})
        throw error instanceof RunwayError ? new StepFailed(error) : error
      }),
    {
      name,
      retriesAllowed: true,
      intervalSeconds: 5,
      backoffRate: 1.5,
      maxAttempts: 12,
      shouldRetry: (error) => error instanceof StepFailed && error.isRetryable
    }
  )

/** The id is all that goes from step to step. Each asks for the task again, because the URL of a video is not to be stored, and expires. */
export const generate = DBOS.registerWorkflow(
  async ({ intent, input }: Job) => {
    const taskId = await step("submit", () => runway.characterPerformance.submit(input, { intent }))
    await step("wait", async () => {
      await runway.task(taskId)
    })
    const place = await step("keep", async () => {
      const video = await runway.task(taskId)
      return (await video.save(`videos/${taskId}.mp4`)).path
    })
    return { taskId, place }
  },
  { name: "generate" }
)
