/**
 * What the tests of downloads share: hosts of videos on this machine, scripted hosts where it takes https, and looks at what is on the disk.
 *
 * @module
 */
import { once } from "node:events"
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs"
import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from "node:http"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import { inspect } from "node:util"
import * as NodeFileSystem from "@effect/platform-node/NodeFileSystem"
import * as NodePath from "@effect/platform-node/NodePath"
import { expect } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as FileSystem from "effect/FileSystem"
import { Fetch } from "effect/http/FetchHttpClient"
import * as Layer from "effect/Layer"
import type * as Path from "effect/Path"
import * as Schedule from "effect/Schedule"
import type { Downloaded } from "../../../src/download/Download.ts"
import { Runway, type RunwayError, Task } from "../../../src/index.ts"
import { makeOutputUrl } from "../../../src/task/Snapshot.ts"
import { provider, type Reply } from "../../support/Provider.ts"
import * as VirtualTime from "../../support/VirtualTime.ts"

/** Only these of Node's services: each of the others' terminals would listen to this process's input. */
export const Disk = Layer.mergeAll(
  NodeFileSystem.layer,
  NodePath.layer,
  // The API is on this machine, as a mock is, so that hosts of videos on this machine are asked.
  Layer.orDie(Runway.layer({ apiKey: "sk-test-secret", baseUrl: "http://127.0.0.1:4010" }))
)

export const video = new Uint8Array(200_000).map((_, index) => (index * 31) % 251)
export const signature = "_jwt=SIGNED-SECRET"

export const taskId = "5b91e444-c232-deaf-a4d7-8aef3e57336b"

export const succeeded = (...urls: readonly [string, ...Array<string>]) => named(taskId, ...urls)

export const named = (id: string, ...urls: readonly [string, ...Array<string>]) => {
  const [first, ...rest] = urls
  return new Task.Succeeded({
    id: Task.TaskId.make(id),
    status: "SUCCEEDED",
    output: [makeOutputUrl(first), ...rest.map(makeOutputUrl)]
  })
}

/** A folder that is gone with the test. */
export const folder = Effect.acquireRelease(
  Effect.sync(() => mkdtempSync(join(tmpdir(), "cometapi-runway-download-"))),
  (path) => Effect.sync(() => rmSync(path, { recursive: true, force: true }))
)

/** A server of assets on this machine, and the requests that it received. */
export const assets = (answer: RequestListener) =>
  Effect.acquireRelease(
    Effect.promise(async () => {
      const asked: Array<IncomingMessage> = []
      const server = createServer((request, response) => {
        asked.push(request)
        answer(request, response)
      })
      server.listen(0, "127.0.0.1")
      await once(server, "listening")
      const address = server.address()
      const origin = `http://127.0.0.1:${typeof address === "object" ? address?.port : ""}`
      return { asked, server, origin, url: `${origin}/out/video.mp4?${signature}` }
    }),
    ({ server }) =>
      Effect.promise(async () => {
        server.closeAllConnections()
        await new Promise((resolve) => server.close(resolve))
      })
  )

export const sendsVideo: RequestListener = (_, response) => {
  response.writeHead(200, { "content-type": "video/mp4", "content-length": video.length }).end(video)
}

export const sends =
  (status: number, type: string, body: string): RequestListener =>
  (_, response) =>
    void response.writeHead(status, { "content-type": type }).end(body)

/** Sends a part of what it promises, and goes on with the connection as it is told. */
export const sendsHalf =
  (then: (response: ServerResponse) => void): RequestListener =>
  (_, response) => {
    response.writeHead(200, { "content-type": "video/mp4", "content-length": video.length })
    response.write(video.subarray(0, video.length / 2), () => then(response))
  }

/** What asset hosts answered over https, where no real one can be. */
export const scripted = (...script: ReadonlyArray<Reply>) => {
  const hosts = provider(...script)
  return { asked: hosts.asked, provide: Effect.provideService(Fetch, hosts.fetch) }
}

export const redirect = (location: string, status = 302) => new Response(null, { status, headers: { location } })
export const videoAnswer = () => new Response(video, { headers: { "content-type": "video/mp4" } })

export const etag = '"one"'

/** A host of one version of a video that answers ranges, as storage hosts do. */
export const ranged = (
  request: IncomingMessage,
  response: ServerResponse,
  then?: (response: ServerResponse) => void
) => {
  const from = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? "")?.[1] ?? -1)
  const asked = from >= 0 && request.headers["if-range"] === etag
  const headers = { "content-type": "video/mp4", etag }
  if (asked && from >= video.length) {
    response.writeHead(416, { etag, "content-range": `bytes */${video.length}` }).end()
    return
  }
  const bytes = asked ? video.subarray(from) : video
  response.writeHead(asked ? 206 : 200, {
    ...headers,
    "content-length": bytes.length,
    ...(asked ? { "content-range": `bytes ${from}-${video.length - 1}/${video.length}` } : {})
  })
  if (then === undefined) response.end(bytes)
  else response.write(bytes.subarray(0, bytes.length / 2), () => then(response))
}

/** The parts beside a file. */
export const partsOf = (to: string): ReadonlyArray<string> =>
  readdirSync(dirname(to))
    .filter((name) => name.endsWith(".part"))
    .map((name) => join(dirname(to), name))

export const noteOf = (to: string): string => `${to}.part.json`

/** Changes what stands in a part's note. */
export const rewrite = (to: string, change: object): void =>
  writeFileSync(noteOf(to), JSON.stringify({ ...JSON.parse(readFileSync(noteOf(to), "utf8")), ...change }))

