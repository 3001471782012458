/**
 * A mock's options together with those of its file, and the part of them that another version of the file may change while the mock runs.
 *
 * What a program or a command says itself goes before the file. A version of the file with a mistake changes nothing.
 *
 * @module
 */
import { isDeepStrictEqual } from "node:util"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import type * as Api from "../../generated/mock-control/types.gen.ts"
import * as MockFile from "./file/MockFile.ts"
import { RunwayMockError } from "./MockError.ts"
import { type KeyedSettings, keyedSettingsOf, type Options } from "./Options.ts"
import type { Script } from "./world/Scenario.ts"

/** What came of another version of the file. */
export interface ConfigChange {
  readonly file: string
  /** What is wrong with it. The version before it is still in force. Absent where it is in force now. */
  readonly error?: RunwayMockError
  /** What is otherwise in it and is only read at the start. */
  readonly needsRestart: ReadonlyArray<string>
}

/** What of a file is in force as soon as it is written. */
const live: ReadonlySet<string> = new Set([
  "$schema",
  "scenario",
  "scenarios",
  "faults",
  "account",
  "required",
  "keys",
  "prices"
])

/** The fields that are there. */
const given = <A extends object>(options: A): Partial<A> =>
  // What is left of an object has its fields or lacks them.
  Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as Partial<A>

const redactedHosts = (hosts: ReadonlyArray<string> | undefined) => (hosts?.includes("all") ? "all" : hosts)

/** The file's content as options. */
const optionsOf = ({ $schema: _, record, ...file }: Api.MockFile) => ({
  ...file,
  ...(record === undefined
    ? {}
    : { record: { ...record, out: record.out ?? "recordings", redactHosts: redactedHosts(record.redactHosts) } })
})

const read = ({ config, scenarios = [], scenario }: Options): Result.Result<Api.MockFile, RunwayMockError> => {
  if (config === undefined) return Result.succeed({})
  const names = [...scenarios, ...(typeof scenario === "object" ? [scenario] : [])].map(({ name }) => name)
  return Result.mapError(MockFile.read(config, names), (reason) => new RunwayMockError({ reason }))
}

const merged = <O extends Options>(file: Api.MockFile, options: O): O => ({
  ...options,
  ...optionsOf(file),
  // An option that is undefined says nothing, and must not hide the file's.
  ...given(options),
  scenarios: [...(file.scenarios ?? []), ...(options.scenarios ?? [])],
  keys: { ...file.keys, ...options.keys },
  prices: { ...file.prices, ...options.prices },
  account: { ...file.account, ...given(options.account ?? {}) },
  limits: { ...file.limits, ...given(options.limits ?? {}) }
})

/** Options with what the file says where they say nothing. */
export const withFile = <O extends Options>(options: O): Effect.Effect<O, RunwayMockError> =>
  Effect.map(Effect.fromResult(read(options)), (file) => merged(file, options))

/** Follows the file of options: each call reads it again. */
export const follower = (
  options: Options & { readonly config: string },
  recorded: ReadonlyArray<Script>,
  apply: (settings: KeyedSettings) => void
): (() => ConfigChange | undefined) => {
  const { config: file } = options
  let last = read(options)
  const started: Record<string, unknown> = Result.isSuccess(last) ? { ...last.success } : {}
  return () => {
    const next = read(options)
    const isSame = Result.isSuccess(next)
      ? Result.isSuccess(last) && isDeepStrictEqual(next.success, last.success)
      : Result.isFailure(last) && next.failure.message === last.failure.message
    if (isSame) return undefined
    last = next
    const settings = Result.flatMap(next, (content) =>
      Effect.runSync(Effect.result(keyedSettingsOf(merged(content, options), recorded)))
    )
    if (Result.isFailure(settings)) return { file, error: settings.failure, needsRestart: [] }
    apply(settings.success)
    const content: Record<string, unknown> = Result.isSuccess(next) ? { ...next.success } : {}
    const names = new Set([...Object.keys(content), ...Object.keys(started)])
    const needsRestart = [...names].filter(
      (name) => !live.has(name) && !isDeepStrictEqual(content[name], started[name])
    )
    return { file, needsRestart }
  }
}
