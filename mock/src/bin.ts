#!/usr/bin/env node
/**
 * What is run as `cometapi-runway-mock`: it lets Node keep what it compiles, and starts the command.
 *
 * A mock is started again for every run of somebody's tests, and compiling the same modules each time is much of the time until it answers. Nothing else may be
 * imported here, because what is loaded before the cache is on is compiled each time.
 *
 * @module
 */
import module from "node:module"

// Node 20 has no such cache.
module.enableCompileCache?.()
const { run } = await import("./Command.ts")
run()
