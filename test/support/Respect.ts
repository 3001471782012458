/**
 * Redocly's `respect`, which runs the job as it is written in `openapi/character-performance.arazzo.yaml` against a server.
 *
 * It changes one thing in the document, in a copy: a step that is tried again waits no time, because the mock's virtual clock moves when it is asked.
 *
 * @module
 */
import { spawn } from "node:child_process"
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { createRequire } from "node:module"
import { tmpdir } from "node:os"
import { join } from "node:path"

const cli = join(createRequire(import.meta.url).resolve("@redocly/cli/package.json"), "../bin/cli.js")

export const workflowFile = "openapi/character-performance.arazzo.yaml"

/** What came of one run. */
export interface Verdict {
  readonly code: number | null
  /** Everything that was printed. */
  readonly text: string
  /** What was counted, as `50 passed, 50 total`. */
  readonly checks: string | undefined
  readonly workflows: string | undefined
}

export interface Run {
  readonly url: string
  readonly key: string
  /** Only this workflow. */
  readonly workflow?: string
  /** What the document is to say instead, before it is run. */
  readonly edit?: (document: string) => string
  /** Whether every request and answer is printed. */
  readonly verbose?: boolean
}

const inputs = { character: "https://example.com/portrait.png", reference: "https://example.com/performance.mp4" }

/** Runs the document. */
export const respect = async ({
  url,
  key,
  workflow,
  edit = (document) => document,
  verbose
}: Run): Promise<Verdict> => {
  const folder = mkdtempSync(join(tmpdir(), "respect-"))
  try {
    // Beside the copy, so that its telemetry is off there as well.
    for (const file of ["openapi/cometapi-runway.yaml", "redocly.yaml"])
      copyFileSync(file, join(folder, file.split("/").at(-1) ?? file))
    const document = readFileSync(workflowFile, "utf8").replaceAll(/retryAfter: \d+/g, "retryAfter: 0")
    writeFileSync(join(folder, "job.arazzo.yaml"), edit(document))
    const given = Object.entries({ key, ...inputs }).flatMap(([name, value]) => ["--input", `${name}=${value}`])
    const only = workflow === undefined ? [] : ["--workflow", workflow]
    const shown = verbose === true ? ["--verbose"] : []
    const args = ["respect", "job.arazzo.yaml", "--server", `runway=${url}`, ...given, ...only, ...shown]
    const env = { ...process.env, REDOCLY_TELEMETRY: "off", REDOCLY_SUPPRESS_UPDATE_NOTICE: "true", NO_COLOR: "1" }
    return await new Promise<Verdict>((resolve, reject) => {
      const child = spawn(process.execPath, [cli, ...args], { cwd: folder, env, stdio: ["ignore", "pipe", "pipe"] })
      let text = ""
      for (const stream of [child.stdout, child.stderr]) stream.setEncoding("utf8").on("data", (part) => (text += part))
      child.once("error", reject)
      child.once("close", (code) => {
        const counted = (what: string) => new RegExp(`${what}: (.+ total)`).exec(text)?.[1]
        resolve({ code, text, checks: counted("Checks"), workflows: counted("Workflows") })
      })
    })
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
