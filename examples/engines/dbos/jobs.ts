/** Puts jobs into the queue, one JSON on each line of the standard input, and prints what became of each. */
import { createInterface } from "node:readline"
import { DBOSClient } from "@dbos-inc/dbos-sdk"
import { database, type generate, type Job } from "./generate.ts"

const client = await DBOSClient.create({ systemDatabaseUrl: database, applicationName: "videos" })
const results: Array<Promise<void>> = []
for await (const line of createInterface(process.stdin)) {
  const job: Job = JSON.parse(line)
  // The same job again is the same workflow.
  const target = { workflowName: "generate", queueName: "videos", workflowID: job.intent }
  const handle = await client.enqueue<typeof generate>(target, job)
  results.push(
    handle.getResult().then(
      (result) => console.log(JSON.stringify({ intent: job.intent, ...result })),
      (error: Error) => console.log(JSON.stringify({ intent: job.intent, error: error.message }))
    )
  )
}
await Promise.all(results)
await client.destroy()
