/** The page about the server for agents: its configurations are JSON that starts this command, and its tools are those that there are. */
import { readFileSync } from "node:fs"
import * as Schema from "effect/Schema"
import { describe, expect, it } from "vitest"
import { mcp } from "../../src/cli/commands/Mcp.ts"
import { tools } from "../../src/mcp/Tools.ts"

const page = readFileSync("docs/mcp.md", "utf8")

const Server = Schema.Struct({
  command: Schema.Literal("npx"),
  args: Schema.Array(Schema.String),
  env: Schema.Struct({ COMETAPI_KEY: Schema.NonEmptyString })
})

/** The servers of a configuration, whatever the client calls their place. */
const Configuration = Schema.Union([
  Schema.Struct({ mcpServers: Schema.Record(Schema.String, Server) }),
  Schema.Struct({ servers: Schema.Record(Schema.String, Server), inputs: Schema.Array(Schema.Unknown) })
])

describe("the page about the server for agents", () => {
  const configurations = [...page.matchAll(/```json\n([\s\S]*?)```/g)].map(([, json = ""]) => json)

  it("has a configuration for each of three clients", () => {
    expect(configurations).toHaveLength(3)
    for (const client of ["Claude Desktop", "Cursor", "VS Code"]) expect(page).toContain(client)
  })

  it.each(configurations)("has one that starts the command with a budget: %s", (json) => {
    const configuration = Schema.decodeUnknownSync(Configuration, { onExcessProperty: "ignore" })(JSON.parse(json))
    const servers = "mcpServers" in configuration ? configuration.mcpServers : configuration.servers
    expect(Object.keys(servers)).toEqual(["cometapi-runway"])
    for (const { args } of Object.values(servers)) {
      expect(args.slice(0, 3)).toEqual(["-y", "cometapi-runway", mcp.name])
      expect(args).toContain("--live")
      expect(args).toContain("--budget")
    }
  })

  it("names every tool, and no other", () => {
    const [, section = ""] = page.split("\n## Tools\n")
    const named = [...section.matchAll(/^\| `(\w+)` \|/gm)].map(([, name]) => name)
    expect(named.sort()).toEqual(Object.keys(tools.tools).sort())
  })
})
