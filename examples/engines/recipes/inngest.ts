/** A video as a function of Inngest, started by the event `video/wanted`. Compiled, and not run. */
import { createRunway, type Input, RunwayError } from "cometapi-runway/promise"
import { eventType, Inngest, NonRetriableError, RetryAfterError, staticSchema } from "inngest"

const inngest = new Inngest({ id: "videos" })
const runway = createRunway({ ledger: "ledger.sqlite" })

const wanted = eventType("video/wanted", {
  schema: staticSchema<{ readonly intent: string; readonly input: Input }>()
})

/** Words only are given to Inngest, because the error itself has the task, and with it the URL of a video. */
const step = <A>(run: () => Promise<A>): Promise<A> =>
  run().catch((error: unknown) => {
    if (!(error instanceof RunwayError)) throw error
    // Patient enough for a sender that died: until its time is over (90 seconds), nobody may say that its request is lost.
    throw error.isRetryable ? new RetryAfterError(error.message, "45s") : new NonRetriableError(error.message)
  })

export const generate = inngest.createFunction(
  { id: "generate", triggers: [wanted], idempotency: "event.data.intent", retries: 20 },
  async ({ event, step: durably }) => {
    const { intent, input } = event.data
    const submit = () => runway.characterPerformance.submit(input, { intent })
    const taskId = await durably.run("submit", () => step(submit))
    // One request of Inngest per look, and none while it sleeps: a function on a platform may not run for as long as a video takes.
    let state = "Queued"
    for (let look = 1; !["Succeeded", "Failed", "Cancelled"].includes(state); look++) {
      await durably.sleep(`pause ${look}`, "15s")
      state = await durably.run(`look ${look}`, () => step(async () => (await runway.get(taskId))._tag))
    }
    const keep = async () => {
      const video = await runway.task(taskId)
      return (await video.save(`videos/${taskId}.mp4`)).path
    }
    // A task that failed is told here, in the client's words.
    return { taskId, place: await durably.run("keep", () => step(keep)) }
  }
)
