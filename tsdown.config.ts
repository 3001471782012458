/**
 * Builds the packages as folders that npm can publish as they stand: `dist/`, `mock/dist/` and `durable/dist/`.
 *
 * The manifests in the repository point at the sources, so that nothing has to be built to work on it: Node, TypeScript and vitest
 * all find `cometapi-runway` and `cometapi-runway-mock` by name, with no condition to remember. They are private, so a plain
 * `npm publish` cannot ship them by mistake. Each build writes the manifest that is published, which points at the build: `npm publish ./dist`.
 */
import { existsSync } from "node:fs"
import { cp, mkdir, readFile, writeFile } from "node:fs/promises"
import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"
import { defineConfig, type UserConfig } from "tsdown"
import { bundle, writeLicences } from "./scripts/package/Bundle.ts"
import { markPureCalls } from "./scripts/package/PureCalls.ts"
import { addresses, repositoryOf, withAbsoluteLinks } from "./scripts/package/Repository.ts"
import { shipSources } from "./scripts/package/SourceMaps.ts"

const root = fileURLToPath(new URL("./", import.meta.url))

/** Where the code stands in a published folder: one level down, as in the repository, because the mock reads `../assets` and `../page`. */
const code = "lib"

interface Manifest {
  readonly repository?: { readonly url?: string }
  readonly exports: Readonly<Record<string, string>>
  readonly bin: Readonly<Record<string, string>>
}

/** What only the repository needs to know. */
const repositoryOnly = new Set(["private", "workspaces", "scripts", "devDependencies", "allowScripts", "scarfSettings"])

/** Where the project lives, as the root's manifest says it: the one place to change it. */
const repository = repositoryOf(JSON.parse(await readFile(join(root, "package.json"), "utf8")))

/** Whether a file is of use outside the repository: what only the type checker reads of the mock's page is not. */
const isPublished = (path: string) => !/\.ts$|tsconfig\.json$/.test(path)

const mapValues = <A, B>(record: Readonly<Record<string, A>>, f: (value: A) => B) =>
  Object.fromEntries(Object.entries(record).map(([key, value]) => [key, f(value)]))

interface Published {
  readonly folder: string
  readonly entry: Readonly<Record<string, string>>
  /** The files and folders beside `lib/`. */
  readonly beside: ReadonlyArray<string>
}

