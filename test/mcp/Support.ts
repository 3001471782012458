/**
 * An agent: the protocol's own client, and the real command as its server, in a process of its own.
 *
 * @module
 */
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join, resolve } from "node:path"
import { Client } from "@modelcontextprotocol/sdk/client/index.js"
import { StdioClientTransport } from "@modelcontextprotocol/sdk/client/stdio.js"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"

export const main = resolve("src/cli/main.ts")

/** No secret: it is one of the worlds of a mock. It must be shown nowhere all the same. */
export const key = "sk-mcp-agent-secret-4242"

export const input = {
  character: { type: "image", uri: "https://example.com/portrait.png?sig=SECRET-SIGNATURE" },
  reference: { type: "video", uri: "https://example.com/performance.mp4?sig=SECRET-SIGNATURE" }
}

/** What a process of the command has. Compiling the same modules each time would be most of what these tests do. */
export const usual = (state: string) => ({
  PATH: process.env["PATH"] ?? "",
  NODE_COMPILE_CACHE: resolve("node_modules/.cache/compiled"),
  XDG_STATE_HOME: state,
  COMETAPI_KEY: key
})

/** A folder that is gone with the scope. */
export const folder = Effect.acquireRelease(
  Effect.sync(() => mkdtempSync(join(tmpdir(), "cometapi-runway-mcp-"))),
  (path) => Effect.sync(() => rmSync(path, { recursive: true, force: true }))
)

/** What a tool answers, as it is read by an agent. */
const Result = Schema.Struct({
  isError: Schema.optional(Schema.Boolean),
  content: Schema.Array(Schema.Struct({ type: Schema.Literal("text"), text: Schema.String }))
})

const Data = Schema.Record(Schema.String, Schema.Unknown)

/** The same as data: the tool's result, or its failure. */
interface Answer {
  readonly isError: boolean
  readonly [field: string]: unknown
}

export interface Asked {
  readonly state: string
  readonly baseUrl: string
  readonly args?: ReadonlyArray<string>
}

/** An agent with a server of its own, which ends with the scope. */
export const agent = ({ state, baseUrl, args = ["--budget", "1", "--no-preflight"] }: Asked) =>
  Effect.acquireRelease(
    Effect.promise(async () => {
      const transport = new StdioClientTransport({
        command: process.execPath,
        args: [main, "mcp", "--live", ...args],
        env: { ...usual(state), COMETAPI_BASE_URL: baseUrl },
        stderr: "pipe"
      })
      const client = new Client({ name: "a-test", version: "1.0.0" })
      const said = { err: "" }
      transport.stderr?.on("data", (chunk) => {
        said.err += chunk
      })
      await client.connect(transport)
      /** Calls a tool, and gives its answer as data. */
      const call = async (
        name: string,
        parameters: object = {},
        options: Parameters<Client["callTool"]>[2] = {}
      ): Promise<Answer> => {
        const answer = await client.callTool({ name, arguments: { ...parameters } }, undefined, options)
        const { isError = false, content } = Schema.decodeUnknownSync(Result)(answer)
        return { ...Schema.decodeUnknownSync(Data)(JSON.parse(content[0]?.text ?? "{}")), isError }
      }
      const kill = () => {
        const { pid } = transport
        if (pid !== null) process.kill(pid, "SIGKILL")
      }
      const submit = (more: object = {}) => call("submit_character_performance", { ...input, ...more })
      return { client, call, submit, kill, said }
    }),
    ({ client }) => Effect.promise(() => client.close())
  )
