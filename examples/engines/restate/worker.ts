/** Makes the videos that Restate asks for. */
import { createServer } from "node:http2"
import { createEndpointHandler } from "@restatedev/restate-sdk"
import { generate } from "./generate.ts"

const port = Number(process.env["PORT"] ?? 9080)
createServer(createEndpointHandler({ services: [generate] })).listen(port, "127.0.0.1", () => console.log("ready"))
