/**
 * The tools as a Model Context Protocol server on standard input and output, for agents.
 *
 * Standard output carries the protocol and nothing else. It cannot be made without a ledger and a budget.
 *
 * @module
 */
import * as McpProtocol from "effect/ai/McpProtocol"
import * as McpServer from "effect/ai/McpServer"
import * as Layer from "effect/Layer"
import * as Handlers from "./Handlers.ts"
import { tools } from "./Tools.ts"

export type { Powers } from "./Handlers.ts"

const instructions =
  "Makes character performance videos (Runway Act-Two at CometAPI). Each new input costs money out of a fixed budget. " +
  "Order of work: preflight, submit_character_performance, wait_for_task. After an error do what its advice says; never change an input only to get past a refusal."

/** The server, which runs for as long as the layer is held. */
export const layer = (powers: Handlers.Powers, version: string) =>
  McpServer.layerStdio({
    name: "cometapi-runway",
    version,
    instructions,
    protocols: [McpProtocol.v2025_11_25, McpProtocol.v2025_06_18, McpProtocol.v2025_03_26, McpProtocol.v2024_11_05],
    registrations: McpServer.toolkit(tools).pipe(Layer.provide(Handlers.layer(powers)))
  })
