/**
 * What the tests of the archive share: a provider whose jobs have a video at its own host, and a folder that goes with the scope.
 *
 * @module
 */
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import * as NodeFileSystem from "@effect/platform-node/NodeFileSystem"
import * as NodePath from "@effect/platform-node/NodePath"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { provider } from "../support/Provider.ts"

/** Only these of Node's services: each of the others' terminals would listen to this process's input. */
export const disk = Layer.merge(NodeFileSystem.layer, NodePath.layer)

export const video = new Uint8Array(50_000).map((_, index) => (index * 31) % 251)

/** A provider that gives each job an id of its own, and is the host of its videos as well. */
export const filming = ({ outputs = 1, task = {} }: { readonly outputs?: number; readonly task?: object } = {}) => {
  let jobs = 0
  const state = { hostIsUp: true }
  const api = provider((request) => {
    const url = new URL(request.url)
    if (url.hostname === "cdn.example.com") {
      return state.hostIsUp
        ? new Response(video, { headers: { "content-type": "video/mp4", etag: '"v1"' } })
        : new Response("busy", { status: 400 })
    }
    if (request.method === "POST") return Response.json({ id: `t-${++jobs}` })
    const id = url.pathname.split("/").at(-1) ?? ""
    const output = Array.from({ length: outputs }, (_, n) => `https://cdn.example.com/${id}-${n}.mp4?sig=topsecret`)
    return Response.json({ id, status: "SUCCEEDED", output, ...task })
  })
  const count = (matches: (url: string) => boolean) =>
    api.asked.filter(({ method, url }) => method === "GET" && matches(url)).length
  return {
    ...api,
    state,
    looks: () => count((url) => url.includes("/tasks/")),
    loads: () => count((url) => url.includes("cdn.example.com"))
  }
}

/** A folder that goes with the scope. */
export const folder = Effect.acquireRelease(
  Effect.sync(() => mkdtempSync(join(tmpdir(), "archive-"))),
  (path) => Effect.sync(() => rmSync(path, { recursive: true, force: true }))
)
