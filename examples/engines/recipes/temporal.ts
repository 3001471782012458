/** A video as a workflow of Temporal. Its id is the job's intent. Compiled, and not run. */
import { proxyActivities } from "@temporalio/workflow"
import type * as activities from "./temporal-activities.ts"

const { submit, wait, keep } = proxyActivities<typeof activities>({
  // The client waits for a task for 30 minutes.
  startToCloseTimeout: "35 minutes",
  // Patient enough for a sender that died: until its time is over (90 seconds), nobody may say that its request is lost.
  retry: { initialInterval: "5 seconds", backoffCoefficient: 1.5, maximumInterval: "1 minute", maximumAttempts: 20 }
})

export const generate = async (job: activities.Job): Promise<{ readonly taskId: string; readonly place: string }> => {
  const taskId = await submit(job)
  await wait(taskId)
  return { taskId, place: await keep(taskId) }
}
