/** Gives jobs to Restate, one JSON on each line of the standard input, and prints what became of each. */
import { createInterface } from "node:readline"
import { connect, HttpCallError } from "@restatedev/restate-sdk-clients"
import type { Input } from "cometapi-runway/promise"
import type { generate } from "./generate.ts"

const ingress = connect({ url: process.env["RESTATE_URL"] ?? "http://127.0.0.1:8080" })

/** Restate answers with its error as JSON; the words in it are the client's. */
const words = (error: Error): string =>
  error instanceof HttpCallError ? String(JSON.parse(error.responseText).message) : error.message

const results: Array<Promise<void>> = []
for await (const line of createInterface(process.stdin)) {
  const { intent, input }: { readonly intent: string; readonly input: Input } = JSON.parse(line)
  const run = ingress.workflowClient<typeof generate>({ name: "generate" }, intent)
  // The same job again is the same run.
  await run.workflowSubmit(input)
  results.push(
    run.workflowAttach().then(
      (result) => console.log(JSON.stringify({ intent, ...result })),
      (error: Error) => console.log(JSON.stringify({ intent, error: words(error) }))
    )
  )
}
await Promise.all(results)
