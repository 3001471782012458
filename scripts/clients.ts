/**
 * `npm run clients -- --into DIR`: clients for the mock's controls in Python, Go and Java, written from their document by Redocly's generator.
 *
 * They are large and follow from the document, so the repository keeps none of them. The same generator reads the document of a running mock
 * too, for a project that does not have this repository: docs/testing.md has that command.
 *
 * @module
 */
import { execFileSync } from "node:child_process"
import { mkdirSync } from "node:fs"
import { join, resolve } from "node:path"
import { fileURLToPath } from "node:url"
import { parseArgs } from "node:util"

const root = fileURLToPath(new URL("../", import.meta.url))
const generator = join(root, "node_modules/@redocly/cli/bin/cli.js")

/** Each language, with the name of the file that it gets; the generator puts its own ending in place of `.ts`. */
const languages: Readonly<Record<string, { readonly file: string; readonly options: ReadonlyArray<string> }>> = {
  python: { file: "mock_control.ts", options: [] },
  go: { file: "control.ts", options: ["--go-package", "control"] },
  java: { file: "MockControl.ts", options: [] }
}

/** Writes the clients, each into a folder named for its language. */
const writeClients = (into: string): void => {
  for (const [language, { file, options }] of Object.entries(languages)) {
    const folder = join(resolve(into), language)
    mkdirSync(folder, { recursive: true })
    const args = [
      "generate-client",
      "mock-control",
      "--generator",
      language,
      "--output",
      join(folder, file),
      ...options
    ]
    execFileSync(process.execPath, [generator, ...args], { cwd: root, stdio: ["ignore", "ignore", "pipe"] })
    console.log(`${language}: ${folder}`)
  }
}

const { into } = parseArgs({ options: { into: { type: "string" } } }).values
if (into === undefined) {
  console.error("Say where the clients go: npm run clients -- --into DIR")
  process.exitCode = 2
} else writeClients(into)
