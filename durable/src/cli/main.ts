#!/usr/bin/env node
/**
 * The command: durable jobs of one machine, with nothing to install but this package.
 *
 * Complaints are in words, and SIGTERM and Ctrl-C let submissions finish.
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
import { again, run } from "./Run.ts"
import { adopt, release, status } from "./Status.ts"

/** An error that has been reported already; only its exit code is left. */
class Reported extends Error {
  override readonly [Runtime.errorReported] = false
}

Command.make("cometapi-runway-durable").pipe(
  Command.withDescription(
    "Durable jobs for CometAPI's Runway character performance: nothing is paid twice, whatever dies"
  ),
  Command.withSubcommands([run, status, adopt, release, again]),
  Command.run({ version: metadata.version }),
  Effect.catchTag(["Complaint", "RunwayError", "LedgerFailed"], ({ message }) =>
    Effect.andThen(Console.error(message), Effect.fail(new Reported()))
  ),
  Effect.provide(NodeServices.layer),
  NodeRuntime.runMain
)
