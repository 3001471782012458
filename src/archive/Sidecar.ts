/**
 * The JSON beside a kept video: what was made of what, and how to tell whether the video is still the one that was kept.
 *
 * It holds no key and no query of a URL, because those are credentials.
 *
 * @module
 */
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Predicate from "effect/Predicate"
import * as Schema from "effect/Schema"
import { contractVersion } from "../../generated/defaults.gen.ts"
import { defined } from "../Defined.ts"
import type { Finished } from "./Archive.ts"

const File = Schema.Struct({
  /** Its name beside this JSON. */
  name: Schema.String,
  bytes: Schema.Int,
  /** SHA-256, in hex. */
  sha256: Schema.String
})

export const Sidecar = Schema.Struct({
  taskId: Schema.String,
  intent: Schema.optionalKey(Schema.String),
  operation: Schema.optionalKey(Schema.String),
  /** The body that was sent, its URLs without their queries. */
  input: Schema.optionalKey(Schema.Unknown),
  seed: Schema.optionalKey(Schema.Finite),
  /** What the provider says that it has cost. */
  cost: Schema.optionalKey(Schema.Struct({ credits: Schema.Finite })),
  createdAt: Schema.optionalKey(Schema.String),
  files: Schema.NonEmptyArray(File),
  contract: Schema.Struct({
    /** The version of this package's contract. */
    version: Schema.String,
    /** The provider's version that was asked for. */
    runway: Schema.optionalKey(Schema.String)
  }),
  keptAt: Schema.String
})
export type Sidecar = typeof Sidecar.Type
type File = typeof File.Type

const decode = Schema.decodeUnknownOption(Schema.fromJsonString(Sidecar))

/** A sidecar's text as data, if it is one of this task. */
export const read = (text: string, taskId: string): Sidecar | undefined => {
  const sidecar = Option.getOrUndefined(decode(text))
  return sidecar?.taskId === taskId ? sidecar : undefined
}

/** The text of a sidecar. */
export const write = (
  { task, made, intent, version }: Finished,
  files: readonly [File, ...ReadonlyArray<File>]
): Effect.Effect<string> =>
  Effect.map(DateTime.now, (now) => {
    const input = withoutQueries(made?.body)
    const seed = Predicate.hasProperty(input, "seed") && typeof input.seed === "number" ? input.seed : undefined
    const sidecar: Sidecar = {
      taskId: task.id,
      ...defined({ intent, operation: made?.operation, input, seed, cost: task.cost }),
      ...defined({ createdAt: task.createdAt && DateTime.formatIso(task.createdAt) }),
      files,
      contract: { version: contractVersion, ...defined({ runway: version }) },
      keptAt: DateTime.formatIso(now)
    }
    return `${JSON.stringify(sidecar, undefined, 2)}\n`
  })

/** A body whose URLs have no query, no fragment and no password. */
const withoutQueries = (value: unknown): unknown => {
  if (typeof value === "string") {
    const url = /^https?:\/\//i.test(value) ? URL.parse(value) : null
    return url === null ? value : `${url.origin}${url.pathname}`
  }
  if (Array.isArray(value)) return value.map(withoutQueries)
  if (!Predicate.isObject(value)) return value
  return Object.fromEntries(Object.entries(value).map(([name, field]) => [name, withoutQueries(field)]))
}
