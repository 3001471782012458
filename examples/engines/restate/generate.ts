/** A video as a workflow on Restate. A step that Restate runs again pays nothing again: the ledger knows its intent. */
import * as restate from "@restatedev/restate-sdk"
import { createRunway, type Input, RunwayError } from "cometapi-runway/promise"

/** For the workers of one machine. For many machines the ledger is in PostgreSQL, as in the example of DBOS. */
export const runway = createRunway({ ledger: "ledger.sqlite" })

/** Patient enough for a sender that died: until its time is over (90 seconds), nobody may say that its request is lost. */
const patience = {
  initialRetryInterval: { seconds: 5 },
  maxRetryInterval: { minutes: 1 },
  maxRetryDuration: { minutes: 15 }
}

/**
 * The key of a run is the intent, the name under which its job is paid once. The id is all that goes from step to step: each asks for the task
 * again, because the URL of a video is not to be stored, and expires.
 */
export const generate = restate.workflow({
  name: "generate",
  handlers: {
    run: async (ctx: restate.WorkflowContext, input: Input) => {
      const intent = ctx.key
      const taskId = await ctx.run("submit", () => runway.characterPerformance.submit(input, { intent }), patience)
      const wait = async () => {
        await runway.task(taskId)
      }
      await ctx.run("wait", wait, patience)
      const keep = async () => {
        const video = await runway.task(taskId)
        return (await video.save(`videos/${taskId}.mp4`)).path
      }
      return { taskId, place: await ctx.run("keep", keep, patience) }
    }
  },
  options: {
    // A step may take as long as the client waits for a task, 30 minutes. Restate would cut it off and begin it anew before.
    inactivityTimeout: { minutes: 35 },
    // Where a worker is away, it is asked for again and again: whether anything was sent is the ledger's business.
    retryPolicy: { maxInterval: { seconds: 10 } },
    // Words only are stored; they hold no URL with its query. Whatever else goes wrong is tried again.
    asTerminalError: (error: unknown) =>
      error instanceof RunwayError && !error.isRetryable ? new restate.TerminalError(error.message) : undefined
  }
})
