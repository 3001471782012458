import { execFile } from "node:child_process"
import { createHash } from "node:crypto"
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join, relative, resolve } from "node:path"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { parse, stringify } from "yaml"
import { generate } from "../../scripts/Generation.ts"

// A repository with a second paid operation in its contract, made of this one: a copy of everything, the operation's paths, and the
// module that CONTRIBUTING.md shows. It stands outside of node_modules, below which Node runs no TypeScript.

const contract = "openapi/cometapi-runway.yaml"
const module = "src/ImageToVideo.ts"
const copied = [
  "package.json",
  "tsconfig.json",
  "openapi",
  "generated",
  "src",
  "mock",
  "test/support",
  "test/proof/Story.ts"
]

/** Written here, because only the copy has the module that it is about. */
const main = `
import * as Effect from "effect/Effect"
import * as Logger from "effect/Logger"
import * as Layer from "effect/Layer"
import type * as Stream from "effect/Stream"
import { TestClock } from "effect/testing"
import { RunwayMock } from "./mock/src/index.ts"
import { createBindings } from "./src/Bindings.ts"
import * as ImageToVideo from "./src/ImageToVideo.ts"
import { CharacterPerformance, type Runway, type RunwayError, type Task } from "./src/index.ts"
import * as Job from "./src/Job.ts"
import { page, story } from "./test/proof/Story.ts"

type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false
const check = <_T extends true>(): void => {}
check<Equal<ReturnType<typeof ImageToVideo.submit>, Effect.Effect<Task.TaskId, RunwayError, Runway>>>()
check<Equal<ReturnType<typeof ImageToVideo.generate>, Effect.Effect<Task.Succeeded, RunwayError, Runway>>>()
export const all = (inputs: Stream.Stream<ImageToVideo.Input, "none">) =>
  ImageToVideo.generateAll(inputs, { concurrency: 2, onSubmitted: (_id, { input }) => Effect.log(input.promptImage) })
check<Equal<ReturnType<typeof all>, Stream.Stream<Job.Generated<ImageToVideo.Input>, "none" | RunwayError, Runway>>>()

export const mistakes = () => {
  // @ts-expect-error - a field that is needed is not there
  void ImageToVideo.generate({ promptText: "walks" })
  // @ts-expect-error - a field that the operation does not have
  void ImageToVideo.generate({ promptImage: "https://example.com/cat.png", reference: "x" })
  // @ts-expect-error - a value that the contract does not have
  void ImageToVideo.generate({ promptImage: "https://example.com/cat.png", duration: 7 })
  const { POST } = createBindings({ apiKey: "" })
  // @ts-expect-error - a path that the contract does not have
  void POST("/runwayml/v1/image_to_vide", { body: {} })
  // @ts-expect-error - another operation's body
  void POST("/runwayml/v1/image_to_video", { body: { character: {}, reference: {} } })
  // @ts-expect-error - an operation that the contract does not have
  Job.make({ operation: "POST /runwayml/v1/image_to_vide", validate: ImageToVideo.validate, send: async () => {} })
}

const both = Effect.gen(function* () {
  return {
    CharacterPerformance: yield* story<CharacterPerformance.Input>("character-performance", {
      path: "/runwayml/v1/character_performance",
      job: CharacterPerformance,
      inputWith: (uri) => ({
        character: { type: "image", uri },
        reference: { type: "video", uri: "https://example.com/performance.mp4" }
      }),
      wrongInput: { character: { type: "image", uri: "ftp://example.com" }, reference: { type: "video", uri: "https://example.com/a.mp4" } }
    }),
    ImageToVideo: yield* story<ImageToVideo.Input>("image-to-video", {
      path: "/runwayml/v1/image_to_video",
      job: ImageToVideo,
      inputWith: (promptImage) => ({ promptImage, promptText: "The cat walks away", seed: 7, duration: 10 }),
      wrongInput: { promptImage: "ftp://example.com" }
    }),
    page: yield* page
  }
})
// The mock lives by the virtual clock too, and nothing but the result is printed.
const quiet = RunwayMock.layer().pipe(Layer.provideMerge(TestClock.layer()), Layer.merge(Logger.layer([])))
console.log(JSON.stringify(await Effect.runPromise(both.pipe(Effect.provide(quiet)))))
`

// It ends what hangs, on a machine however busy.
const patience = 120_000

const root = mkdtempSync(join(tmpdir(), "any-operation-"))
afterAll(() => rmSync(root, { recursive: true }))

/** The first example of CONTRIBUTING.md under this heading. */
const shown = (heading: string): string =>
  /```ts\n([\s\S]*?)```/.exec(readFileSync("CONTRIBUTING.md", "utf8").split(`## ${heading}\n`)[1] ?? "")?.[1] ?? ""

const merged = (): string => {
  const [own, added] = [contract, "test/proof/image-to-video.yaml"].map((file) => parse(readFileSync(file, "utf8")))
  const schemas = { ...own.components.schemas, ...added.components.schemas }
  return stringify({
    ...own,
    paths: { ...own.paths, ...added.paths },
    components: { ...own.components, schemas }
  })
}

/** Every file of the copy below some of its folders, with the hash of its content. */
const hashes = (home: string): ReadonlyMap<string, string> =>
  new Map(
    ["src", "mock/src", "mock/page", "mock/assets", "test"].flatMap((folder) =>
      readdirSync(join(home, folder), { withFileTypes: true, recursive: true })
        .filter((entry) => entry.isFile())
        .map((entry) => join(entry.parentPath, entry.name))
        .map((file) => [relative(home, file), createHash("sha256").update(readFileSync(file)).digest("hex")] as const)
    )
  )

