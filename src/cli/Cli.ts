/**
 * The `cometapi-runway` command and its subcommands. Each is a file of its own, and only the one that is called is loaded.
 *
 * @module
 */
import { Command } from "effect/cli"
import * as Output from "./Output.ts"
import type { Subcommand } from "./Subcommand.ts"

/** A new subcommand is one line here. */
const subcommands: Readonly<Record<string, () => Promise<Subcommand>>> = {
  generate: async () => (await import("./commands/Generate.ts")).generate,
  submit: async () => (await import("./commands/Submit.ts")).submit,
  get: async () => (await import("./commands/Get.ts")).get,
  wait: async () => (await import("./commands/Wait.ts")).wait,
  download: async () => (await import("./commands/Download.ts")).download,
  list: async () => (await import("./commands/List.ts")).list,
  batch: async () => (await import("./commands/Batch.ts")).batch,
  ledger: async () => (await import("./commands/Ledger.ts")).ledger,
  doctor: async () => (await import("./commands/Doctor.ts")).doctor,
  preflight: async () => (await import("./commands/Preflight.ts")).preflight,
  mcp: async () => (await import("./commands/Mcp.ts")).mcp
}

/** The command, with as many of its subcommands as these arguments need: one, or all where none is named. */
export const cli = async (args: ReadonlyArray<string>) => {
  const called = args.find((arg) => !arg.startsWith("-")) ?? ""
  const one = Object.hasOwn(subcommands, called) ? subcommands[called] : undefined
  const loaded = await Promise.all((one === undefined ? Object.values(subcommands) : [one]).map((load) => load()))
  return Command.make("cometapi-runway").pipe(
    Command.withDescription("CometAPI's Runway character performance (Act-Two) from a terminal"),
    Command.withSubcommands(loaded),
    Command.withGlobalFlags([Output.Json, Output.Quiet])
  )
}
