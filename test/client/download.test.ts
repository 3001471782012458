/**
 * Saving a finished video: from real HTTP servers on this machine, and from scripted ones where it takes https.
 */
import { once } from "node:events"
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync
} from "node:fs"
import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from "node:http"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import { inspect } from "node:util"
import * as NodeFileSystem from "@effect/platform-node/NodeFileSystem"
import * as NodePath from "@effect/platform-node/NodePath"
import { describe, expect, it } from "@effect/vitest"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as FileSystem from "effect/FileSystem"
import { Fetch } from "effect/http/FetchHttpClient"
import * as Layer from "effect/Layer"
import type * as Path from "effect/Path"
import { systemError } from "effect/PlatformError"
import * as Schedule from "effect/Schedule"
import * as Tracer from "effect/Tracer"
import { TestClock } from "effect/testing"
import * as Asset from "../../mock/src/provider/Output.ts"
import { toResponse } from "../../mock/src/provider/Reply.ts"
import type { Downloaded } from "../../src/Download.ts"
import { type RunwayError, Task } from "../../src/index.ts"
import { makeOutputUrl } from "../../src/TaskSnapshot.ts"
import { type Asked, provider, type Reply, silence } from "../support/Provider.ts"
import * as VirtualTime from "../support/VirtualTime.ts"

/** Only these of Node's services: each of the others' terminals would listen to this process's input. */
const Disk = Layer.merge(NodeFileSystem.layer, NodePath.layer)

const video = new Uint8Array(200_000).map((_, index) => (index * 31) % 251)
const signature = "_jwt=SIGNED-SECRET"

const taskId = "5b91e444-c232-deaf-a4d7-8aef3e57336b"

const succeeded = (...urls: readonly [string, ...Array<string>]) => named(taskId, ...urls)

const named = (id: string, ...urls: readonly [string, ...Array<string>]) => {
  const [first, ...rest] = urls
  return new Task.Succeeded({
    id: Task.TaskId.make(id),
    status: "SUCCEEDED",
    output: [makeOutputUrl(first), ...rest.map(makeOutputUrl)]
  })
}

/** A folder that is gone with the test. */
const folder = Effect.acquireRelease(
  Effect.sync(() => mkdtempSync(join(tmpdir(), "cometapi-runway-download-"))),
  (path) => Effect.sync(() => rmSync(path, { recursive: true, force: true }))
)

/** A server of assets on this machine, and the requests that it received. */
const assets = (answer: RequestListener) =>
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

const sendsVideo: RequestListener = (_, response) => {
  response.writeHead(200, { "content-type": "video/mp4", "content-length": video.length }).end(video)
}

const sends =
  (status: number, type: string, body: string): RequestListener =>
  (_, response) =>
    void response.writeHead(status, { "content-type": type }).end(body)

/** Sends a part of what it promises, and goes on with the connection as it is told. */
const sendsHalf =
  (then: (response: ServerResponse) => void): RequestListener =>
  (_, response) => {
    response.writeHead(200, { "content-type": "video/mp4", "content-length": video.length })
    response.write(video.subarray(0, video.length / 2), () => then(response))
  }

/** What asset hosts answered over https, where no real one can be. */
const scripted = (...script: ReadonlyArray<Reply>) => {
  const hosts = provider(...script)
  return { asked: hosts.asked, provide: Effect.provideService(Fetch, hosts.fetch) }
}

const redirect = (location: string, status = 302) => new Response(null, { status, headers: { location } })
const videoAnswer = () => new Response(video, { headers: { "content-type": "video/mp4" } })

const etag = '"one"'

