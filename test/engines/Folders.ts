/**
 * The example folders of other engines, installed: copies with their own packages from npm, and `cometapi-runway` as npm would publish it.
 *
 * The folders of the repository are left as they are.
 *
 * @module
 */
import { execFileSync } from "node:child_process"
import { cpSync, mkdirSync, symlinkSync } from "node:fs"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { pack } from "../package/Packed.ts"

const root = fileURLToPath(new URL("../../", import.meta.url))

const names = ["dbos", "restate", "recipes"] as const
export type Name = (typeof names)[number]

export const isName = (text: string): text is Name => names.some((name) => name === text)

/** Installs the folders named below a folder, outside of any `node_modules`, where Node would run no TypeScript. Gives where each is. */
export const install = async (
  folder: string,
  wanted: ReadonlyArray<Name> = names
): Promise<Readonly<Record<string, string>>> => {
  const { client } = await pack(folder)
  return Object.fromEntries(wanted.map((name) => [name, installed(name, join(folder, name), client)]))
}

const installed = (name: Name, home: string, client: string): string => {
  cpSync(join(root, "examples/engines", name), home, {
    recursive: true,
    filter: (path) => !path.includes(join("engines", name, "node_modules"))
  })
  execFileSync("npm", ["ci", "--silent"], { cwd: home, stdio: ["ignore", "inherit", "inherit"] })
  const target = join(home, "node_modules/cometapi-runway")
  mkdirSync(target)
  execFileSync("tar", ["-xzf", client, "--strip-components=1", "-C", target])
  symlinkSync(join(root, "node_modules/openapi-fetch"), join(home, "node_modules/openapi-fetch"))
  return home
}

/** Compiles a folder with its own compiler and settings; fails with what that says. */
export const compile = (home: string): void => {
  execFileSync(process.execPath, ["node_modules/typescript/lib/tsc.js", "-p", "."], { cwd: home, stdio: "inherit" })
}
