/**
 * `npm run release:publish`: publishes what the build made and the registry does not have yet, and tags it. The release workflow calls it; it changes no file.
 *
 * The manifests in the repository are private, so changesets itself publishes nothing: what goes out are the folders that `npm run build` writes.
 *
 * @module
 */
import { execFileSync, spawnSync } from "node:child_process"
import { readFileSync } from "node:fs"
import * as Predicate from "effect/Predicate"

const npm = (...args: ReadonlyArray<string>) => execFileSync("npm", [...args], { stdio: "inherit" })

/** Whether the registry has this version. Any other answer than "this one" or "not found" stops the release. */
const isPublished = (name: string, version: string): boolean => {
  const { stdout, stderr } = spawnSync("npm", ["view", `${name}@${version}`, "version", "--json"], { encoding: "utf8" })
  const answer: unknown = stdout.trim() === "" ? undefined : JSON.parse(stdout)
  if (answer === version) return true
  if (Predicate.hasProperty(answer, "error") && Predicate.hasProperty(answer.error, "code")) {
    if (answer.error.code === "E404") return false
  }
  throw new Error(`the registry does not say whether it has ${name}@${version}: ${stdout}${stderr}`)
}

npm("run", "build")
for (const folder of ["./dist", "./mock/dist", "./durable/dist"]) {
  const { name, version } = JSON.parse(readFileSync(`${folder}/package.json`, "utf8"))
  if (isPublished(name, version)) console.log(`${name}@${version} is published already`)
  else npm("publish", folder)
}
npm("exec", "changeset", "tag")