/** A body that breaks off after so many bytes. */
export const breaksAt = (bytes: number, of = video) => {
  let sent = false
  return new ReadableStream<Uint8Array>({
    pull: (controller) => {
      if (sent) controller.error(new TypeError("terminated"))
      else controller.enqueue(of.slice(0, bytes))
      sent = true
    }
  })
}

/** A host whose body comes when the test says so. */
export const pushed = Effect.sync(() => {
  const chunks: Array<Uint8Array> = []
  let ended = false
  let cancelled = false
  let wake = () => {}
  let waits = false
  const body = new ReadableStream<Uint8Array>(
    {
      pull: async (controller) => {
        waits = chunks.length === 0 && !ended
        if (waits) await new Promise<void>((resolve) => (wake = resolve))
        waits = false
        const chunk = chunks.shift()
        if (chunk !== undefined) controller.enqueue(chunk)
        else if (ended) controller.close()
      },
      cancel: () => {
        cancelled = true
      }
    },
    { highWaterMark: 0 }
  )
  const pushBytes = (bytes: Uint8Array) =>
    Effect.sync(() => {
      chunks.push(bytes)
      wake()
    })
  const response = (headers: Record<string, string> = {}) =>
    new Response(body, { headers: { "content-type": "video/mp4", ...headers } })
  return {
    response,
    pushBytes,
    push: (bytes: number) => pushBytes(new Uint8Array(bytes)),
    end: Effect.sync(() => {
      ended = true
      wake()
    }),
    /** Whether all that was pushed has been taken, and more is asked for. */
    waiting: () => waits && chunks.length === 0,
    cancelled: () => cancelled,
    provide: scripted(() => response()).provide
  }
})

/** Breaks off as soon as what was sent is on the disk: a broken connection may lose what is still on its way. */
export const breaking =
  (to: string, how: (response: ServerResponse) => void = ({ socket }) => void socket?.destroy()) =>
  (response: ServerResponse) => {
    const before = partsOf(to)
    const arrived = () => partsOf(to).some((part) => !before.includes(part) && statSync(part).size === video.length / 2)
    const look = () => (!existsSync(dirname(to)) || arrived() ? how(response) : void setImmediate(look))
    look()
  }

/** Half of a video beside a file, as a download leaves it when it breaks off. */
export const half = (to: string) =>
  Effect.gen(function* () {
    const host = yield* assets((request, response) => ranged(request, response, breaking(to)))
    yield* error(Task.download(succeeded(host.url), { to, ...single }))
    const [part = ""] = partsOf(to)
    expect(statSync(part).size).toBe(video.length / 2)
    return part
  })

export type Download = Effect.Effect<Downloaded, RunwayError, FileSystem.FileSystem | Path.Path>

/** For a look at what a single attempt does. */
export const single = { retry: Schedule.recurs(0) }

/** The error of a download that is to fail, checked for what holds for every one of them. */
export const error = (download: Download) =>
  Effect.gen(function* () {
    const error = yield* Effect.flip(download)
    expect(["DownloadFailed", "OutputExpired", "InvalidInput"]).toContain(error.reason._tag)
    expect(error.taskId).toBe(taskId)
    expect(error.lastTask?._tag).toBe("Succeeded")
    expect(`${error} ${error.stack} ${inspect(error, { depth: 9 })} ${JSON.stringify(error)}`).not.toContain("SECRET")
    return error
  }).pipe(Effect.provide(Disk))

export const failure = (download: Download) => Effect.map(error(download), ({ message }) => message)

/** Node's disk, and whether it is at work: virtual time must not run ahead of it. */
export const watchedDisk = Effect.map(Effect.provide(FileSystem.FileSystem, Disk), (fs) => {
  let pending = 0
  const counted = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
    Effect.suspend(() => {
      pending++
      return Effect.ensuring(
        effect,
        Effect.sync(() => pending--)
      )
    })
  const watch = <A extends object>(service: A): A =>
    new Proxy(service, {
      get: (target, name) => {
        const member: unknown = Reflect.get(target, name)
        if (Effect.isEffect(member)) return counted(member)
        if (typeof member !== "function") return member
        return (...args: ReadonlyArray<unknown>) => {
          const result: unknown = Reflect.apply(member, target, args)
          return Effect.isEffect(result)
            ? counted(Effect.map(result, (value) => (FileSystem.isFile(value) ? watch(value) : value)))
            : result
        }
      }
    })
  const disk = watch(fs)
  /** Runs what is about a download on virtual time. */
  const run = <A, E>(
    download: Download,
    use: (download: Download) => Effect.Effect<A, E>,
    during: Effect.Effect<void> = Effect.void
  ) =>
    Effect.gen(function* () {
      const fiber = yield* Effect.forkChild(
        use(download.pipe(Effect.provideService(FileSystem.FileSystem, disk), Effect.provide(Disk)))
      )
      yield* during
      return yield* VirtualTime.run(Fiber.join(fiber), () => pending > 0)
    })
  return { run }
})

/** Waits, in real time, for sockets and the disk, which a busy machine may keep waiting. */
export const until = (happened: () => boolean): Effect.Effect<void> =>
  Effect.promise(async () => {
    const end = performance.now() + 20_000
    while (!happened()) {
      if (performance.now() > end) throw new Error("it did not happen")
      await new Promise((resolve) => setImmediate(resolve))
    }
  })

export const success = (download: Download) => Effect.provide(download, Disk)

export const holdsNoKey = (headers: Headers | IncomingMessage["headers"]) => {
  const names = headers instanceof Headers ? [...headers.keys()] : Object.keys(headers)
  expect(names).not.toContain("authorization")
  expect(names).not.toContain("cookie")
  expect(names.filter((name) => /key|token|runway/.test(name))).toEqual([])
}
