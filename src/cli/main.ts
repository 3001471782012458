#!/usr/bin/env node
/**
 * Runs the command: complaints in words, crashes with their trace, Ctrl-C as an interruption.
 *
 * @module
 */
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as NodeServices from "@effect/platform-node/NodeServices"
import * as Console from "effect/Console"
import { Command } from "effect/cli"
import * as Effect from "effect/Effect"
import * as Runtime from "effect/Runtime"
import metadata from "../../package.json" with { type: "json" }
import { cli } from "./Cli.ts"

/** An error that has been reported already; only its exit code is left. */
class Reported extends Error {
  override readonly [Runtime.errorReported] = false
}

cli.pipe(
  Command.run({ version: metadata.version }),
  Effect.catchTag(["RunwayError", "Complaint"], (error) =>
    Effect.andThen(Console.error(error.message), Effect.fail(new Reported()))
  ),
  Effect.provide(NodeServices.layer),
  NodeRuntime.runMain
)
