/**
 * The packages as npm would publish them.
 *
 * @module
 */
import { execFile, execFileSync } from "node:child_process"
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"
import { promisify } from "node:util"

const root = fileURLToPath(new URL("../../", import.meta.url))

/** Runs a program in the repository's folder; fails with what it said when it fails. */
const run = async (program: string, ...args: ReadonlyArray<string>): Promise<string> => {
  try {
    return (await promisify(execFile)(program, [...args], { cwd: root })).stdout
  } catch (error) {
    const { stdout, stderr } = error as { readonly stdout: string; readonly stderr: string }
    throw new Error(`${[program, ...args].join(" ")}\n${stdout}${stderr}`, { cause: error })
  }
}

/** Runs what a development dependency has installed. */
export const tool = (path: string, ...args: ReadonlyArray<string>): Promise<string> =>
  run(process.execPath, `${root}node_modules/${path}`, ...args)

/** The packages' archives. */
export interface Tarballs {
  readonly client: string
  readonly mock: string
  readonly durable: string
}

/** Builds the packages and packs them into a folder. */
export const pack = async (folder: string): Promise<Tarballs> => {
  await tool("tsdown/dist/run.mjs", "--log-level", "warn")
  const folders = ["./dist", "./mock/dist", "./durable/dist"]
  const tarballs = await run("npm", "pack", "--silent", "--pack-destination", folder, ...folders)
  const [client, mock, durable] = tarballs.trim().split("\n")
  return { client: `${folder}/${client}`, mock: `${folder}/${mock}`, durable: `${folder}/${durable}` }
}

/** A project that has installed some of the packages, and from the repository what those depend on and the optional ones that it wants. */
export const install = (
  home: string,
  installed: Readonly<Record<string, string>>,
  optional: ReadonlyArray<string> = ["effect"]
): string => {
  mkdirSync(join(home, "node_modules/.bin"), { recursive: true })
  writeFileSync(join(home, "package.json"), JSON.stringify({ type: "module" }))
  const wanted = new Set<string>(optional)
  for (const [name, tarball] of Object.entries(installed)) {
    const target = join(home, "node_modules", name)
    mkdirSync(target)
    execFileSync("tar", ["-xzf", tarball, "--strip-components=1", "-C", target])
    const manifest = JSON.parse(readFileSync(join(target, "package.json"), "utf8"))
    for (const dependency of Object.keys({ ...manifest.dependencies, ...manifest.peerDependencies })) {
      const isOptional = manifest.peerDependenciesMeta?.[dependency]?.optional === true
      if (!isOptional && !(dependency in installed)) wanted.add(dependency)
    }
    for (const [command, path] of Object.entries(manifest.bin)) {
      symlinkSync(`../${name}/${path}`, join(home, "node_modules/.bin", command))
    }
  }
  for (const dependency of wanted) {
    const link = join(home, "node_modules", dependency)
    mkdirSync(dirname(link), { recursive: true })
    symlinkSync(join(root, "node_modules", dependency), link)
  }
  return home
}
