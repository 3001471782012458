/**
 * Programs of other people that the repository does not have: installed when somebody asks for them, at exactly one version, into node_modules/.cache.
 *
 * @module
 */
import { execFileSync } from "node:child_process"
import { existsSync, mkdirSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { fileURLToPath } from "node:url"

export const root = fileURLToPath(new URL("../../", import.meta.url))

/** What tools of other people must not do here. */
export const quiet = { ...process.env, REDOCLY_TELEMETRY: "off", SCARF_ANALYTICS: "false", DO_NOT_TRACK: "1" }

/** The folder of a package. One without a version is there. */
export const packageOf = (name: string, version: string | undefined): string => {
  if (version === undefined) return join(root, "node_modules", name)
  const home = join(root, "node_modules/.cache/referees", `${name}@${version}`)
  const folder = join(home, "node_modules", name)
  if (existsSync(folder)) return folder
  mkdirSync(home, { recursive: true })
  writeFileSync(join(home, "package.json"), "{}")
  const settings = ["--silent", "--save-exact", "--ignore-scripts"]
  execFileSync("npm", ["install", ...settings, `${name}@${version}`], { cwd: home, stdio: "inherit" })
  return folder
}
