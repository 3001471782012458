/**
 * One `generate` that is ended from outside at a moment that a seed chooses, and what is left of it: at the provider, in the ledger, on standard
 * error.
 *
 * The moments come from the seed. (What a process does at such a moment does not, so a run cannot be repeated exactly.)
 *
 * @module
 */
import { join } from "node:path"
import type { RunwayMock } from "cometapi-runway-mock"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import type { Entry } from "../../src/ledger/Entry.ts"
import { Ledger } from "../../src/ledger/Ledger.ts"
import * as LedgerFile from "../../src/ledger/LedgerFile.ts"
import { random } from "../ledger/Random.ts"
import { assets, folder, launch, main, recorder, run } from "./Support.ts"

/** What ends a program: a signal, a reader that closes standard output, and a pipe into `head -1`. */
export const causes = ["SIGHUP", "SIGTERM", "SIGINT", "SIGKILL", "closed pipe", "head -1"] as const
export type Cause = (typeof causes)[number]

/** What is left of a run. */
export interface Left {
  readonly cause: Cause
  readonly code: number | null
  readonly err: string
  /** Jobs that the provider has accepted. */
  readonly accepted: ReadonlyArray<string>
  readonly entries: ReadonlyArray<Entry>
  readonly ledger: string
  readonly key: string
  readonly out: string
  readonly baseUrl: string
}

const pause = (millis: number) => Effect.promise(() => new Promise<void>((resolve) => setTimeout(resolve, millis)))

/** A provider whose answers take a while, before and after it has accepted a job. */
export const slowProvider = (mock: Effect.Success<ReturnType<typeof RunwayMock.make>>, seed: number) => {
  const next = random(seed)
  const wait = (millis: number) => new Promise<void>((resolve) => setTimeout(resolve, next() * millis))
  return recorder(async (request) => {
    const isPost = request.method === "POST"
    if (isPost) await wait(300)
    const answer = await mock.fetch(request)
    if (isPost) await wait(300)
    return answer
  })
}

type Provider = Effect.Success<ReturnType<typeof slowProvider>>

const entriesOf = (file: string) =>
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    if (!(yield* fs.exists(file))) return []
    return yield* Effect.flatMap(Ledger, (ledger) => ledger.list()).pipe(Effect.provide(LedgerFile.layer({ file })))
  })

/** Starts a `generate`, ends it at its moment, and looks at what is left. */
export const endOne = Effect.fnUntraced(function* (
  mock: Effect.Success<ReturnType<typeof RunwayMock.make>>,
  provider: Provider,
  cause: Cause,
  seed: number
) {
  const next = random(seed)
  const key = `ended-${seed}`
  const ledger = join(yield* folder, "ledger.sqlite")
  const out = yield* folder
  const env = { ...provider.env, COMETAPI_KEY: key }
  const args = ["generate", "--live", "--json", ...assets, "--out", out, "--ledger", ledger]
  const command =
    cause === "head -1"
      ? yield* launch("sh", ["-c", '"$NODE" "$MAIN" "$@" | head -1', "sh", ...args], {
          ...env,
          NODE: process.execPath,
          MAIN: main
        })
      : yield* launch(process.execPath, [main, ...args], env)
  // From before the program has loaded until well after it has the id.
  yield* pause(200 + next() * 2000)
  if (cause === "closed pipe") command.child.stdout?.destroy()
  else if (cause !== "head -1") command.child.kill(cause)
  const { code, err } = yield* command.end
  const accepted = mock
    .world(key)
    .tasks()
    .map(({ id }) => id)
  const left: Left = {
    cause,
    code,
    err,
    accepted,
    entries: yield* entriesOf(ledger),
    ledger,
    key,
    out,
    baseUrl: provider.env.COMETAPI_BASE_URL
  }
  return left
})

/** The exit code of `wait` for a job that a run has left behind. */
export const collect = ({ key, out, ledger, baseUrl }: Left, id: string) =>
  Effect.map(
    run(["wait", id, "--out", out, "--ledger", ledger], { COMETAPI_KEY: key, COMETAPI_BASE_URL: baseUrl }),
    ({ code }) => code
  )
