/**
 * How large the client is for whoever ships it to a browser or an edge: bundled by rolldown, minified, gzipped.
 *
 * What it adds to an app depends on how much of Effect the app has already, so it is measured as the difference of two bundles, against two apps: the smallest one
 * that has Effect, and one that calls some other API with Effect's own client. It measures the built packages, and nothing of the mock, which stays on a developer's machine.
 *
 * @module
 */
import { fileURLToPath } from "node:url"
import { gzipSync } from "node:zlib"
import { rolldown } from "rolldown"

const root = fileURLToPath(new URL("../../../", import.meta.url))

/** The smallest app that has Effect already, and nothing of ours. */
const effectApp = `
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Schedule from "effect/Schedule"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
const Item = Schema.Struct({ id: Schema.String, count: Schema.Number })
const items = Stream.fromIterable([{ id: "1", count: 1 }]).pipe(Stream.mapEffect(Schema.decodeUnknownEffect(Item)), Stream.runCollect)
Effect.runPromise(items.pipe(Effect.retry(Schedule.exponential("1 second")), Effect.provide(Layer.empty))).then(console.log)
`

/** An app that calls some other API the way Effect shows it: a service with its key from Config, HttpClient, classes and errors of Schema, retries, spans, a log. */
const apiApp = `
import * as Config from "effect/Config"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as FetchHttpClient from "effect/http/FetchHttpClient"
import * as HttpClient from "effect/http/HttpClient"
import * as HttpClientRequest from "effect/http/HttpClientRequest"
import * as HttpClientResponse from "effect/http/HttpClientResponse"
import * as Layer from "effect/Layer"
import * as Schedule from "effect/Schedule"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
class Item extends Schema.Class("Item")({ id: Schema.String, count: Schema.Number }) {}
class Missing extends Schema.TaggedError("Missing")("Missing", { id: Schema.String }) {}
class Items extends Context.Service()("Items") {
  static layer = Layer.effect(Items, Effect.gen(function* () {
    const key = yield* Config.Redacted("ITEMS_KEY")
    const http = (yield* HttpClient.HttpClient).pipe(
      HttpClient.mapRequest(HttpClientRequest.bearerToken(key)),
      HttpClient.filterStatusOk,
      HttpClient.retryTransient({ times: 3, schedule: Schedule.exponential("1 second").pipe(Schedule.jittered) })
    )
    return {
      get: Effect.fn("Items.get")(function* (id) {
        yield* Effect.annotateCurrentSpan("id", id)
        return yield* http.get("https://example.com/" + id).pipe(
          Effect.flatMap(HttpClientResponse.schemaBodyJson(Item)),
          Effect.timeout("1 minute"),
          Effect.catchTag("HttpClientError", () => Effect.fail(new Missing({ id })))
        )
      })
    }
  })).pipe(Layer.provide(FetchHttpClient.layer))
}
const all = Stream.fromIterable(["1", "2"]).pipe(
  Stream.mapEffect((id) => Items.use((items) => items.get(id)), { concurrency: 2 }),
  Stream.tap((item) => Effect.log(item.id)),
  Stream.runCollect
)
Effect.runPromise(all.pipe(Effect.provide(Items.layer))).then(console.log)
`

const catches = `
import { RunwayError } from "cometapi-runway/RunwayError"
export const isOurs = (error) => error instanceof RunwayError
console.log(isOurs(new Error()))
`

const polls = `
import { adaptivePoll } from "cometapi-runway/Poll"
console.log(adaptivePoll({ maximum: "10 seconds" }))
`

const generates = `
import * as Effect from "effect/Effect"
import { CharacterPerformance, Runway } from "cometapi-runway"
const input = { character: { type: "image", uri: "https://example.com/a.png" }, reference: { type: "video", uri: "https://example.com/b.mp4" } }
Effect.runPromise(CharacterPerformance.generate(input).pipe(Effect.provide(Runway.layer({ apiKey: "key" })))).then(console.log)
`

const looks = `
import * as Effect from "effect/Effect"
import { Runway, Task } from "cometapi-runway"
Effect.runPromise(Task.get("id").pipe(Effect.provide(Runway.layer({ apiKey: "key" })))).then(console.log)
`

