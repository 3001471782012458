/**
 * What can be held of the examples of other engines without installing them. `npm run engines` installs, compiles and tries them.
 */
import { readdirSync, readFileSync } from "node:fs"
import { describe, expect, it } from "vitest"

const folders = readdirSync("examples/engines")
const page = readFileSync("docs/engines.md", "utf8")
const manifestOf = (folder: string) => JSON.parse(readFileSync(`${folder}/package.json`, "utf8"))
const root = manifestOf(".")
const sources = folders.flatMap((folder) =>
  readdirSync(`examples/engines/${folder}`)
    .filter((name) => name.endsWith(".ts"))
    .map((name) => readFileSync(`examples/engines/${folder}/${name}`, "utf8"))
)

describe("the examples of other engines", () => {
  it.each(folders)("%s stands on the page about them", (folder) => {
    expect(page).toContain(`](../examples/engines/${folder}/`)
  })

  it("are shown on it as they are", () => {
    const blocks = [...page.matchAll(/```typescript\n([\s\S]*?)```/g)].map(([, code = ""]) => code)
    expect(blocks).not.toEqual([])
    expect(blocks.filter((code) => !sources.some((source) => source.includes(code)))).toEqual([])
  })

  it.each(folders)("%s has a lockfile that is its own and names no host", (folder) => {
    const { dependencies, devDependencies, peerDependencies } = manifestOf(`examples/engines/${folder}`)
    const lock = JSON.parse(readFileSync(`examples/engines/${folder}/package-lock.json`, "utf8"))
    expect(lock.packages[""]).toMatchObject({ dependencies, devDependencies, peerDependencies })
    expect(JSON.stringify(lock)).not.toContain('"resolved"')
  })

  it.each(folders)("%s takes what the repository has too in the same version", (folder) => {
    const { dependencies, devDependencies, peerDependencies } = manifestOf(`examples/engines/${folder}`)
    const known = { ...root.devDependencies, "cometapi-runway": root.version }
    const other = Object.entries({ ...dependencies, ...devDependencies, ...peerDependencies }).filter(
      ([name, version]) => name in known && known[name] !== version
    )
    expect(other).toEqual([])
  })

  it("are no part of what the repository installs", () => {
    expect(root.workspaces.filter((name: string) => name.startsWith("examples"))).toEqual([])
    const lock = readFileSync("package-lock.json", "utf8")
    for (const name of ["@dbos-inc/dbos-sdk", "@restatedev/restate-sdk", "@temporalio/workflow", "inngest"])
      expect(lock).not.toContain(`"node_modules/${name}"`)
  })
})