/** The manifest with every source replaced by what was built from it, and with what only the build knows. */
const published = (manifest: Manifest, { folder, entry, beside }: Published) => {
  const built = (source: string) => {
    const name = Object.keys(entry).find((name) => entry[name] === source.replace(/^\.\//, ""))
    if (name === undefined) throw new Error(`package.json names ${source}, which no entry of tsdown.config.ts builds`)
    return `${code}/${name}`
  }
  return {
    ...Object.fromEntries(Object.entries(manifest).filter(([field]) => !repositoryOnly.has(field))),
    ...addresses(repository, folder.replace(/^\.\/|\/$/g, "")),
    files: [code, ...beside],
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
  /**
   * The commands that are one file with everything they need, and parts that stand as such a file beside the code: the name and the source of each.
   * The licences of what is in them are published.
   */
  readonly bundled?: Readonly<Record<string, string>>
  /** Whether each source is a file of its own in the build, so that a bundler can leave out what a program does not use. */
  readonly perModule?: boolean
}

/**
 * Leaves the entry's namespaces (`export * as Task from "./Task.ts"`) to whoever bundles: made into objects here, they would keep all that stands in them.
 */
const namespacesStay = {
  name: "namespaces-stay",
  resolveId: (id: string, importer: string | undefined) =>
    importer?.endsWith("/src/index.ts") && namespaces.has(id)
      ? { id: id.replace(/\.ts$/, ".js"), external: true, moduleSideEffects: false }
      : null
}

const namespaces = new Set(
  [...(await readFile(join(root, "src/index.ts"), "utf8")).matchAll(/^export \* as \w+ from "(.+)"$/gm)].map(
    ([, id = ""]) => id
  )
)

/** Where the files taken along from other packages stand: npm would not pack a folder of the name that they come from. */
const withVendor = (name: string): string => name.replace(/^(\.\.\/)*node_modules\//, "vendor/")

/** Copies what is published as it is; a page's links become addresses. Returns the top-level names it has filled. */
const copyAssets = async (assets: Package["assets"], home: URL, dist: URL): Promise<ReadonlyArray<string>> => {
  const present = Object.entries(assets).filter(([, source]) => existsSync(new URL(source, home)))
  for (const [name, source] of present) {
    const from = fileURLToPath(new URL(source, home))
    const to = fileURLToPath(new URL(name, dist))
    if (/\.(md|txt)$/.test(name)) {
      await mkdir(dirname(to), { recursive: true })
      const page = { root, path: from.slice(root.length) }
      await writeFile(to, withAbsoluteLinks(await readFile(from, "utf8"), repository, page))
    } else {
      await cp(from, to, { recursive: true, filter: isPublished })
    }
  }
  return present.map(([name]) => name.split("/")[0] ?? name)
}

/** Where the licences are published of the packages that are in the bundled files. */
const licences = "THIRD-PARTY-LICENSES"

/** Makes the bundled files, and says what stands beside the code because of them. */
const addBundled = async (
  bundled: Readonly<Record<string, string>>,
  home: URL,
  dist: URL
): Promise<ReadonlyArray<string>> => {
  const packages: Array<string> = []
  for (const [name, source] of Object.entries(bundled)) {
    const format = source.endsWith(".cjs") ? "cjs" : "esm"
    const program = { input: fileURLToPath(new URL(source, home)), name, format } as const
    packages.push(...(await bundle(program, fileURLToPath(new URL(code, dist)))))
  }
  if (packages.length === 0) return []
  await writeLicences(packages, fileURLToPath(new URL(licences, dist)))
  return [licences]
}

const folderToPublish = (package_: Package): UserConfig => {
  const { folder, modules, commands, assets, deps, perModule = false, bundled = {} } = package_
  const all = { ...modules, ...commands }
  const entry = Object.fromEntries(Object.entries(all).filter(([name]) => !Object.hasOwn(bundled, name)))
  const home = new URL(folder, import.meta.url)
  const dist = new URL("dist/", home)
  return {
    cwd: folder,
    entry,
    outDir: `dist/${code}`,
    clean: ["dist"],
    sourcemap: true,
    format: "esm",
    fixedExtension: false,
    deps,
    ...(perModule
      ? {
          unbundle: true,
          // Otherwise the code is printed once more, and the marks before a class's parent are lost.
          minify: false,
          plugins: [namespacesStay, markPureCalls],
          outputOptions: { entryFileNames: ({ name }: { readonly name: string }) => `${withVendor(name)}.js` }
        }
      : {}),
    tsconfig: fileURLToPath(new URL("tsconfig.json", import.meta.url)),
    dts: { sourcemap: true, cwd: fileURLToPath(home), entry: Object.values(modules) },
    checks: { pluginTimings: false },
    failOnWarn: true,
    hooks: {
      "build:done": async () => {
        const manifest: Manifest = JSON.parse(await readFile(new URL("package.json", home), "utf8"))
        const added = await addBundled(bundled, home, dist)
        const sources = await shipSources({ root, home: fileURLToPath(home), dist: fileURLToPath(dist), code })
        // The manifest is a source too, for the command's --version; npm takes it along by itself.
        const copied = await copyAssets(assets, home, dist)
        const beside = [...new Set([...sources.filter((name) => name !== "package.json"), ...copied, ...added])]
        const text = JSON.stringify(published(manifest, { folder, entry: all, beside }), undefined, 2)
        await writeFile(new URL("package.json", dist), `${text}\n`)
      }
    }
  }
}

/**
 * Only the commands, and who saves a video with promises, need Node's services. Taking along the few they use (with their licence) spares every user of the libraries that
 * dependency and what hangs on it: undici, ws, redis.
 */
const deps = { onlyBundle: ["@effect/platform-node", "@effect/platform-node-shared"] }

export default defineConfig([
  folderToPublish({
    folder: "./",
    perModule: true,
    modules: {
      index: "src/index.ts",
      archive: "src/Archive.ts",
      "asset-store": "src/AssetStore.ts",
      CharacterPerformance: "src/CharacterPerformance.ts",
      Poll: "src/Poll.ts",
      Runway: "src/Runway.ts",
      RunwayError: "src/RunwayError.ts",
      Task: "src/Task.ts",
      bindings: "src/Bindings.ts",
      ledger: "src/Ledger.ts",
      preflight: "src/Preflight.ts",
      promise: "src/promise.ts"
    },
    commands: { cli: "src/cli/main.ts" },
    assets: {
      "README.md": "README.md",
      "CHANGELOG.md": "CHANGELOG.md",
      LICENSE: "LICENSE",
      "llms.txt": "docs/agents/llms.txt",
      "skills/cometapi-runway/SKILL.md": "docs/agents/SKILL.md",
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
      "CHANGELOG.md": "CHANGELOG.md",
      LICENSE: "LICENSE",
      "llms.txt": "../docs/agents/llms.txt",
      "LICENSE-effect": "../node_modules/@effect/platform-node/LICENSE",
      "mock.schema.json": "../generated/mock-control/mock.schema.json",
      assets: "assets",
      page: "page"
    },
    // The command starts anew for every run of somebody's tests, and most of its start would be looking for the modules of Effect and of Prism.
    bundled: { bin: "src/bin.ts", PrismParts: "src/provider/PrismParts.cjs" },
    deps
  }),
  folderToPublish({
    folder: "./durable/",
    modules: { index: "src/index.ts", cluster: "src/Cluster.ts" },
    commands: { cli: "src/cli/main.ts" },
    assets: { "README.md": "README.md", "CHANGELOG.md": "CHANGELOG.md", LICENSE: "LICENSE" },
    // Whoever runs a cluster needs Node's services anyway, so they are a dependency here and not taken along.
    deps: {}
  })
])
