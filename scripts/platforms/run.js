/** The probe as a program, for Node, Bun and Deno: cases come in one argument, what happened goes to standard output. */
import process from "node:process"
import { probe } from "./probe.js"

process.stdout.write(`${JSON.stringify(await probe(JSON.parse(process.argv[2])))}\n`)
process.exit(0)
