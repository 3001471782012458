/**
 * The programs that stand in pages, run as they are printed: each in a process of its own, against a mock over a socket.
 *
 * It changes no line of them. Only their timers go faster, and key and address come from the environment, as a reader's do.
 *
 * @module
 */
import { spawn } from "node:child_process"
import { once } from "node:events"
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { join, resolve } from "node:path"
import { text } from "node:stream/consumers"
import { fileURLToPath, pathToFileURL } from "node:url"
import { RunwayMock } from "cometapi-runway-mock"
import * as Effect from "effect/Effect"

const fast = fileURLToPath(new URL("./Fast.mjs", import.meta.url))

/** The code blocks of a page. */
const blocks = (page: string): ReadonlyArray<string> =>
  [...readFileSync(page, "utf8").matchAll(/```ts\n([\s\S]*?)```/g)].map(([, code = ""]) => code)

/** The block of a page that has this text in it. */
export const block = (page: string, having: string): string => {
  const found = blocks(page).find((code) => code.includes(having))
  if (found === undefined) throw new Error(`${page} has no example with ${having}`)
  return found
}

/** A folder inside the repository, where the packages are found by name and Node reads TypeScript. Gone with the test. */
export const folder = Effect.acquireRelease(
  Effect.sync(() => {
    mkdirSync("out", { recursive: true })
    return resolve(mkdtempSync("out/guide-"))
  }),
  (path) => Effect.sync(() => rmSync(path, { recursive: true, force: true }))
)

/** Writes a module into the folder and imports it. */
export const load = (path: string, name: string, code: string): Effect.Effect<Record<string, unknown>> => {
  const file = join(path, name)
  writeFileSync(file, code)
  return Effect.promise(() => import(pathToFileURL(file).href))
}

interface Ended {
  readonly code: number | null
  readonly out: string
  readonly err: string
}

interface Provider {
  readonly url: string
  /** How many jobs the key has paid for. */
  readonly accepted: () => number
  /** Runs a program in the folder to its end, or until `until` has been printed; then it is killed. */
  readonly program: (path: string, code: string, until?: RegExp) => Effect.Effect<Ended>
  readonly env: { readonly COMETAPI_KEY: string; readonly COMETAPI_BASE_URL: string }
  readonly world: ReturnType<RunwayMock["Service"]["world"]>
}

/** A mock over a socket whose minute takes a second, and the key of this test. */
export const provider = (key: string) =>
  Effect.gen(function* () {
    const mock = yield* RunwayMock.serve({ scale: 60, port: 0 })
    const world = mock.world(key)
    const env = { COMETAPI_KEY: key, COMETAPI_BASE_URL: mock.url }
    const program = (path: string, code: string, until?: RegExp) =>
      Effect.promise(async (): Promise<Ended> => {
        const file = join(path, "program.ts")
        writeFileSync(file, code)
        const child = spawn(process.execPath, ["--import", fast, file], {
          cwd: path,
          env: { ...process.env, ...env },
          stdio: ["ignore", "pipe", "pipe"]
        })
        const printed: Array<string> = []
        child.stdout.on("data", (chunk) => {
          printed.push(String(chunk))
          if (until?.test(printed.join("")) === true) child.kill("SIGKILL")
        })
        const [err, [code_]] = await Promise.all([text(child.stderr), once(child, "close")])
        return { code: code_, out: printed.join(""), err }
      })
    const known: Provider = { url: mock.url, accepted: () => world.report().accepted, program, env, world }
    return known
  })
