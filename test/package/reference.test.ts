import { execFileSync } from "node:child_process"
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join, resolve } from "node:path"
import ts from "typescript"
import { expect, it } from "vitest"

const { entryPoints }: { readonly entryPoints: ReadonlyArray<string> } = ts.readConfigFile(
  "typedoc.jsonc",
  ts.sys.readFile
).config

/** The sources that a manifest's exports name. */
const exported = (folder: string): ReadonlyArray<string> => {
  const { exports }: { readonly exports: Readonly<Record<string, string>> } = JSON.parse(
    readFileSync(join(folder, "package.json"), "utf8")
  )
  return Object.values(exports)
    .filter((target) => target.endsWith(".ts"))
    .map((target) => join(folder, target))
}

it("the API reference has every public entry", () => {
  // The main entry has these as namespaces, or all that they export.
  const index = readFileSync("src/index.ts", "utf8")
  const missing = [...exported("."), ...exported("mock"), ...exported("durable")].filter(
    (source) => !entryPoints.includes(source) && !index.includes(`from "./${source.replace("src/", "")}"`)
  )
  expect(missing).toEqual([])
})

it("the API reference is made from the docstrings without a warning", { timeout: 600_000 }, () => {
  const out = mkdtempSync(join(tmpdir(), "cometapi-runway-api-"))
  try {
    // Warnings are errors in typedoc.jsonc.
    execFileSync(process.execPath, [resolve("node_modules/typedoc/bin/typedoc"), "--out", out], { stdio: "pipe" })
    expect(existsSync(join(out, "index.html"))).toBe(true)
  } finally {
    rmSync(out, { recursive: true })
  }
})
