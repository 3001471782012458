#!/usr/bin/env node
/**
 * Starts the command. Everything it needs is loaded afterwards, so that Node can keep what it has compiled for the next time.
 *
 * @module
 */
import * as module from "node:module"

// Node 22 and later. What cannot be kept is compiled each time, as before.
module.enableCompileCache?.()

const { start } = await import("./Start.ts")

start(process.argv.slice(2))
