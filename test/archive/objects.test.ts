/**
 * An archive in a store of objects: the example of the documentation, against a store on this machine that speaks like S3.
 */
import { createHash } from "node:crypto"
import { once } from "node:events"
import { readdirSync, readFileSync } from "node:fs"
import { createServer, type IncomingMessage } from "node:http"
import { tmpdir } from "node:os"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Logger from "effect/Logger"
import * as Redacted from "effect/Redacted"
import { s3 } from "../../examples/archive-in-s3.ts"
import * as Archive from "../../src/Archive.ts"
import { CharacterPerformance } from "../../src/index.ts"
import { layerMemory } from "../../src/Ledger.ts"
import { input } from "../support/Provider.ts"
import { failure, run } from "../support/VirtualTime.ts"
import { disk, filming, video } from "./Support.ts"

const quiet = Logger.layer([])
const { generate } = CharacterPerformance

const read = async (request: IncomingMessage) => {
  const chunks: Array<Buffer> = []
  for await (const chunk of request) chunks.push(Buffer.from(chunk))
  return Buffer.concat(chunks)
}

/** PUT, HEAD and GET of objects at signed addresses. It refuses a body whose checksum is another, as S3 does. */
const bucket = Effect.acquireRelease(
  Effect.promise(async () => {
    const objects = new Map<string, { readonly body: Buffer; readonly checksum: string; readonly type: string }>()
    const log: Array<string> = []
    const state = { down: false }
    const server = createServer(async (request, response) => {
      const { pathname, searchParams } = new URL(request.url ?? "", "http://store")
      const name = pathname.slice(1)
      const body = await read(request)
      log.push(`${request.method} ${name}`)
      if (state.down) return response.writeHead(503).end()
      if (searchParams.get("X-Amz-Signature") !== `${request.method}-${name}`) return response.writeHead(403).end()
      const object = objects.get(name)
      if (request.method === "PUT") {
        const checksum = createHash("sha256").update(body).digest("base64")
        if (checksum !== request.headers["x-amz-checksum-sha256"]) return response.writeHead(400).end()
        objects.set(name, { body, checksum, type: request.headers["content-type"] ?? "" })
        return response.end()
      }
      if (object === undefined) return response.writeHead(404).end()
      response.setHeader("x-amz-checksum-sha256", object.checksum)
      response.setHeader("content-length", object.body.length)
      return response.end(object.body)
    })
    server.listen(0, "127.0.0.1")
    await once(server, "listening")
    const address = server.address()
    const port = typeof address === "object" && address !== null ? address.port : 0
    const origin = `http://127.0.0.1:${port}`
    const presign = async (method: string, name: string) => `${origin}/${name}?X-Amz-Signature=${method}-${name}`
    return { origin, objects, log, state, presign, server }
  }),
  ({ server }) =>
    Effect.promise(async () => {
      server.close()
      server.closeAllConnections()
    })
)

const temporary = () => readdirSync(tmpdir()).filter((name) => name.startsWith("cometapi-runway-archive-"))

describe("a job with an archive in a store of objects", () => {
  it.effect("has succeeded when the store has the video and, after it, the JSON", () => {
    const api = filming()
    return Effect.gen(function* () {
      const store = yield* bucket
      const archive = yield* Archive.objects(s3(store.origin, store.presign))
      const before = temporary()
      const told: Array<Archive.Kept> = []
      yield* run(generate(input, { archive, onKept: (kept) => Effect.sync(() => told.push(kept)) }))
      expect(store.objects.get("t-1.mp4")?.body.equals(video)).toBe(true)
      expect(store.objects.get("t-1.mp4")?.type).toBe("video/mp4")
      expect(store.log.filter((line) => line.startsWith("PUT"))).toEqual(["PUT t-1.mp4", "PUT t-1.json"])
      expect(told[0]?.files[0].url).toBe(`${store.origin}/t-1.mp4`)
      const sidecar = JSON.parse(store.objects.get("t-1.json")?.body.toString() ?? "")
      expect(sidecar).toMatchObject({ taskId: "t-1", files: [{ name: "t-1.mp4", bytes: video.length }] })
      // Nothing stays on this machine.
      expect(temporary()).toEqual(before)
    }).pipe(Effect.provide([api.layer(), layerMemory(), disk, quiet]))
  })

  it.effect("is taken up there, pays nothing and loads nothing when it is kept", () => {
    const api = filming()
    return Effect.gen(function* () {
      const store = yield* bucket
      const archive = yield* Archive.objects(s3(store.origin, store.presign))
      store.state.down = true
      const error = yield* failure(generate(input, { archive }))
      expect(error.reason).toMatchObject({ _tag: "ArchiveFailed", transient: true })
      expect(error.message).toMatch(/the store failed/)
      expect(error.message).not.toContain("Signature")
      store.state.down = false
      yield* run(generate(input, { archive }))
      const loads = api.loads()
      const task = yield* run(generate(input, { archive }))
      expect(api.loads()).toBe(loads)
      expect(Redacted.value(task.output[0])).toBe(`${store.origin}/t-1.mp4`)
      expect(api.posts()).toBe(1)
    }).pipe(Effect.provide([api.layer(), layerMemory(), disk, quiet]))
  })

  it.effect("does not believe a store that has taken something else, or has lost it since", () => {
    const api = filming()
    return Effect.gen(function* () {
      const store = yield* bucket
      const honest = s3(store.origin, store.presign)
      const forgetful = { ...honest, put: () => Effect.void }
      const error = yield* failure(generate(input, { archive: yield* Archive.objects(forgetful) }))
      expect(error.message).toMatch(/the store has taken t-1\.mp4 and does not show it with its 50000 bytes/)
      const archive = yield* Archive.objects(honest)
      yield* run(generate(input, { archive }))
      store.objects.delete("t-1.mp4")
      yield* run(generate(input, { archive }))
      expect(store.objects.has("t-1.mp4")).toBe(true)
      expect(api.posts()).toBe(1)
    }).pipe(Effect.provide([api.layer(), layerMemory(), disk, quiet]))
  })
})

it("the page about the archive shows the example as it is", () => {
  const [, ...code] = readFileSync("examples/archive-in-s3.ts", "utf8").split("\n")
  expect(readFileSync("docs/archive.md", "utf8")).toContain(code.join("\n"))
})
