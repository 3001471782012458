/** Makes the videos of the jobs in the queue. Any number of these may run; each needs a name of its own, for example that of its machine. */
import { DBOS } from "@dbos-inc/dbos-sdk"
import { database, runway } from "./generate.ts"

DBOS.setConfig({
  name: "videos",
  systemDatabaseUrl: database,
  // Jobs of a process that died are taken up by the next one of this name and version.
  executorID: process.env["WORKER"] ?? "one",
  applicationVersion: "1",
  enableOTLP: false,
  logLevel: "warn"
})
await DBOS.launch()
// When a process is killed, nobody knows how the requests that it was just sending have ended. There are at most this many.
await DBOS.registerQueue("videos", { workerConcurrency: 10 })
// Requests that have left are let finish, so that their ids are written down. Everything else is for the next process.
process.once("SIGTERM", async () => {
  await runway.close()
  process.exit()
})
console.log("ready")
