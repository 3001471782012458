/** The steps of a video as activities of Temporal. Compiled, and not run. */
import { ApplicationFailure } from "@temporalio/common"
import { createRunway, type Input, RunwayError } from "cometapi-runway/promise"

export interface Job {
  /** The name under which it is paid once, for example the number of your own order. */
  readonly intent: string
  readonly input: Input
}

/** For the workers of one machine. For many machines the ledger is in PostgreSQL, as in the example of DBOS. */
const runway = createRunway({ ledger: "ledger.sqlite" })

/** Words only are given to Temporal, because the error itself has the task, and with it the URL of a video. */
const step = <A>(run: () => Promise<A>): Promise<A> =>
  run().catch((error: unknown) => {
    if (!(error instanceof RunwayError)) throw error
    const { message, reason, isRetryable } = error
    throw isRetryable
      ? ApplicationFailure.retryable(message, reason._tag)
      : ApplicationFailure.nonRetryable(message, reason._tag)
  })

export const submit = ({ intent, input }: Job): Promise<string> =>
  step(() => runway.characterPerformance.submit(input, { intent }))

export const wait = (taskId: string): Promise<void> =>
  step(async () => {
    await runway.task(taskId)
  })

/** Asks for the task again, because the URL of a video is not to be stored, and expires. */
export const keep = (taskId: string): Promise<string> =>
  step(async () => {
    const video = await runway.task(taskId)
    return (await video.save(`videos/${taskId}.mp4`)).path
  })