/** A host of one version of a video that answers ranges, as storage hosts do. */
const ranged = (request: IncomingMessage, response: ServerResponse, then?: (response: ServerResponse) => void) => {
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
const partsOf = (to: string): ReadonlyArray<string> =>
  readdirSync(dirname(to))
    .filter((name) => name.endsWith(".part"))
    .map((name) => join(dirname(to), name))

const noteOf = (to: string): string => `${to}.part.json`

/** Changes what stands in a part's note. */
const rewrite = (to: string, change: object): void =>
  writeFileSync(noteOf(to), JSON.stringify({ ...JSON.parse(readFileSync(noteOf(to), "utf8")), ...change }))

/** A body that breaks off after so many bytes. */
const breaksAt = (bytes: number, of = video) => {
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
const pushed = Effect.sync(() => {
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
const breaking =
  (to: string, how: (response: ServerResponse) => void = ({ socket }) => void socket?.destroy()) =>
  (response: ServerResponse) => {
    const before = partsOf(to)
    const arrived = () => partsOf(to).some((part) => !before.includes(part) && statSync(part).size === video.length / 2)
    const look = () => (!existsSync(dirname(to)) || arrived() ? how(response) : void setImmediate(look))
    look()
  }

/** Half of a video beside a file, as a download leaves it when it breaks off. */
const half = (to: string) =>
  Effect.gen(function* () {
    const host = yield* assets((request, response) => ranged(request, response, breaking(to)))
    yield* error(Task.download(succeeded(host.url), { to, ...single }))
    const [part = ""] = partsOf(to)
    expect(statSync(part).size).toBe(video.length / 2)
    return part
  })

type Download = Effect.Effect<Downloaded, RunwayError, FileSystem.FileSystem | Path.Path>

/** For a look at what a single attempt does. */
const single = { retry: Schedule.recurs(0) }

/** The error of a download that is to fail, checked for what holds for every one of them. */
const error = (download: Download) =>
  Effect.gen(function* () {
    const error = yield* Effect.flip(download)
    expect(["DownloadFailed", "OutputExpired"]).toContain(error.reason._tag)
    expect(error.taskId).toBe(taskId)
    expect(error.lastTask?._tag).toBe("Succeeded")
    expect(`${error} ${error.stack} ${inspect(error, { depth: 9 })} ${JSON.stringify(error)}`).not.toContain("SECRET")
    return error
  }).pipe(Effect.provide(Disk))

const failure = (download: Download) => Effect.map(error(download), ({ message }) => message)

/** Node's disk, and whether it is at work: virtual time must not run ahead of it. */
const watchedDisk = Effect.map(Effect.provide(FileSystem.FileSystem, Disk), (fs) => {
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
      const fiber = yield* Effect.forkChild(use(Effect.provideService(download, FileSystem.FileSystem, disk)))
      yield* during
      return yield* VirtualTime.run(Fiber.join(fiber), () => pending > 0)
    })
  return { run }
})

/** Waits, in real time, for sockets and the disk, which a busy machine may keep waiting. */
const until = (happened: () => boolean): Effect.Effect<void> =>
  Effect.promise(async () => {
    const end = performance.now() + 20_000
    while (!happened()) {
      if (performance.now() > end) throw new Error("it did not happen")
      await new Promise((resolve) => setImmediate(resolve))
    }
  })

const success = (download: Download) => Effect.provide(download, Disk)

const holdsNoKey = (headers: Headers | IncomingMessage["headers"]) => {
  const names = headers instanceof Headers ? [...headers.keys()] : Object.keys(headers)
  expect(names).not.toContain("authorization")
  expect(names).not.toContain("cookie")
  expect(names.filter((name) => /key|token|runway/.test(name))).toEqual([])
}

describe("a download", () => {
  it.live("saves exactly the bytes that were sent, making the folders that are missing, and leaves nothing else", () =>
    Effect.gen(function* () {
      const host = yield* assets(sendsVideo)
      const to = join(yield* folder, "videos", "2026", "one.mp4")
      expect(yield* success(Task.download(succeeded(host.url), { to }))).toEqual({ path: to, bytes: video.length })
      expect(new Uint8Array(readFileSync(to))).toEqual(video)
      expect(readdirSync(dirname(to))).toEqual(["one.mp4"])
    })
  )

  it.live("asks for the signed URL once, with no key and nothing that looks like one", () =>
    Effect.gen(function* () {
      const host = yield* assets(sendsVideo)
      yield* success(Task.download(succeeded(host.url), { to: join(yield* folder, "one.mp4") }))
      expect(host.asked.map(({ method, url }) => `${method} ${url}`)).toEqual([`GET /out/video.mp4?${signature}`])
      holdsNoKey(host.asked[0]?.headers ?? {})
    })
  )

  it.live("of another output than the first saves that one", () =>
    Effect.gen(function* () {
      const host = yield* assets((request, response) => {
        response.writeHead(200, { "content-type": "video/mp4" }).end(request.url)
      })
      const task = succeeded(`${host.origin}/0.mp4`, `${host.origin}/1.mp4`)
      const to = join(yield* folder, "one.mp4")
      yield* success(Task.download(task, { to, index: 1 }))
      expect(readFileSync(to, "utf8")).toBe("/1.mp4")
    })
  )

  it.live("of an output that the task does not have fails with nothing asked", () =>
    Effect.gen(function* () {
      const host = yield* assets(sendsVideo)
      const to = join(yield* folder, "new", "one.mp4")
      for (const index of [1, -1, 0.5]) {
        expect(yield* failure(Task.download(succeeded(host.url), { to, index }))).toContain(`no number ${index}`)
      }
      expect(host.asked).toHaveLength(0)
      expect(existsSync(dirname(to))).toBe(false)
    })
  )

  it.live("replaces a file that is there, once the new one is whole", () =>
    Effect.gen(function* () {
      const host = yield* assets(sendsVideo)
      const to = join(yield* folder, "one.mp4")
      writeFileSync(to, "an older video, longer or shorter")
      yield* success(Task.download(succeeded(host.url), { to }))
      expect(new Uint8Array(readFileSync(to))).toEqual(video)
    })
  )

  it.live("takes a body of unknown length and one that was compressed on the way", () =>
    Effect.gen(function* () {
      const { gzipSync } = yield* Effect.promise(() => import("node:zlib"))
      const chunked = yield* assets((_, response) => {
        response.writeHead(200, { "content-type": "application/octet-stream" })
        response.write(video.subarray(0, 1000))
        response.end(video.subarray(1000))
      })
      const compressed = yield* assets((_, response) => {
        const body = gzipSync(video)
        response
          .writeHead(200, { "content-type": "video/mp4", "content-encoding": "gzip", "content-length": body.length })
          .end(body)
      })
      for (const { url } of [chunked, compressed]) {
        const to = join(yield* folder, "one.mp4")
        yield* success(Task.download(succeeded(url), { to }))
        expect(new Uint8Array(readFileSync(to))).toEqual(video)
      }
    })
  )

  it.live("can run many times at once into a folder that is not there yet", () =>
    Effect.gen(function* () {
      const host = yield* assets(sendsVideo)
      const videos = join(yield* folder, "a", "b", "c")
      yield* Effect.forEach(
        Array.from({ length: 12 }, (_, n) => n),
        (n) => success(Task.download(succeeded(host.url), { to: join(videos, `${n}.mp4`) })),
        { concurrency: "unbounded" }
      )
      expect(readdirSync(videos)).toHaveLength(12)
    })
  )
})

describe("a download that fails leaves the folder as it was and says why", () => {
  const cases: ReadonlyArray<readonly [string, RequestListener, RegExp]> = [
    ["the connection breaks in the body", sendsHalf(({ socket }) => void socket?.destroy()), /could not be saved/],
    ["the body ends too early", sendsHalf(({ socket }) => void socket?.end()), /could not be saved/],
    ["the body is reset", sendsHalf(({ socket }) => void socket?.resetAndDestroy()), /could not be saved/],
    ["the connection breaks without an answer", ({ socket }) => void socket.destroy(), /no answer from http/],
    ["the body is empty", sends(200, "video/mp4", ""), /empty/],
    ["there is no body", (_, response) => void response.writeHead(204).end(), /answered with 204/],
    ["a page comes instead", sends(200, "text/html; charset=utf-8", "<h1>Welcome</h1>"), /text\/html.* no video/],
    ["JSON comes instead", sends(200, "application/json", '{"error":"expired"}'), /application\/json.* no video/],
    ["JSON of a kind comes instead", sends(200, "application/problem+json", "{}"), /problem\+json.* no video/],
    ["XML comes instead", sends(200, "application/xml", "<Error/>"), /application\/xml.* no video/],
    ["a page comes that calls itself a video", sends(200, "video/mp4", "\n<!DOCTYPE html>"), /a page and no video/],
    ["JSON comes that has no type", sends(200, "", '{"error":"expired"}'), /a page and no video/],
    ["the URL is not accepted (401)", sends(401, "text/plain", "no"), /401.*get the task again/],
    ["the URL has expired (403)", sends(403, "text/plain", "no"), /403.*get the task again/],
    ["the URL has expired (404)", sends(404, "text/plain", "no"), /404.*get the task again/],
    ["the URL has expired (410)", sends(410, "text/plain", "no"), /410.*get the task again/],
    ["the host is broken (500)", sends(500, "text/plain", "no"), /answered with 500/],
    ["the host is busy (503)", sends(503, "text/html", "no"), /answered with 503/],
    ["a part comes that was not asked for", sends(206, "video/mp4", "part"), /answered with 206/],
    ["a redirect leads nowhere", (_, response) => void response.writeHead(302).end(), /answered with 302/],
    [
      "a redirect leads to what is no URL",
      (_, response) => void response.writeHead(302, { location: "http://[" }).end(),
      /http:\/\/\[/
    ],
    [
      "redirects go round in a circle",
      ({ url }, response) => void response.writeHead(302, { location: url ?? "" }).end(),
      /too many redirects/
    ]
  ]
  for (const [name, answer, says] of cases) {
    it.live(`when ${name}`, () =>
      Effect.gen(function* () {
        const host = yield* assets(answer)
        const to = join(yield* folder, "one.mp4")
        expect(yield* failure(Task.download(succeeded(host.url), { to, ...single }))).toMatch(says)
        expect(readdirSync(dirname(to))).toEqual([])
        writeFileSync(to, "an older video")
        yield* failure(Task.download(succeeded(host.url), { to, ...single }))
        expect(readFileSync(to, "utf8")).toBe("an older video")
        expect(readdirSync(dirname(to))).toEqual(["one.mp4"])
      })
    )
  }

  it.live("when nothing listens at the host", () =>
    Effect.gen(function* () {
      const host = yield* assets(sendsVideo)
      const closed = new Promise((resolve) => host.server.close(resolve))
      yield* Effect.promise(() => closed)
      const to = join(yield* folder, "one.mp4")
      const said = yield* failure(Task.download(succeeded(host.url), { to, ...single }))
      expect(said).toContain(`no answer from ${host.origin}`)
      expect(readdirSync(dirname(to))).toEqual([])
    })
  )

  it.live("when a file stands where the folder should be, naming it", () =>
    Effect.gen(function* () {
      const host = yield* assets(sendsVideo)
      const file = join(yield* folder, "taken")
      writeFileSync(file, "in the way")
      for (const to of [join(file, "one.mp4"), join(file, "deeper", "one.mp4")]) {
        expect(yield* failure(Task.download(succeeded(host.url), { to }))).toContain(file)
      }
      expect(readFileSync(file, "utf8")).toBe("in the way")
    })
  )

  it.live("when the path is empty, with nothing asked", () =>
    Effect.gen(function* () {
      const host = yield* assets(sendsVideo)
      expect(yield* failure(Task.download(succeeded(host.url), { to: "" }))).toContain("`to` is empty")
      expect(host.asked).toHaveLength(0)
    })
  )

  it.live("when a folder has taken the file's place in the meantime, naming it, and keeps what it has", () =>
    Effect.gen(function* () {
      const to = join(yield* folder, "one.mp4")
      const host = yield* assets((request, response) => {
        if (request.headers.range === undefined) mkdirSync(join(to, "full"), { recursive: true })
        ranged(request, response)
      })
      const { message, isRetryable } = yield* error(Task.download(succeeded(host.url), { to }))
      expect(message).toContain(`cannot write ${to}`)
      expect(isRetryable).toBe(false)
      expect(host.asked).toHaveLength(1)
      rmSync(to, { recursive: true })
      expect((yield* success(Task.download(succeeded(host.url), { to }))).bytes).toBe(video.length)
      expect(host.asked[1]?.headers.range).toBe(`bytes=${video.length}-`)
    })
  )
})

describe("an asset's redirect", () => {
  const download = (task: Task.Succeeded, to: string) => Task.download(task, { to })
  const urls = (asked: ReadonlyArray<Asked>) => asked.map(({ url }) => url)

  for (const status of [301, 302, 303, 307, 308]) {
    it.live(`is followed to another https host (${status}), where no key goes either`, () =>
      Effect.gen(function* () {
        const hosts = scripted(redirect("https://cdn.example.net/real.mp4?sig=SECRET", status), videoAnswer())
        const to = join(yield* folder, "one.mp4")
        const task = succeeded(`https://assets.example.com/out.mp4?${signature}`)
        expect((yield* success(download(task, to).pipe(hosts.provide))).bytes).toBe(video.length)
        expect(urls(hosts.asked)).toEqual([
          `https://assets.example.com/out.mp4?${signature}`,
          "https://cdn.example.net/real.mp4?sig=SECRET"
        ])
        for (const { headers } of hosts.asked) holdsNoKey(headers)
      })
    )
  }

  it.live("may be relative", () =>
    Effect.gen(function* () {
      const hosts = scripted(redirect("../real/one.mp4"), videoAnswer())
      const to = join(yield* folder, "one.mp4")
      yield* success(download(succeeded("https://assets.example.com/out/a.mp4"), to).pipe(hosts.provide))
      expect(urls(hosts.asked)[1]).toBe("https://assets.example.com/real/one.mp4")
    })
  )

  for (const target of [
    "http://cdn.example.net/real.mp4?sig=SECRET",
    "//127.0.0.1.example.net/real.mp4",
    "file:///etc/hostname",
    "ftp://example.net/a.mp4",
    "data:video/mp4;base64,AAAA"
  ]) {
    it.live(`to ${target.replace(/[?,].*/, "")} is refused`, () =>
      Effect.gen(function* () {
        // From http on this machine, so that a redirect without a scheme stays http.
        const hosts = scripted(redirect(target), videoAnswer())
        const to = join(yield* folder, "one.mp4")
        const said = yield* failure(download(succeeded("http://127.0.0.1:4010/out.mp4"), to).pipe(hosts.provide))
        expect(said).toContain("not an https:// URL")
        expect(hosts.asked).toHaveLength(1)
        expect(readdirSync(dirname(to))).toEqual([])
      })
    )
  }

  it.live("leaves https for nothing, this machine included, because a host has no say in what is read here", () =>
    Effect.gen(function* () {
      const to = join(yield* folder, "one.mp4")
      for (const target of [
        "http://127.0.0.1:9200/private",
        "http://cdn.example.net/real.mp4",
        "file:///etc/hostname"
      ]) {
        const hosts = scripted(redirect(`${target}?sig=SECRET`), videoAnswer())
        const said = yield* failure(download(succeeded("https://assets.example.com/out.mp4"), to).pipe(hosts.provide))
        expect(said).toContain(`${target}?…, which is not an https:// URL`)
        expect(hosts.asked).toHaveLength(1)
      }
      expect(readdirSync(dirname(to))).toEqual([])
    })
  )

  it.live("is one of five at most", () =>
    Effect.gen(function* () {
      const five = Array.from({ length: 5 }, (_, n) => redirect(`https://cdn.example.net/${n}`))
      const to = join(yield* folder, "one.mp4")
      const task = succeeded("https://assets.example.com/out.mp4")
      const saved = yield* success(download(task, to).pipe(scripted(...five, videoAnswer()).provide))
      expect(saved.bytes).toBe(video.length)
      const endless = scripted((request) => redirect(`${request.url}x`))
      expect(yield* failure(download(task, to).pipe(endless.provide))).toContain("too many redirects")
      expect(endless.asked).toHaveLength(6)
    })
  )
})

describe("an output URL that is not https", () => {
  for (const url of [
    "http://assets.example.com/out.mp4?sig=SECRET",
    "http://localhost.example.com/out.mp4",
    "http://127.0.0.1.example.com/out.mp4",
    "http://127.evil/out.mp4",
    "file:///etc/hostname",
    "not a URL at all?sig=SECRET"
  ]) {
    it.live(`is refused with no request made (${url.replace(/\?.*/, "")})`, () =>
      Effect.gen(function* () {
        const hosts = scripted(videoAnswer())
        const to = join(yield* folder, "one.mp4")
        const said = yield* failure(Task.download(succeeded(url), { to }).pipe(hosts.provide))
        expect(said).toContain("is not an https:// URL")
        expect(said).toContain(url.replace(/\?.*/, ""))
        expect(hosts.asked).toHaveLength(0)
      })
    )
  }

  it.live("is taken from this machine, by each of its names", () =>
    Effect.gen(function* () {
      const to = join(yield* folder, "one.mp4")
      for (const host of ["localhost:4010", "127.0.0.1:4010", "127.1.2.3", "[::1]:4010"]) {
        const hosts = scripted(videoAnswer())
        yield* success(Task.download(succeeded(`http://${host}/out.mp4`), { to }).pipe(hosts.provide))
        expect(hosts.asked).toHaveLength(1)
      }
    })
  )
})

describe("interrupting a download", () => {
  it.live(
    "in the middle closes the connection and leaves neither the file nor a part that could not be taken up again",
    () =>
      Effect.gen(function* () {
        const closed = Promise.withResolvers<void>()
        const host = yield* assets(sendsHalf(({ socket }) => void socket?.once("close", () => closed.resolve())))
        const to = join(yield* folder, "one.mp4")
        const fiber = yield* Effect.forkChild(success(Task.download(succeeded(host.url), { to })))
        yield* until(() => partsOf(to).some((part) => statSync(part).size > 0))
        expect(existsSync(to)).toBe(false)
        yield* Fiber.interrupt(fiber)
        expect(readdirSync(dirname(to))).toEqual([])
        yield* Effect.promise(() => closed.promise)
      })
  )

  it.live("before the answer closes the connection and leaves an existing file alone", () =>
    Effect.gen(function* () {
      const arrived = Promise.withResolvers<IncomingMessage["socket"]>()
      const host = yield* assets(({ socket }) => arrived.resolve(socket))
      const to = join(yield* folder, "one.mp4")
      writeFileSync(to, "an older video")
      const fiber = yield* Effect.forkChild(success(Task.download(succeeded(host.url), { to })))
      const socket = yield* Effect.promise(() => arrived.promise)
      const closed = new Promise<void>((resolve) => socket.once("close", () => resolve()))
      yield* Fiber.interrupt(fiber)
      yield* Effect.promise(() => closed)
      expect(readdirSync(dirname(to))).toEqual(["one.mp4"])
      expect(readFileSync(to, "utf8")).toBe("an older video")
    })
  )
})

describe("the connection of an answer that is not wanted", () => {
  it.live("is closed when it is a video that cannot be written", () =>
    Effect.gen(function* () {
      const closed = Promise.withResolvers<void>()
      const host = yield* assets(sendsHalf(({ socket }) => void socket?.once("close", () => closed.resolve())))
      const file = join(yield* folder, "taken")
      writeFileSync(file, "in the way")
      yield* failure(Task.download(succeeded(host.url), { to: join(file, "one.mp4") }))
      yield* Effect.promise(() => closed.promise)
    })
  )

  for (const [name, status, headers] of [
    ["an error", 500, {}],
    ["a redirect", 302, { location: "http://elsewhere.example.com/" }],
    ["a page", 200, { "content-type": "text/html" }]
  ] as const) {
    it.live(`is closed when it is ${name} without end`, () =>
      Effect.gen(function* () {
        const closed = Promise.withResolvers<void>()
        const host = yield* assets(({ socket }, response) => {
          socket.once("close", () => closed.resolve())
          response.writeHead(status, headers).write("and so on")
        })
        yield* failure(Task.download(succeeded(host.url), { to: join(yield* folder, "one.mp4"), ...single }))
        yield* Effect.promise(() => closed.promise)
      })
    )
  }
})

describe("a folder to save into", () => {
  const save = (id: string, to: string, answer: Response = videoAnswer(), url = "https://assets.example.com/out") =>
    success(Task.download(named(id, url), { to }).pipe(scripted(answer).provide))

  it.live("is one that is there, or any path that ends with a separator; the file is named by the task", () =>
    Effect.gen(function* () {
      const there = yield* folder
      for (const to of [there, `${there}/`, `${there}/new/deeper/`]) {
        const { path } = yield* save(taskId, to)
        expect(path).toBe(join(to, `${taskId}.mp4`))
        expect(new Uint8Array(readFileSync(path))).toEqual(video)
      }
      expect(readdirSync(there).sort()).toEqual([`${taskId}.mp4`, "new"])
    })
  )

  it.live("holds a task's other outputs beside the first", () =>
    Effect.gen(function* () {
      const to = yield* folder
      const task = succeeded("https://assets.example.com/0", "https://assets.example.com/1")
      yield* success(Task.download(task, { to }).pipe(scripted(videoAnswer()).provide))
      yield* success(Task.download(task, { to, index: 1 }).pipe(scripted(videoAnswer()).provide))
      expect(readdirSync(to).sort()).toEqual([`${taskId}.1.mp4`, `${taskId}.mp4`])
    })
  )

  for (const [id, name] of [
    ["../../etc/passwd", "%2E%2E%2F%2E%2E%2Fetc%2Fpasswd"],
    ["..", "%2E%2E"],
    [".hidden", "%2Ehidden"],
    ["-rf", "%2Drf"],
    ["~root", "%7Eroot"],
    ["a\\b:c*d?e", "a%5Cb%3Ac%2Ad%3Fe"],
    ["C:\\x", "C%3A%5Cx"],
    ["line\nbreak\u0000\u007f", "line%0Abreak%00%7F"],
    ["movie.exe", "movie%2Eexe"],
    ["CON", "%43ON"],
    ["lpt1", "%6Cpt1"],
    ["console", "console"],
    ["\ud800", "%EF%BF%BD"]
  ] as const) {
    it.live(`gets no other name than a plain one for the task ${JSON.stringify(id)}`, () =>
      Effect.gen(function* () {
        const to = yield* folder
        expect((yield* save(id, to)).path).toBe(join(to, `${name}.mp4`))
        expect(readdirSync(to)).toEqual([`${name}.mp4`])
      })
    )
  }

  it.live("keeps long ids apart under names that a disk can hold", () =>
    Effect.gen(function* () {
      const to = yield* folder
      for (const end of ["a", "b"]) yield* save(`${"\u00e9".repeat(300)}${end}`, to)
      const names = readdirSync(to)
      expect(names).toHaveLength(2)
      for (const name of names) expect(name.length).toBeLessThan(130)
    })
  )

  for (const [type, path, ending] of [
    ["video/mp4", "a.webm", "mp4"],
    ["video/webm; codecs=vp9", "a.mp4", "webm"],
    ["video/quicktime", "a", "mov"],
    ["application/octet-stream", "a.WebM", "webm"],
    ["", "a.mov", "mov"],
    ["video/x-matroska", "a.mkv", "mp4"],
    ["application/octet-stream", "a.exe", "mp4"],
    ["application/octet-stream", "a%2F..%2Fb.sh", "mp4"],
    ["video/../../sh", "a.mp4.sh", "mp4"]
  ] as const) {
    it.live(`gets a .${ending} for ${type || "no type"} at /${path}`, () =>
      Effect.gen(function* () {
        const answer = new Response(video, { headers: { "content-type": type } })
        const url = `https://assets.example.com/${path}?name=evil.sh`
        expect((yield* save(taskId, yield* folder, answer, url)).path).toMatch(new RegExp(`/${taskId}\\.${ending}$`))
      })
    )
  }
})

describe("progress", () => {
  it.live("is told at the start and at the end, growing between", () =>
    Effect.gen(function* () {
      const told: Array<{ received: number; total: number | undefined }> = []
      const host = yield* assets(sendsVideo)
      const onProgress = (progress: (typeof told)[number]) => Effect.sync(() => told.push(progress))
      yield* success(Task.download(succeeded(host.url), { to: join(yield* folder, "one.mp4"), onProgress }))
      expect(told[0]).toEqual({ received: 0, total: video.length })
      expect(told.at(-1)).toEqual({ received: video.length, total: video.length })
      const received = told.map(({ received }) => received)
      expect(received).toEqual([...new Set(received)].sort((one, other) => one - other))
    })
  )

  it.live("has no total where the host does not say it", () =>
    Effect.gen(function* () {
      const told: Array<unknown> = []
      const onProgress = (progress: unknown) => Effect.sync(() => told.push(progress))
      const hosts = scripted(videoAnswer())
      const to = join(yield* folder, "one.mp4")
      yield* success(Task.download(succeeded("https://a.example.com/"), { to, onProgress }).pipe(hosts.provide))
      expect(told[0]).toEqual({ received: 0, total: undefined })
      expect(told.at(-1)).toEqual({ received: video.length, total: undefined })
    })
  )

  it.effect("is told ten times a second at most, however many chunks there are", () =>
    Effect.gen(function* () {
      const told: Array<number> = []
      const host = yield* pushed
      const fiber = yield* Effect.forkChild(
        success(
          Task.download(succeeded("https://a.example.com/"), {
            to: join(yield* folder, "one.mp4"),
            onProgress: ({ received }) => Effect.sync(() => told.push(received))
          }).pipe(host.provide)
        )
      )
      // A second of a byte each 10 ms.
      for (let n = 1; n <= 100; n++) {
        yield* host.push(1)
        yield* until(() => host.waiting())
        yield* TestClock.adjust("10 millis")
      }
      yield* host.end
      yield* Fiber.join(fiber)
      expect(told[0]).toBe(0)
      expect(told.at(-1)).toBe(100)
      expect(told.length).toBeGreaterThan(8)
      expect(told.length).toBeLessThanOrEqual(12)
    })
  )

  it.live("begins with what an earlier download has left", () =>
    Effect.gen(function* () {
      const to = join(yield* folder, "one.mp4")
      yield* half(to)
      const told: Array<number> = []
      const host = yield* assets(ranged)
      const onProgress = ({ received }: { received: number }) => Effect.sync(() => told.push(received))
      yield* success(Task.download(succeeded(host.url), { to, onProgress }))
      expect(told[0]).toBe(video.length / 2)
      expect(told.at(-1)).toBe(video.length)
    })
  )
})

describe("a download that broke off goes on where it was", () => {
  const whole = (to: string) => {
    expect(new Uint8Array(readFileSync(to))).toEqual(video)
    expect(readdirSync(dirname(to))).toEqual(["one.mp4"])
  }
  const rest = { range: `bytes=${video.length / 2}-`, "if-range": etag }

  for (const [name, then] of [
    ["broke", ({ socket }) => void socket?.destroy()],
    ["was reset", ({ socket }) => void socket?.resetAndDestroy()],
    ["was closed", ({ socket }) => void socket?.end()]
  ] as ReadonlyArray<readonly [string, (response: ServerResponse) => void]>) {
    it.live(`in the next attempt, when the connection ${name}`, () =>
      Effect.gen(function* () {
        const to = join(yield* folder, "one.mp4")
        const host = yield* assets((request, response) =>
          ranged(request, response, host.asked.length === 1 ? breaking(to, then) : undefined)
        )
        const retry = Schedule.recurs(1)
        expect(yield* success(Task.download(succeeded(host.url), { to, retry }))).toEqual({
          path: to,
          bytes: video.length
        })
        whole(to)
        expect(host.asked).toHaveLength(2)
        expect(host.asked[0]?.headers.range).toBeUndefined()
        expect(host.asked[1]?.headers).toMatchObject(rest)
        for (const { headers } of host.asked) holdsNoKey(headers)
      })
    )
  }

  it.live("in a later call, from a fresh URL of another host", () =>
    Effect.gen(function* () {
      const to = join(yield* folder, "one.mp4")
      yield* half(to)
      const host = yield* assets(ranged)
      yield* success(Task.download(succeeded(`${host.origin}/other?_jwt=FRESH`), { to }))
      whole(to)
      expect(host.asked.map(({ headers }) => headers)).toMatchObject([rest])
    })
  )

  it.live("after an interruption", () =>
    Effect.gen(function* () {
      const host = yield* assets((request, response) =>
        ranged(request, response, host.asked.length === 1 ? () => {} : undefined)
      )
      const to = join(yield* folder, "one.mp4")
      const fiber = yield* Effect.forkChild(success(Task.download(succeeded(host.url), { to })))
      yield* until(() => partsOf(to).some((part) => statSync(part).size === video.length / 2))
      yield* Fiber.interrupt(fiber)
      expect(existsSync(to)).toBe(false)
      yield* success(Task.download(succeeded(host.url), { to }))
      whole(to)
      expect(host.asked[1]?.headers).toMatchObject(rest)
    })
  )

  it.live("after its process was killed", () =>
    Effect.gen(function* () {
      const host = yield* assets((request, response) =>
        ranged(request, response, host.asked.length === 1 ? () => {} : undefined)
      )
      const to = join(yield* folder, "one.mp4")
      const fiber = yield* Effect.forkChild(success(Task.download(succeeded(host.url), { to })))
      yield* until(() => partsOf(to).some((part) => statSync(part).size === video.length / 2))
      // What is on the disk at that moment is what a killed process leaves.
      const left = join(yield* folder, "left", "one.mp4")
      cpSync(dirname(to), dirname(left), { recursive: true })
      yield* Fiber.interrupt(fiber)
      yield* success(Task.download(succeeded(host.url), { to: left }))
      whole(left)
      expect(host.asked[1]?.headers).toMatchObject(rest)
    })
  )

  it.live("into a folder, under the name that the first answer gave it", () =>
    Effect.gen(function* () {
      const to = yield* folder
      const tag = { etag, "content-length": `${video.length}` }
      const broken = new Response(breaksAt(video.length / 2), { headers: { "content-type": "video/webm", ...tag } })
      const remaining = new Response(video.subarray(video.length / 2), {
        status: 206,
        headers: { etag, "content-range": `bytes ${video.length / 2}-${video.length - 1}/${video.length}` }
      })
      const hosts = scripted(
        () => broken,
        () => remaining
      )
      const retry = Schedule.recurs(1)
      const task = succeeded("https://assets.example.com/out.mp4")
      const { path } = yield* success(Task.download(task, { to, retry }).pipe(hosts.provide))
      expect(path).toBe(join(to, `${taskId}.webm`))
      expect(new Uint8Array(readFileSync(path))).toEqual(video)
      expect(readdirSync(to)).toEqual([`${taskId}.webm`])
    })
  )

  it.live("and is only named when nothing was missing but its name (416)", () =>
    Effect.gen(function* () {
      const to = join(yield* folder, "one.mp4")
      writeFileSync(yield* half(to), video)
      const host = yield* assets(ranged)
      const told: Array<unknown> = []
      const onProgress = (progress: unknown) => Effect.sync(() => told.push(progress))
      expect((yield* success(Task.download(succeeded(host.url), { to, onProgress }))).bytes).toBe(video.length)
      whole(to)
      expect(host.asked.map(({ headers }) => headers.range)).toEqual([`bytes=${video.length}-`])
      expect(told).toEqual([{ received: video.length, total: video.length }])
    })
  )

  it.live("from the mock's own host of assets", () =>
    Effect.gen(function* () {
      const original = new Uint8Array(readFileSync("mock/assets/performance.mp4"))
      const asked: Array<Headers> = []
      const fetch: typeof globalThis.fetch = async (input, init) => {
        const request = new Request(input, init)
        asked.push(request.headers)
        const answer = toResponse(await Asset.serve(request, taskId, 0), [])
        return asked.length > 1 ? answer : new Response(breaksAt(3000, original), answer)
      }
      const to = join(yield* folder, "one.mp4")
      const url = Asset.urlOf("http://127.0.0.1:4010", taskId, 0, 0, 86_400_000)
      const task = succeeded(url)
      const retry = Schedule.recurs(1)
      yield* success(Task.download(task, { to, retry }).pipe(Effect.provideService(Fetch, fetch)))
      expect(new Uint8Array(readFileSync(to))).toEqual(original)
      expect(asked.map((headers) => headers.get("range"))).toEqual([null, "bytes=3000-"])
      // The same host, when the part is whole.
      writeFileSync(yield* half(to), original)
      const { headers } = yield* Effect.promise(() => Asset.serve(new Request(url), taskId, 0))
      rewrite(to, { etag: headers["etag"], total: original.length })
      yield* success(Task.download(task, { to }).pipe(Effect.provideService(Fetch, fetch)))
      expect(asked.at(-1)?.get("range")).toBe(`bytes=${original.length}-`)
      expect(new Uint8Array(readFileSync(to))).toEqual(original)
    })
  )
})

describe("a download starts over", () => {
  const plain = new Uint8Array(video.length).fill(7)

  /** Downloads beside what is there, and looks at what came of it and at the ranges that were asked for. */
  const again = (to: string, answer: RequestListener, options: Partial<Task.DownloadOptions> = {}, task = succeeded) =>
    Effect.gen(function* () {
      const host = yield* assets(answer)
      yield* success(Task.download(task(host.url), { to, ...options }))
      expect(readdirSync(dirname(to))).toEqual(["one.mp4"])
      return host.asked.map(({ headers }) => headers.range)
    })
  const range = `bytes=${video.length / 2}-`
  const rest = video.subarray(video.length / 2)
  const refusing =
    (status: number, headers: Record<string, string>, body?: Uint8Array): RequestListener =>
    (request, response) => {
      if (request.headers.range === undefined) ranged(request, response)
      else response.writeHead(status, { "content-type": "video/mp4", ...headers }).end(body)
    }
  const end = video.length - 1
  const from = video.length / 2

  for (const [name, answer] of [
    [
      "the part of the video starts elsewhere",
      refusing(206, { etag, "content-range": `bytes 5-${end}/${end + 1}` }, rest)
    ],
    ["the part does not say where it starts", refusing(206, { etag }, rest)],
    ["the whole has another length", refusing(206, { etag, "content-range": `bytes ${from}-${end}/${end + 9}` }, rest)],
    [
      "the part is of another version",
      refusing(206, { etag: '"2"', "content-range": `bytes ${from}-${end}/${end + 1}` }, rest)
    ],
    [
      "the part was compressed",
      refusing(206, { etag, "content-range": `bytes ${from}-${end}/${end + 1}`, "content-encoding": "identity" }, rest)
    ],
    [
      "there are no such bytes, though some are missing (416)",
      refusing(416, { "content-range": `bytes */${end + 1}` })
    ],
    ["there are no such bytes, and the host does not say why (416)", refusing(416, {})]
  ] as ReadonlyArray<readonly [string, RequestListener]>) {
    it.live(`at once and by itself, when ${name}`, () =>
      Effect.gen(function* () {
        const to = join(yield* folder, "one.mp4")
        yield* half(to)
        expect(yield* again(to, answer, single)).toEqual([range, undefined])
        expect(new Uint8Array(readFileSync(to))).toEqual(video)
      })
    )
  }

  for (const [name, answer] of [
    ["the host knows no ranges", sendsVideo],
    [
      "the video is another by now",
      (_, response) => void response.writeHead(200, { "content-type": "video/mp4", etag: '"two"' }).end(plain)
    ]
  ] as ReadonlyArray<readonly [string, RequestListener]>) {
    it.live(`with the answer that it has, when ${name}`, () =>
      Effect.gen(function* () {
        const to = join(yield* folder, "one.mp4")
        yield* half(to)
        expect(yield* again(to, answer, single)).toEqual([range])
        expect(new Uint8Array(readFileSync(to))).toEqual(answer === sendsVideo ? video : plain)
      })
    )
  }

  for (const [name, spoil] of [
    ["the note is gone", (to: string) => rmSync(noteOf(to))],
    ["the note cannot be read", (to: string) => writeFileSync(noteOf(to), "{")],
    ["the note names a file of its own choice", (to: string) => rewrite(to, { part: "../../elsewhere" })],
    ["the note's tag is none", (to: string) => rewrite(to, { etag: 'W/"one"' })],
    ["the part is gone", (_: string, part: string) => rmSync(part)],
    ["the part is empty", (_: string, part: string) => writeFileSync(part, "")]
  ] as const) {
    it.live(`when ${name}`, () =>
      Effect.gen(function* () {
        const to = join(yield* folder, "one.mp4")
        const part = yield* half(to)
        spoil(to, part)
        const host = yield* assets(ranged)
        yield* success(Task.download(succeeded(host.url), { to }))
        expect(host.asked.map(({ headers }) => headers.range)).toEqual([undefined])
        expect(new Uint8Array(readFileSync(to))).toEqual(video)
      })
    )
  }

  it.live("for another task and for another output, whose beginning it does not touch but replaces", () =>
    Effect.gen(function* () {
      const to = join(yield* folder, "one.mp4")
      yield* half(to)
      expect(yield* again(to, ranged, {}, (url) => named("another", url))).toEqual([undefined])
      yield* half(to)
      const first = partsOf(to)
      const other = (url: string) => succeeded("https://assets.example.com/0.mp4", url)
      const host = yield* assets((request, response) => ranged(request, response, breaking(to)))
      yield* error(Task.download(other(host.url), { to, index: 1, ...single }))
      expect(partsOf(to)).toHaveLength(1)
      expect(partsOf(to)).not.toEqual(first)
    })
  )

  for (const [name, headers] of [
    ["gives its video no tag", {}],
    ["gives it a weak tag", { etag: 'W/"one"' }],
    ["sends it compressed", { etag, "content-encoding": "gzip" }]
  ] as const) {
    it.live(`with nothing kept, when the host ${name}`, () =>
      Effect.gen(function* () {
        const { gzipSync } = yield* Effect.promise(() => import("node:zlib"))
        const body = "content-encoding" in headers ? gzipSync(video) : video
        const host = yield* assets((_, response) => {
          response.writeHead(200, { "content-type": "video/mp4", "content-length": body.length, ...headers })
          if (host.asked.length > 1) response.end(body)
          else response.write(body.subarray(0, body.length / 2), () => response.socket?.destroy())
        })
        const to = join(yield* folder, "one.mp4")
        yield* error(Task.download(succeeded(host.url), { to, ...single }))
        expect(readdirSync(dirname(to))).toEqual([])
        yield* success(Task.download(succeeded(host.url), { to, ...single }))
        expect(host.asked.map(({ headers }) => headers.range)).toEqual([undefined, undefined])
        expect(new Uint8Array(readFileSync(to))).toEqual(video)
      })
    )
  }
})

describe("the length", () => {
  const answers = (body: BodyInit, headers: Record<string, string>, status = 200) =>
    new Response(body, { status, headers: { "content-type": "video/mp4", ...headers } })
  const short = video.subarray(0, 1000)

  it.live("that was promised and not kept is a failure, and what there is stays to be gone on with", () =>
    Effect.gen(function* () {
      const hosts = scripted(answers(short, { "content-length": "2000", etag }))
      const to = join(yield* folder, "one.mp4")
      const said = yield* error(
        Task.download(succeeded("https://a.example.com/"), { to, ...single }).pipe(hosts.provide)
      )
      expect(said.message).toContain("broke off after 1000 of 2000 bytes")
      expect(said.isRetryable).toBe(true)
      expect(existsSync(to)).toBe(false)
      expect(partsOf(to)).toHaveLength(1)
    })
  )

  it.live("that is more than was promised is a failure, and nothing of it stays", () =>
    Effect.gen(function* () {
      const hosts = scripted(answers(short, { "content-length": "999", etag }))
      const to = join(yield* folder, "one.mp4")
      const said = yield* failure(
        Task.download(succeeded("https://a.example.com/"), { to, ...single }).pipe(hosts.provide)
      )
      expect(said).toContain("after 1000 of 999 bytes")
      expect(readdirSync(dirname(to))).toEqual([])
    })
  )

  it.live("of the whole is what a part's answer says it is", () =>
    Effect.gen(function* () {
      const hosts = scripted(
        () => answers(breaksAt(500), { etag }),
        () => answers(video.subarray(500, 900), { etag, "content-range": "bytes 500-999/1000" }, 206),
        () => answers(video.subarray(900, 1000), { etag, "content-range": "bytes 900-999/1000" }, 206)
      )
      const to = join(yield* folder, "one.mp4")
      const retry = Schedule.recurs(2)
      yield* success(Task.download(succeeded("https://a.example.com/"), { to, retry }).pipe(hosts.provide))
      expect(hosts.asked.map(({ headers }) => headers.get("range"))).toEqual([null, "bytes=500-", "bytes=900-"])
      expect(new Uint8Array(readFileSync(to))).toEqual(short)
    })
  )
})

describe("an attempt that failed", () => {
  const task = succeeded("https://assets.example.com/out.mp4?sig=SECRET")
  const fresh = Effect.map(folder, (path) => join(path, "one.mp4"))
  const reply = (status: number, headers: Record<string, string> = {}) =>
    new Response(status === 204 || status === 304 ? null : "no", { status, headers })

  for (const [name, answer] of [
    ["408", reply(408)],
    ["425", reply(425)],
    ["429", reply(429)],
    ["500", reply(500)],
    ["502", reply(502)],
    ["503", reply(503)],
    ["504", reply(504)],
    ["no answer", new TypeError("fetch failed")]
  ] as const) {
    it.effect(`with what passes (${name}) is made again, four times by default`, () =>
      Effect.gen(function* () {
        const disk = yield* watchedDisk
        const to = yield* fresh
        const saved = scripted(answer, answer, videoAnswer())
        yield* disk.run(Task.download(task, { to }).pipe(saved.provide), success)
        expect(saved.asked).toHaveLength(3)
        const never = scripted(answer)
        const said = yield* disk.run(Task.download(task, { to }).pipe(never.provide), error)
        expect(never.asked).toHaveLength(5)
        expect(said).toMatchObject({ attempts: 5, isRetryable: true })
        expect(said.message).toContain("after 5 attempts")
      })
    )
  }

  for (const [name, answer] of [
    ["a page", new Response("<html>", { headers: { "content-type": "text/html" } })],
    ["nothing", new Response(new Uint8Array())],
    ["204", reply(204)],
    ["304", reply(304)],
    ["400", reply(400)],
    ["416", reply(416)],
    ["a redirect to http", redirect("http://cdn.example.net/")],
    ["401", reply(401)],
    ["403", reply(403)],
    ["404", reply(404)],
    ["410", reply(410)]
  ] as const) {
    it.effect(`with what stays (${name}) is never made again`, () =>
      Effect.gen(function* () {
        const disk = yield* watchedDisk
        const hosts = scripted(answer)
        const said = yield* disk.run(Task.download(task, { to: yield* fresh }).pipe(hosts.provide), error)
        expect(hosts.asked).toHaveLength(1)
        expect(said).toMatchObject({ attempts: 1, isRetryable: false })
      })
    )
  }

  it.effect("is made again when the caller's schedule says so, and not before the host's Retry-After", () =>
    Effect.gen(function* () {
      const disk = yield* watchedDisk
      const times: Array<number> = []
      const clock = yield* Clock.Clock
      const hosts = scripted(() => {
        times.push(clock.currentTimeMillisUnsafe())
        return reply(503, { "retry-after": "50" })
      })
      const retry = Schedule.spaced("1 second").pipe(Schedule.upTo({ times: 2 }))
      yield* disk.run(Task.download(task, { to: yield* fresh, retry }).pipe(hosts.provide), error)
      const waits = times.slice(1).map((time, index) => time - (times[index] ?? 0))
      expect(waits).toHaveLength(2)
      expect(Math.min(...waits)).toBeGreaterThanOrEqual(50_000)
    })
  )
})

describe("an expired URL", () => {
  for (const status of [401, 403, 404, 410]) {
    it.live(`(${status}) is an error of its own that says to get the task again, and keeps what there is`, () =>
      Effect.gen(function* () {
        const to = join(yield* folder, "one.mp4")
        yield* half(to)
        const expired = yield* assets(sends(status, "application/xml", "<Error>SECRET</Error>"))
        const said = yield* error(Task.download(succeeded(expired.url), { to }))
        expect(said).toMatchObject({ reason: { _tag: "OutputExpired" }, status, isRetryable: false })
        expect(said.message).toBe(
          `download: ${status} the video's URL has expired: get the task again for a fresh one (Task.get), then download that [task ${taskId}]`
        )
        const host = yield* assets(ranged)
        yield* success(Task.download(succeeded(host.url), { to }))
        expect(host.asked[0]?.headers.range).toBe(`bytes=${video.length / 2}-`)
        expect(new Uint8Array(readFileSync(to))).toEqual(video)
      })
    )
  }
})

describe("a host that falls silent", () => {
  const task = succeeded("https://assets.example.com/out.mp4?sig=SECRET")

  it.effect("before its answer is given up after 30 seconds, and asked again", () =>
    Effect.gen(function* () {
      const silent = silence()
      const hosts = scripted(silent.reply, videoAnswer())
      const to = join(yield* folder, "one.mp4")
      const during = Effect.gen(function* () {
        yield* until(() => hosts.asked.length === 1)
        yield* TestClock.adjust("29 seconds")
        expect(silent.state.aborted).toBe(false)
        yield* TestClock.adjust("1 second")
        yield* until(() => silent.state.aborted)
      })
      const disk = yield* watchedDisk
      const saved = yield* disk.run(Task.download(task, { to }).pipe(hosts.provide), success, during)
      expect(saved.bytes).toBe(video.length)
    })
  )

  it.effect("before its answer says so when it stays silent, without the query", () =>
    Effect.gen(function* () {
      const disk = yield* watchedDisk
      const hosts = scripted(silence().reply)
      const to = join(yield* folder, "one.mp4")
      const said = yield* disk.run(Task.download(task, { to, stallTimeout: "5 seconds" }).pipe(hosts.provide), error)
      expect(said.message).toContain("no answer from https://assets.example.com/out.mp4?… within 5s")
      expect(hosts.asked).toHaveLength(5)
      expect(readdirSync(dirname(to))).toEqual([])
    })
  )

  it.effect("in the middle is given up, its connection closed, and the rest asked for", () =>
    Effect.gen(function* () {
      const host = yield* pushed
      const remaining = new Response(video.subarray(1000), {
        status: 206,
        headers: { etag, "content-range": `bytes 1000-${video.length - 1}/${video.length}` }
      })
      const hosts = scripted(
        () => host.response({ etag }),
        () => remaining
      )
      const to = join(yield* folder, "one.mp4")
      const during = Effect.gen(function* () {
        yield* host.pushBytes(video.subarray(0, 1000))
        yield* until(() => host.waiting() && partsOf(to).some((part) => statSync(part).size === 1000))
        yield* TestClock.adjust("9 seconds")
        expect(host.cancelled()).toBe(false)
        yield* TestClock.adjust("1 second")
        yield* until(host.cancelled)
      })
      const disk = yield* watchedDisk
      const download = Task.download(task, { to, stallTimeout: "10 seconds" }).pipe(hosts.provide)
      expect((yield* disk.run(download, success, during)).bytes).toBe(video.length)
      expect(new Uint8Array(readFileSync(to))).toEqual(video)
      expect(hosts.asked.map(({ headers }) => headers.get("range"))).toEqual([null, "bytes=1000-"])
    })
  )

  it.effect("for less than that again and again is waited for, however long it takes", () =>
    Effect.gen(function* () {
      const host = yield* pushed
      const to = join(yield* folder, "one.mp4")
      const fiber = yield* Effect.forkChild(success(Task.download(task, { to }).pipe(host.provide)))
      for (let n = 0; n < 20; n++) {
        yield* host.push(1)
        yield* until(host.waiting)
        yield* TestClock.adjust("29 seconds")
      }
      yield* host.end
      expect((yield* Fiber.join(fiber)).bytes).toBe(20)
    })
  )
})

describe("downloads to the same path at once", () => {
  it.live("of one video each save it whole, and leave nothing else", () =>
    Effect.gen(function* () {
      const host = yield* assets(ranged)
      const to = join(yield* folder, "one.mp4")
      const all = Effect.forEach(
        Array.from({ length: 12 }, (_, n) => n),
        () => success(Task.download(succeeded(host.url), { to, ...single })),
        { concurrency: "unbounded" }
      )
      expect((yield* all).map(({ bytes }) => bytes)).toEqual(Array.from({ length: 12 }, () => video.length))
      expect(new Uint8Array(readFileSync(to))).toEqual(video)
      expect(readdirSync(dirname(to))).toEqual(["one.mp4"])
    })
  )

  it.live("of two videos leave one of them, unmixed", () =>
    Effect.gen(function* () {
      const to = join(yield* folder, "one.mp4")
      const bodies = [video, new Uint8Array(video.length).fill(7)]
      const hosts = yield* Effect.forEach(bodies, (body, n) =>
        assets((_, response) => {
          response.writeHead(200, { "content-type": "video/mp4", "content-length": body.length, etag: `"${n}"` })
          response.write(body.subarray(0, 100_000))
          setImmediate(() => response.end(body.subarray(100_000)))
        })
      )
      yield* Effect.forEach(
        [...hosts, ...hosts, ...hosts],
        (host, n) => success(Task.download(named(`task-${n % 2}`, host.url), { to, ...single })),
        { concurrency: "unbounded" }
      )
      const saved = new Uint8Array(readFileSync(to))
      expect(bodies.some((body) => Buffer.compare(body, saved) === 0)).toBe(true)
      expect(readdirSync(dirname(to))).toEqual(["one.mp4"])
    })
  )

  it.live("go on with what is there only once; the others begin anew", () =>
    Effect.gen(function* () {
      const to = join(yield* folder, "one.mp4")
      yield* half(to)
      const host = yield* assets(ranged)
      yield* Effect.forEach([1, 2, 3], () => success(Task.download(succeeded(host.url), { to, ...single })), {
        concurrency: "unbounded"
      })
      expect(host.asked.map(({ headers }) => headers.range).filter((range) => range !== undefined)).toHaveLength(1)
      expect(new Uint8Array(readFileSync(to))).toEqual(video)
      expect(readdirSync(dirname(to))).toEqual(["one.mp4"])
    })
  )

  it.live("start over when another process has finished or replaced the part", () =>
    Effect.gen(function* () {
      const to = join(yield* folder, "one.mp4")
      const stolen = breaking(to, (response) => {
        for (const part of partsOf(to)) rmSync(part)
        response.end(video.subarray(video.length / 2))
      })
      const host = yield* assets((request, response) =>
        ranged(request, response, host.asked.length === 1 ? stolen : undefined)
      )
      yield* success(Task.download(succeeded(host.url), { to, retry: Schedule.recurs(1) }))
      expect(host.asked.map(({ headers }) => headers.range)).toEqual([undefined, undefined])
      expect(new Uint8Array(readFileSync(to))).toEqual(video)
      expect(readdirSync(dirname(to))).toEqual(["one.mp4"])
    })
  )
})

describe("the disk", () => {
  /** Node's own file system, with a file's methods replaced. */
  const withFile = (
    change: (file: FileSystem.File) => Partial<FileSystem.File>,
    done: (what: string) => void = () => {}
  ) =>
    Effect.gen(function* () {
      const fs = yield* FileSystem.FileSystem
      return FileSystem.FileSystem.of({
        ...fs,
        rename: (from, to) =>
          Effect.andThen(
            Effect.sync(() => done(to.endsWith(".json") ? "note" : "rename")),
            fs.rename(from, to)
          ),
        open: (path, options) =>
          Effect.map(fs.open(path, options), (file) => ({
            ...{
              [FileSystem.FileTypeId]: file[FileSystem.FileTypeId],
              stat: file.stat,
              sync: file.sync,
              seek: file.seek.bind(file),
              read: file.read.bind(file),
              readAlloc: file.readAlloc.bind(file),
              truncate: file.truncate.bind(file),
              write: file.write.bind(file),
              writeAll: file.writeAll.bind(file)
            },
            ...change(file)
          }))
      })
    }).pipe(Effect.provide(Disk))

  it.live("has all of the video before it gets its name", () =>
    Effect.gen(function* () {
      const order: Array<string> = []
      const fs = yield* withFile(
        (file) => ({
          sync: Effect.andThen(
            Effect.sync(() => order.push("sync")),
            file.sync
          )
        }),
        (what) => order.push(what)
      )
      const host = yield* assets(ranged)
      const to = join(yield* folder, "one.mp4")
      yield* success(Task.download(succeeded(host.url), { to }).pipe(Effect.provideService(FileSystem.FileSystem, fs)))
      expect(order).toEqual(["note", "sync", "rename"])
    })
  )

  it.live("that is full ends the download at once, keeping what fits and an existing file", () =>
    Effect.gen(function* () {
      const full = systemError({ module: "FileSystem", method: "writeAll", _tag: "Unknown", description: "ENOSPC" })
      const fs = yield* withFile((file) => ({
        writeAll: (chunk) => Effect.andThen(file.writeAll(chunk.subarray(0, 1000)), Effect.fail(full))
      }))
      const host = yield* assets(ranged)
      const to = join(yield* folder, "one.mp4")
      writeFileSync(to, "an older video")
      const { message, isRetryable } = yield* error(
        Task.download(succeeded(host.url), { to }).pipe(Effect.provideService(FileSystem.FileSystem, fs))
      )
      expect(message).toContain("ENOSPC")
      expect(isRetryable).toBe(false)
      expect(host.asked).toHaveLength(1)
      expect(readFileSync(to, "utf8")).toBe("an older video")
      expect(statSync(partsOf(to)[0] ?? "").size).toBeGreaterThan(0)
      yield* success(Task.download(succeeded(host.url), { to }))
      expect(new Uint8Array(readFileSync(to))).toEqual(video)
      expect(readdirSync(dirname(to))).toEqual(["one.mp4"])
    })
  )
})

describe("the span of a download", () => {
  it.live("tells the task and the bytes, and no query", () =>
    Effect.gen(function* () {
      const spans: Array<Tracer.NativeSpan> = []
      const tracer = Tracer.make({
        span: (options) => {
          const span = new Tracer.NativeSpan(options)
          spans.push(span)
          return span
        }
      })
      const host = yield* assets(sendsVideo)
      const to = join(yield* folder, "one.mp4")
      yield* success(Task.download(succeeded(host.url), { to }).pipe(Effect.provideService(Tracer.Tracer, tracer)))
      const [span] = spans.filter(({ name }) => name === "Runway.download")
      expect(Object.fromEntries(span?.attributes ?? [])).toEqual({
        "runway.task.id": taskId,
        "runway.download.bytes": video.length
      })
      expect(spans.map(({ attributes }) => JSON.stringify([...attributes])).join()).not.toContain("SECRET")
    })
  )
})
