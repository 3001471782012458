/** Makes the videos that Restate asks for. */
import { createServer } from "node:http2"
import { createEndpointHandler } from "@restatedev/restate-sdk"
import { generate, runway } from "./generate.ts"

// Requests that have left are let finish, so that their ids are written down. Everything else Restate asks of the next process.
process.once("SIGTERM", async () => {
  await runway.close()
  process.exit()
})
const port = Number(process.env["PORT"] ?? 9080)
createServer(createEndpointHandler({ services: [generate] })).listen(port, "127.0.0.1", () => console.log("ready"))
