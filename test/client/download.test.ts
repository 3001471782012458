/**
 * Saving a finished video: from real HTTP servers on this machine, and from scripted ones where it takes https.
 */
import { once } from "node:events"
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs"
import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from "node:http"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import { inspect } from "node:util"
import * as NodeServices from "@effect/platform-node/NodeServices"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import type * as FileSystem from "effect/FileSystem"
import { Fetch } from "effect/http/FetchHttpClient"
import type * as Path from "effect/Path"
import { type RunwayError, Task } from "../../src/index.ts"
import { type Asked, provider, type Reply, until } from "../support/Provider.ts"

const video = new Uint8Array(200_000).map((_, index) => (index * 31) % 251)
const signature = "_jwt=SIGNED-SECRET"

const succeeded = (...urls: readonly [string, ...Array<string>]) => {
  const [first, ...rest] = urls
  return new Task.Succeeded({
    id: Task.TaskId.make("5b91e444-c232-deaf-a4d7-8aef3e57336b"),
    status: "SUCCEEDED",
    output: [Task.makeOutputUrl(first), ...rest.map(Task.makeOutputUrl)]
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

type Download = Effect.Effect<number, RunwayError, FileSystem.FileSystem | Path.Path>

/** The error of a download that is to fail, checked for what holds for every one of them. */
const failure = (download: Download) =>
  Effect.gen(function* () {
    const error = yield* Effect.flip(download)
    expect(error.reason._tag).toBe("DownloadFailed")
    expect(error.taskId).toBe("5b91e444-c232-deaf-a4d7-8aef3e57336b")
    expect(error.lastTask?._tag).toBe("Succeeded")
    expect(`${error} ${error.stack} ${inspect(error, { depth: 9 })} ${JSON.stringify(error)}`).not.toContain("SECRET")
    return error.message
  }).pipe(Effect.provide(NodeServices.layer))

const success = (download: Download) => Effect.provide(download, NodeServices.layer)

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
      expect(yield* success(Task.download(succeeded(host.url), { to }))).toBe(video.length)
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

  // Skipped until a folder that appears between looking and making is no failure (src/Folder.ts).
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
    ["XML comes instead", sends(403, "application/xml", "<Error/>"), /answered with 403/],
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
        expect(yield* failure(Task.download(succeeded(host.url), { to }))).toMatch(says)
        expect(readdirSync(dirname(to))).toEqual([])
        writeFileSync(to, "an older video")
        yield* failure(Task.download(succeeded(host.url), { to }))
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
      expect(yield* failure(Task.download(succeeded(host.url), { to }))).toContain(`no answer from ${host.origin}`)
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

  it.live("when a folder stands where the file should be, naming it", () =>
    Effect.gen(function* () {
      const host = yield* assets(sendsVideo)
      const to = join(yield* folder, "one.mp4")
      mkdirSync(join(to, "full"), { recursive: true })
      expect(yield* failure(Task.download(succeeded(host.url), { to }))).toContain(to)
      expect(readdirSync(dirname(to))).toEqual(["one.mp4"])
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
        expect(yield* success(download(task, to).pipe(hosts.provide))).toBe(video.length)
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
      expect(yield* success(download(task, to).pipe(scripted(...five, videoAnswer()).provide))).toBe(video.length)
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
  it.live("in the middle closes the connection and leaves neither the file nor its part", () =>
    Effect.gen(function* () {
      const closed = Promise.withResolvers<void>()
      const host = yield* assets(sendsHalf(({ socket }) => void socket?.once("close", () => closed.resolve())))
      const to = join(yield* folder, "one.mp4")
      const fiber = yield* Effect.forkChild(success(Task.download(succeeded(host.url), { to })))
      yield* until(() => existsSync(`${to}.part`) && statSync(`${to}.part`).size > 0)
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
        yield* failure(Task.download(succeeded(host.url), { to: join(yield* folder, "one.mp4") }))
        yield* Effect.promise(() => closed.promise)
      })
    )
  }
})