const binds = `
import { createBindings } from "cometapi-runway/bindings"
createBindings({ apiKey: "key" }).GET("/runwayml/v1/tasks/{id}", { params: { path: { id: "id" } } }).then(console.log)
`

const promises = `
import { createRunway } from "cometapi-runway/promise"
const runway = createRunway({ apiKey: "key" })
runway.characterPerformance({ character: "https://example.com/a.png", reference: "https://example.com/b.mp4" }).then(console.log)
`

/** The bytes of one bundle made of some modules, as far as they are loaded at the start. */
const bundle = async (modules: ReadonlyArray<string>): Promise<number> => {
  const sources = new Map(modules.map((code, index) => [`${root}size-${index}.js`, code]))
  const entry = `${root}size.js`
  sources.set(entry, [...sources.keys()].map((name) => `import "${name}"`).join("\n"))
  const build = await rolldown({
    input: entry,
    platform: "browser",
    resolve: {
      alias: {
        "cometapi-runway/bindings": `${root}dist/lib/bindings.js`,
        "cometapi-runway/Poll": `${root}dist/lib/Poll.js`,
        "cometapi-runway/RunwayError": `${root}dist/lib/RunwayError.js`,
        "cometapi-runway/promise": `${root}dist/lib/promise.js`,
        "cometapi-runway": `${root}dist/lib/index.js`
      }
    },
    plugins: [
      {
        name: "size",
        resolveId: (id) => (sources.has(id) ? { id, moduleSideEffects: true } : null),
        load: (id) => sources.get(id) ?? null
      }
    ],
    // Node's own modules are asked for at run time, and only by downloads.
    external: /^node:/,
    logLevel: "silent"
  })
  try {
    const { output } = await build.generate({ format: "esm", minify: true })
    const chunks = new Map(output.flatMap((part) => (part.type === "chunk" ? [[part.fileName, part] as const] : [])))
    const loaded = new Set(output.flatMap((part) => (part.type === "chunk" && part.isEntry ? [part.fileName] : [])))
    for (const name of loaded) for (const needed of chunks.get(name)?.imports ?? []) loaded.add(needed)
    return gzipSync([...loaded].map((name) => chunks.get(name)?.code ?? "").join("\n"), { level: 9 }).length
  } finally {
    await build.close()
  }
}

/** How far over its budget a size may be: a compiler's update moves it by less. */
const tolerance = 0.02

/** The complaints about sizes that are over budget, and about budgets that are out of date. */
export const judge = (sizes: Readonly<Record<string, number>>, budget: Readonly<Record<string, number>>) => [
  ...Object.entries(sizes).flatMap(([name, bytes]) => {
    const allowed = budget[name]
    if (allowed === undefined) return [`"${name}" has no budget: add it to budget.json`]
    if (bytes <= allowed * (1 + tolerance)) return []
    const over = ((bytes / allowed - 1) * 100).toFixed(1)
    return [
      `"${name}" is ${bytes} bytes, ${over} % over its budget of ${allowed}: make it smaller, or raise the budget and say why`
    ]
  }),
  ...Object.keys(budget).flatMap((name) =>
    name in sizes ? [] : [`budget.json names "${name}", which is not measured`]
  )
]

/** Measures what `npm run build` has made. */
export const measure = async (): Promise<Readonly<Record<string, number>>> => {
  const bases = { "the smallest app with Effect": effectApp, "an app that calls an API with Effect": apiApp }
  const parts = { generate: generates, "Task.get": looks, RunwayError: catches, adaptivePoll: polls }
  const sizes: Record<string, number> = {}
  for (const [base, app] of Object.entries(bases)) {
    const before = await bundle([app])
    for (const [part, code] of Object.entries(parts))
      sizes[`${part}, added to ${base}`] = (await bundle([app, code])) - before
  }
  const before = await bundle([effectApp])
  return {
    ...sizes,
    "promise, added to the smallest app with Effect": (await bundle([effectApp, promises])) - before,
    "generate, with all of Effect it needs": await bundle([generates]),
    "promise, with all of Effect it needs": await bundle([promises]),
    "bindings, which need no Effect": await bundle([binds])
  }
}
