/**
 * Both packages as npm would publish them.
 *
 * @module
 */
import { execFile } from "node:child_process"
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

/** Builds both packages and packs them into a folder. */
export const pack = async (folder: string): Promise<{ readonly client: string; readonly mock: string }> => {
  await tool("tsdown/dist/run.mjs", "--log-level", "warn")
  const tarballs = await run("npm", "pack", "--silent", "--pack-destination", folder, "./dist", "./mock/dist")
  const [client, mock] = tarballs.trim().split("\n")
  return { client: `${folder}/${client}`, mock: `${folder}/${mock}` }
}
