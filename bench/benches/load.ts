/** What it costs to have the package: the time and the memory of an import, and the bytes that it adds to an app (of what `npm run build` makes). */
import { execFileSync } from "node:child_process"
import { join } from "node:path"
import { pathToFileURL } from "node:url"
import { type Bench, type Contestant, ours, verify } from "../Bench.ts"

const root = join(import.meta.dirname, "../..")
const importing = "ms of an import"
const memory = "MB of memory after it"

/** In a new process, which has nothing but Node. */
const imports = (module: string, name: string) => async (): Promise<Contestant> => ({
  round: async () => {
    const from = performance.now()
    const loaded: Record<string, unknown> = await import(module)
    const took = performance.now() - from
    verify(loaded[name] !== undefined, `${module} has ${name}`)
    return { [importing]: took, [memory]: process.memoryUsage.rss() / 2 ** 20 }
  }
})

const built = (file: string): string => pathToFileURL(join(root, "dist/lib", file)).href

const kB = "kB, min + gzip"

/** The sizes of `npm run size` that a goal is about. */
const sized = {
  generate: "generate, added to an app that calls an API with Effect",
  RunwayError: "RunwayError, added to an app that calls an API with Effect",
  "a poll policy": "adaptivePoll, added to an app that calls an API with Effect",
  "bindings, without Effect": "bindings, which need no Effect"
} as const

const size = (name: string) => async (): Promise<Contestant> => ({
  round: async () => {
    const { measure } = await import("../../test/package/size/Size.ts")
    const bytes = (await measure())[name]
    verify(bytes !== undefined && bytes > 0, `a size of ${name}`)
    return { [kB]: (bytes ?? Number.NaN) / 1000 }
  }
})

/** Imports are of the built package, as its users have it. */
const prepare = (): void => {
  execFileSync("npm", ["run", "build"], { cwd: root, stdio: ["ignore", "ignore", "inherit"] })
}

export const bench: Bench = {
  title: "the import, its memory, and the bytes added to an app that has Effect",
  prepare,
  workloads: {
    import: {
      base: "@runwayml/sdk",
      rounds: 7,
      fresh: true,
      contestants: {
        [ours]: imports(built("index.js"), "CharacterPerformance"),
        "cometapi-runway/bindings": imports(built("bindings.js"), "createBindings"),
        "@runwayml/sdk": imports("@runwayml/sdk", "default"),
        "Effect HttpClient": imports("effect/http/FetchHttpClient", "layer"),
        "openapi-fetch": imports("openapi-fetch", "default")
      }
    },
    ...Object.fromEntries(
      Object.entries(sized).map(([name, what]) => [
        `size of ${name}`,
        { base: ours, rounds: 1, fresh: true, contestants: { [ours]: size(what) } }
      ])
    )
  },
  goals: [
    { workload: "import", figure: importing, times: "Effect HttpClient", atMost: 1.5 },
    { workload: "size of generate", figure: kB, atMost: 19 },
    { workload: "size of RunwayError", figure: kB, atMost: 4 },
    { workload: "size of a poll policy", figure: kB, atMost: 1 }
  ]
}
