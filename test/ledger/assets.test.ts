/**
 * Local files as assets: put where the provider can load them, and known to the ledger by their bytes.
 */
import { once } from "node:events"
import { readFileSync, writeFileSync } from "node:fs"
import { createServer } from "node:http"
import { join } from "node:path"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import { assetsInS3 } from "../../examples/assets-in-s3.ts"
import { AssetStore, type LocalAsset, withPublicAssets } from "../../src/AssetStore.ts"
import { CharacterPerformance } from "../../src/index.ts"
import { layerMemory } from "../../src/Ledger.ts"
import { disk } from "../archive/Support.ts"
import { accepted, provider } from "../support/Provider.ts"
import { failure, run } from "../support/VirtualTime.ts"
import { folder } from "./Support.ts"

const quiet = Logger.layer([])

const files = Effect.map(folder, (path) => {
  const portrait = join(path, "portrait.PNG")
  const performance = join(path, "performance.mp4")
  writeFileSync(portrait, "portrait")
  writeFileSync(performance, "performance")
  const input = {
    character: { type: "image", uri: portrait },
    reference: { type: "video", uri: performance }
  } as const
  return { portrait, performance, input }
})

/** A store that signs each address anew. */
const signing = () => {
  const put: Array<LocalAsset> = []
  const layer = AssetStore.layer((asset) =>
    Effect.sync(() => `https://assets.example.com/${asset.name}?sig=${put.push(asset)}`)
  ).pipe(Layer.provide(disk))
  return { put, layer }
}

describe("a local file as an asset", () => {
  it.effect("is put under the name of its bytes, and its public address is what is submitted", () => {
    const api = provider(accepted("t-1"))
    const { put, layer } = signing()
    return Effect.gen(function* () {
      const { input } = yield* files
      yield* run(Effect.flatMap(withPublicAssets({ ...input, seed: 7 }), (input) => CharacterPerformance.submit(input)))
      expect(put.map(({ name, contentType }) => [name.slice(-4), contentType])).toEqual([
        [".png", "image/png"],
        [".mp4", "video/mp4"]
      ])
      expect(JSON.parse(api.asked[0]?.body ?? "")).toMatchObject({
        character: { uri: `https://assets.example.com/${put[0]?.sha256}.png?sig=1` },
        seed: 7
      })
    }).pipe(Effect.provide([api.layer(), layer, quiet]))
  })

  it.effect("is the same intent however its address was signed, and another when its bytes are", () => {
    let jobs = 0
    const api = provider(() => accepted(`t-${++jobs}`))
    const { layer } = signing()
    return Effect.gen(function* () {
      const { input, portrait } = yield* files
      const call = Effect.flatMap(withPublicAssets(input), (input) => CharacterPerformance.submit(input))
      expect([yield* run(call), yield* run(call)]).toEqual(["t-1", "t-1"])
      writeFileSync(portrait, "another portrait")
      expect(yield* run(call)).toBe("t-2")
    }).pipe(Effect.provide([api.layer(), layer, layerMemory(), quiet]))
  })

  it.effect("leaves URLs as they are", () => {
    const { put, layer } = signing()
    return Effect.gen(function* () {
      const input = { character: { type: "image", uri: "https://example.com/a.png" }, list: ["x", { uri: "" }] }
      expect(yield* withPublicAssets(input)).toEqual(input)
      expect(put).toEqual([])
    }).pipe(Effect.provide(layer))
  })

  it.effect.each([
    ["cannot be read", () => Effect.succeed("https://example.com/a.png"), "/nowhere/portrait.png"],
    [
      "could not be put where the provider can load it: access denied",
      () => Effect.fail(new Error("access denied")),
      undefined
    ],
    ["was given an address that is not https://", () => Effect.succeed("http://10.0.0.1/a.png"), undefined]
  ] as const)("is a problem of the input when it %s", ([problem, publish, path]) =>
    Effect.gen(function* () {
      const { portrait } = yield* files
      const uri = path ?? portrait
      const error = yield* failure(withPublicAssets({ character: { uri } }))
      expect(error.reason._tag).toBe("InvalidInput")
      expect(error.message).toContain(problem)
      expect(error.message).toContain("portrait")
    }).pipe(Effect.provide(AssetStore.layer(publish).pipe(Layer.provide(disk))))
  )
})

it.live("the example of the documentation puts a file at a signed address and gives the one to read it", () =>
  Effect.gen(function* () {
    const got: Array<unknown> = []
    const server = yield* Effect.acquireRelease(
      Effect.promise(async () => {
        const server = createServer(async (request, response) => {
          let text = ""
          for await (const chunk of request) text += String(chunk)
          got.push([request.method, request.headers["content-type"], text])
          response.end()
        }).listen(0, "127.0.0.1")
        await once(server, "listening")
        return server
      }),
      (server) => Effect.sync(() => server.close())
    )
    const address = server.address()
    const port = typeof address === "object" && address !== null ? address.port : 0
    const presign = async (method: "GET" | "PUT", name: string) =>
      method === "PUT" ? `http://127.0.0.1:${port}/${name}` : `https://bucket.example.com/${name}?sig=1`
    const { portrait } = yield* files
    const layer = assetsInS3(presign).pipe(Layer.provide(disk))
    const url = yield* AssetStore.use(({ publish }) => publish(portrait)).pipe(Effect.provide(layer))
    expect(got).toEqual([["PUT", "image/png", "portrait"]])
    expect(url).toMatch(/^https:\/\/bucket\.example\.com\/[0-9a-f]{64}\.png\?sig=1$/)
  })
)

it("the page about assets shows the example as it is", () => {
  const [, ...code] = readFileSync("examples/assets-in-s3.ts", "utf8").split("\n")
  expect(readFileSync("docs/assets.md", "utf8")).toContain(code.join("\n"))
})
