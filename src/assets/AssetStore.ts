/**
 * Local files as assets: a place of yours on the network, where a file gets a public https address before a job is submitted.
 *
 * The provider loads assets itself and takes no bytes, and an address that everybody can read is no default's to choose, so there is none. A file
 * is known by its hash: the ledger takes the same bytes for the same asset, however their address was signed.
 *
 * @module
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import type * as FileSystem from "effect/FileSystem"
import * as Layer from "effect/Layer"
import * as Path from "effect/Path"
import * as Predicate from "effect/Predicate"
import * as Sha256 from "../download/Sha256.ts"
import { AssetIdentity } from "../ledger/AssetIdentity.ts"
import { InvalidInput, type Problem, RunwayError } from "../RunwayError.ts"
import * as Shown from "../Shown.ts"

/** A local file that is to get a public address. */
export interface LocalAsset {
  readonly path: string
  /** A name for it: its hash and its ending, so that the same bytes are put once and no two files share a name. */
  readonly name: string
  readonly bytes: number
  /** SHA-256 of its bytes, in hex. */
  readonly sha256: string
  /** By its ending, for example `image/png`. */
  readonly contentType: string
}

/** Puts a file where the provider can load it, and gives its https URL. What it fails with becomes a problem of the input. */
export type Publish = (asset: LocalAsset) => Effect.Effect<string, unknown>

/** Where local files get a public address. Provide `layer` with a function of your own; there is no default. */
export class AssetStore extends Context.Service<
  AssetStore,
  {
    /** The public address of a local file. */
    readonly publish: (path: string) => Effect.Effect<string, RunwayError>
  }
>()("cometapi-runway/AssetStore") {
  /**
   * A store by a function that puts one file. It also says what identifies these files (`AssetIdentity`): provide it to the calls themselves,
   * and the ledger knows a file again whose address was signed anew.
   */
  static readonly layer = (publish: Publish): Layer.Layer<AssetStore, never, FileSystem.FileSystem | Path.Path> =>
    Layer.effectContext(
      Effect.gen(function* () {
        const disk = yield* Effect.context<FileSystem.FileSystem | Path.Path>()
        const others = yield* AssetIdentity
        const identities = new Map<string, string>()
        const publishOne = Effect.fnUntraced(function* (path: string) {
          const asset = yield* Effect.mapError(read(path), ({ message }) =>
            problemOf(path, `cannot be read: ${message}`)
          )
          const url = yield* Effect.mapError(publish(asset), (error) =>
            problemOf(path, `could not be put where the provider can load it: ${wordsOf(error)}`)
          )
          if (!/^https:\/\//i.test(url)) return yield* problemOf(path, "was given an address that is not https://")
          identities.set(url, `sha256:${asset.sha256}`)
          return url
        })
        const store = AssetStore.of({ publish: (path) => Effect.provideContext(publishOne(path), disk) })
        return Context.make(AssetStore, store).pipe(
          Context.add(AssetIdentity, (url) => {
            const known = identities.get(url)
            return known === undefined ? others(url) : Effect.succeed(known)
          })
        )
      })
    )
}

/**
 * An input whose local files have public addresses: every `uri` in it that is no URL is a path. Everything else stays.
 *
 * Errors: `InvalidInput`, naming the file that cannot be read or put. Nothing was submitted.
 *
 * @example
 * ```ts
 * import { NodeServices } from "@effect/platform-node"
 * import { CharacterPerformance } from "cometapi-runway"
 * import { AssetStore, withPublicAssets } from "cometapi-runway/asset-store"
 * import { Effect, Layer } from "effect"
 *
 * declare const upload: (path: string, name: string) => Promise<string>
 *
 * const program = Effect.gen(function*() {
 *   const input = yield* withPublicAssets({
 *     character: { type: "image", uri: "./portrait.png" },
 *     reference: { type: "video", uri: "./performance.mp4" }
 *   } as const)
 *   return yield* CharacterPerformance.generate(input)
 * }).pipe(
 *   Effect.provide(
 *     AssetStore.layer(({ path, name }) => Effect.tryPromise(() => upload(path, name))).pipe(Layer.provide(NodeServices.layer))
 *   )
 * )
 * ```
 */
export const withPublicAssets = <Input extends object>(input: Input): Effect.Effect<Input, RunwayError, AssetStore> =>
  // The shape stays: only texts in the place of texts.
  Effect.map(published(input), (value) => value as Input)

const published = (value: unknown): Effect.Effect<unknown, RunwayError, AssetStore> => {
  if (Array.isArray(value)) return Effect.forEach(value, published)
  if (!Predicate.isObject(value)) return Effect.succeed(value)
  return Effect.map(
    Effect.forEach(Object.entries(value), ([name, field]) =>
      Effect.map(
        name === "uri" && typeof field === "string" && isPath(field)
          ? AssetStore.use(({ publish }) => publish(field))
          : published(field),
        (replaced) => [name, replaced] as const
      )
    ),
    Object.fromEntries
  )
}

/** Whether a text is a path and no URL. A Windows path begins like a URL with a scheme of one letter. */
const isPath = (text: string): boolean => text !== "" && !/^[a-z][a-z0-9+.-]+:/i.test(text)

const types: Readonly<Record<string, string>> = {
  ".jpg": "image/jpeg",
  ".jpeg": "image/jpeg",
  ".png": "image/png",
  ".webp": "image/webp",
  ".gif": "image/gif",
  ".mp4": "video/mp4",
  ".mov": "video/quicktime",
  ".webm": "video/webm"
}

const read = Effect.fnUntraced(function* (file: string) {
  const path = yield* Path.Path
  const { bytes, sha256 } = yield* Sha256.ofFile(file)
  const ending = path.extname(file).toLowerCase()
  const contentType = types[ending] ?? "application/octet-stream"
  return { path: file, name: `${sha256}${ending}`, bytes, sha256, contentType } satisfies LocalAsset
})

const wordsOf = (error: unknown): string =>
  Shown.line(error instanceof Error ? error.message || error.name : String(error))

const problemOf = (path: string, message: string): RunwayError => {
  const problem: Problem = { path: "uri", message: `the file ${Shown.value(path)} ${message}` }
  return new RunwayError({ operation: "publish", reason: new InvalidInput({ problems: [problem] }) })
}
