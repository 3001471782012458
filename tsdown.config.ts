/**
 * Builds both packages as folders that npm can publish as they stand: `dist/` and `mock/dist/`.
 *
 * The manifests in the repository point at the sources, so that nothing has to be built to work on it: Node, TypeScript and vitest
 * all find `cometapi-runway` and `cometapi-runway-mock` by name, with no condition to remember. They are private, so a plain
 * `npm publish` cannot ship them by mistake. Each build writes the manifest that is published, which points at the build: `npm publish ./dist`.
 */
import { existsSync } from "node:fs"
import { cp, readFile, writeFile } from "node:fs/promises"
import { fileURLToPath } from "node:url"
import { defineConfig, type UserConfig } from "tsdown"

/** Where the code stands in a published folder: one level down, as in the repository, because the mock reads `../assets` and `../page`. */
const code = "lib"

interface Manifest {
  readonly exports: Readonly<Record<string, string>>
  readonly bin: Readonly<Record<string, string>>
}

/** What only the repository needs to know. */
const repositoryOnly = new Set(["private", "workspaces", "scripts", "devDependencies", "allowScripts", "scarfSettings"])

/** Whether a file is of use outside the repository: what only the type checker reads of the mock's page is not. */
const isPublished = (path: string) => !/\.ts$|tsconfig\.json$/.test(path)

const mapValues = <A, B>(record: Readonly<Record<string, A>>, f: (value: A) => B) =>
  Object.fromEntries(Object.entries(record).map(([key, value]) => [key, f(value)]))

/** The manifest with every source replaced by what was built from it. */
const published = (manifest: Manifest, entry: Readonly<Record<string, string>>) => {
  const built = (source: string) => {
    const name = Object.keys(entry).find((name) => entry[name] === source.replace(/^\.\//, ""))
    if (name === undefined) throw new Error(`package.json names ${source}, which no entry of tsdown.config.ts builds`)
    return `${code}/${name}`
  }
  return {
    ...Object.fromEntries(Object.entries(manifest).filter(([field]) => !repositoryOnly.has(field))),
    exports: mapValues(manifest.exports, (target) =>
      target.endsWith(".ts") ? { types: `./${built(target)}.d.ts`, default: `./${built(target)}.js` } : target
    ),
    bin: mapValues(manifest.bin, (target) => `${built(target)}.js`)
  }
}

interface Package {
  /** The package's folder, ending in a slash. */
  readonly folder: string
  /** What can be imported: the name of each built file, without its ending, and its source. */
  readonly modules: Readonly<Record<string, string>>
  /** What can be run, likewise. */
  readonly commands: Readonly<Record<string, string>>
  /** Files and folders that are published as they are, by the name they get; one that is not there is left out. */
  readonly assets: Readonly<Record<string, string>>
  readonly deps: NonNullable<UserConfig["deps"]>
}

const folderToPublish = ({ folder, modules, commands, assets, deps }: Package): UserConfig => {
  const entry = { ...modules, ...commands }
  const home = new URL(folder, import.meta.url)
  const dist = new URL("dist/", home)
  return {
    cwd: folder,
    entry,
    outDir: `dist/${code}`,
    clean: ["dist"],
    format: "esm",
    fixedExtension: false,
    deps,
    tsconfig: fileURLToPath(new URL("tsconfig.json", import.meta.url)),
    dts: { cwd: fileURLToPath(home), entry: Object.values(modules) },
    checks: { pluginTimings: false },
    failOnWarn: true,
    hooks: {
      "build:done": async () => {
        const manifest: Manifest = JSON.parse(await readFile(new URL("package.json", home), "utf8"))
        await writeFile(new URL("package.json", dist), `${JSON.stringify(published(manifest, entry), undefined, 2)}\n`)
        for (const [name, source] of Object.entries(assets)) {
          const from = new URL(source, home)
          if (existsSync(from)) await cp(from, new URL(name, dist), { recursive: true, filter: isPublished })
        }
      }
    }
  }
}

/**
 * Only the commands need Node's services. Taking along the few they use (with their licence) spares every user of the libraries that
 * dependency and what hangs on it: undici, ws, redis.
 */
const deps = { onlyBundle: ["@effect/platform-node", "@effect/platform-node-shared"] }

export default defineConfig([
  folderToPublish({
    folder: "./",
    modules: { index: "src/index.ts", bindings: "src/Bindings.ts" },
    commands: { cli: "src/cli/main.ts" },
    assets: {
      "README.md": "README.md",
      LICENSE: "LICENSE",
      "LICENSE-effect": "node_modules/@effect/platform-node/LICENSE"
    },
    deps
  }),
  folderToPublish({
    folder: "./mock/",
    modules: { index: "src/index.ts", vitest: "src/vitest.ts", jest: "src/jest.ts" },
    commands: { bin: "src/bin.ts" },
    assets: {
      "README.md": "README.md",
      LICENSE: "LICENSE",
      "LICENSE-effect": "../node_modules/@effect/platform-node/LICENSE",
      assets: "assets",
      page: "page"
    },
    deps
  })
])