const node = (...args: ReadonlyArray<string>) =>
  new Promise<{ readonly code: number; readonly stdout: string; readonly stderr: string }>((done) => {
    const child = execFile("node", args, { cwd: root, maxBuffer: 2 ** 24 }, (_, stdout, stderr) =>
      done({ code: child.exitCode ?? 1, stdout, stderr })
    )
  })

beforeAll(async () => {
  for (const place of copied)
    cpSync(place, join(root, place), { recursive: true, filter: (file) => !/node_modules|\/dist/.test(file) })
  symlinkSync(resolve("node_modules"), join(root, "node_modules"))
  writeFileSync(join(root, contract), merged())
  writeFileSync(join(root, module), shown("Another paid operation"))
  writeFileSync(join(root, "main.ts"), main)
  writeFileSync(
    join(root, "tsconfig.main.json"),
    JSON.stringify({ extends: "./tsconfig.json", include: [], files: ["main.ts"] })
  )
  await generate({ contract: join(root, contract), into: join(root, "generated"), judged: true })
}, patience)

describe("a second paid operation", () => {
  it("takes a module of at most twenty lines of code", () => {
    const code = readFileSync(join(root, module), "utf8")
      .replace(/\/\*\*[\s\S]*?\*\//g, "")
      .split("\n")
      .filter((line) => line.trim() !== "")
    expect(code.length).toBeGreaterThan(5)
    expect(code.length).toBeLessThanOrEqual(20)
  })

  it(
    "has types as good as the first one's",
    async () => {
      expect(await node("node_modules/typescript/lib/tsc.js", "-p", "tsconfig.main.json")).toEqual({
        code: 0,
        stdout: "",
        stderr: ""
      })
    },
    patience
  )

  describe("in client and mock", () => {
    let played: Record<string, unknown>
    beforeAll(async () => {
      const { code, stdout, stderr } = await node("main.ts")
      expect(stderr).toBe("")
      expect(code).toBe(0)
      played = JSON.parse(stdout)
    }, patience)

    it.each([
      ["CharacterPerformance", "POST /runwayml/v1/character_performance", "character.uri"],
      ["ImageToVideo", "POST /runwayml/v1/image_to_video", "promptImage"]
    ])("%s is submitted, polled, failed, lost, limited, refused and judged", (name, operation, asset) => {
      const clean = { clean: true, submissions: 1, accepted: 1, others: 0 }
      const none = { submissions: 0, accepted: 0, downloads: 0, others: 0 }
      expect(played[name]).toEqual({
        generated: {
          status: "SUCCEEDED",
          video: "ftyp",
          operations: ["submit", "poll", "asset"],
          ...{ posts: 1, violated: false, tasks: 1, findings: [] },
          report: { ...clean, downloads: 1 }
        },
        failed: {
          error: { operation: "wait", reason: "TaskFailed", failureCode: "ASSET.INVALID" },
          ...{ operations: ["submit", "poll"], posts: 1, violated: false, tasks: 1, findings: [] },
          report: { ...clean, downloads: 0 }
        },
        unknownScenario: {
          error: { operation, reason: "Rejected" },
          said: `There is no scenario "no-such-scenario", which ${asset} asks for`,
          ...{ operations: ["submit"], posts: 1, violated: false, tasks: 0, findings: [] },
          report: { ...none, clean: true, submissions: 1 }
        },
        lost: {
          error: { operation, reason: "OutcomeUnknown" },
          once: {
            ...{ operations: ["submit"], posts: 1, violated: false, tasks: 1, findings: ["paid-orphan"] },
            report: { ...clean, clean: false, downloads: 0 }
          },
          again: {
            ...{ operations: ["submit"], posts: 2, violated: false, tasks: 2 },
            findings: ["duplicate-submission", "paid-orphan", "never-collected"],
            report: { ...none, clean: false, submissions: 2, accepted: 2 }
          }
        },
        limited: {
          ...{ operations: ["submit", "poll"], posts: 2, violated: false, tasks: 1, findings: [] },
          report: { ...clean, submissions: 2, downloads: 0 }
        },
        exhausted: { error: { operation, reason: "RateLimited" }, tasks: 0 },
        wrong: {
          error: { operation, reason: "InvalidInput" },
          unsent: {
            ...{ operations: [], posts: 0, violated: false, tasks: 0, findings: [] },
            report: { ...none, clean: true }
          },
          sent: {
            ...{ operations: ["submit"], posts: 1, violated: true, tasks: 0, findings: ["contract-violation"] },
            report: { ...none, clean: false, submissions: 1 }
          },
          statuses: { refused: 400, tooLarge: 413, preferred: 503 }
        }
      })
    })

    it("and the page offers the routes of both", () => {
      expect(played["page"]).toEqual({
        status: 200,
        type: "text/html; charset=utf-8",
        offered: [
          "POST /runwayml/v1/character_performance",
          "GET /runwayml/v1/tasks/{id}",
          "POST /runwayml/v1/image_to_video"
        ]
      })
    })
  })

  it("touches no other file", () => {
    const [before, after] = [hashes("."), hashes(root)]
    expect(after.get("src/Task.ts")).toBe(before.get("src/Task.ts"))
    const [first, ...others] = [...after.keys()].filter((file) => after.get(file) !== before.get(file))
    expect([first, ...others]).toEqual([module])
  })
})
