/** What a download takes at most, where it writes, and what it checks before it asks for anything. */
import { execFileSync } from "node:child_process"
import { once } from "node:events"
import { lstatSync, mkdirSync, readdirSync, readFileSync, readlinkSync, symlinkSync, writeFileSync } from "node:fs"
import { createServer } from "node:net"
import { dirname, join } from "node:path"
import { gzipSync } from "node:zlib"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Schedule from "effect/Schedule"
import { Task } from "../../../src/index.ts"
import {
  assets,
  Disk,
  error,
  failure,
  folder,
  half,
  noteOf,
  partsOf,
  pushed,
  ranged,
  rewrite,
  scripted,
  sendsVideo,
  single,
  succeeded,
  success,
  video,
  videoAnswer,
  watchedDisk
} from "./Support.ts"

const anywhere = "https://assets.example.com/out.mp4"

describe("a video that is too large", () => {
  it.live("is refused by its length, before a byte is written", () =>
    Effect.gen(function* () {
      const host = yield* assets(sendsVideo)
      const to = join(yield* folder, "one.mp4")
      const { message, isRetryable } = yield* error(
        Task.download(succeeded(host.url), { to, maxBytes: video.length - 1 })
      )
      expect(message).toContain(`more than ${video.length - 1} bytes`)
      expect(isRetryable).toBe(false)
      expect(host.asked).toHaveLength(1)
      expect(readdirSync(dirname(to))).toEqual([])
      expect((yield* success(Task.download(succeeded(host.url), { to, maxBytes: video.length }))).bytes).toBe(
        video.length
      )
    })
  )

  it.live("is refused by its bytes where no length is said, and nothing of it stays", () =>
    Effect.gen(function* () {
      const host = yield* assets((_, response) => {
        response.writeHead(200, { "content-type": "video/mp4", etag: '"one"' })
        for (let at = 0; at < video.length; at += 20_000) response.write(video.subarray(at, at + 20_000))
        response.end()
      })
      const to = join(yield* folder, "one.mp4")
      expect(yield* failure(Task.download(succeeded(host.url), { to, maxBytes: 100_000 }))).toContain(
        "more than 100000 bytes"
      )
      expect(host.asked).toHaveLength(1)
      expect(readdirSync(dirname(to))).toEqual([])
    })
  )

  it.live("is refused by its size after decompression, however small it is on the wire", () =>
    Effect.gen(function* () {
      const bomb = gzipSync(Buffer.alloc(50 * 1024 * 1024, 1))
      const host = yield* assets((_, response) => {
        response.writeHead(200, {
          "content-type": "video/mp4",
          "content-encoding": "gzip",
          "content-length": bomb.length
        })
        response.end(bomb)
      })
      expect(bomb.length).toBeLessThan(100_000)
      const to = join(yield* folder, "one.mp4")
      expect(yield* failure(Task.download(succeeded(host.url), { to, maxBytes: 1024 * 1024 }))).toContain(
        "more than 1048576"
      )
      expect(readdirSync(dirname(to))).toEqual([])
    })
  )

  it.live("is refused above 2 GiB unless more is permitted", () =>
    Effect.gen(function* () {
      const to = join(yield* folder, "one.mp4")
      const large = () =>
        new Response(video, { headers: { "content-type": "video/mp4", "content-length": "2147483649" } })
      const hosts = scripted(large)
      expect(yield* failure(Task.download(succeeded(anywhere), { to }).pipe(hosts.provide))).toContain(
        "more than 2147483648"
      )
      // Permitted, it is only found to be shorter than was said.
      const more = Task.download(succeeded(anywhere), { to, maxBytes: 3e9, ...single })
      expect(yield* failure(more.pipe(scripted(large).provide))).toContain("broke off after 200000 of 2147483649")
    })
  )

  for (const length of ["9007199254740993", "18446744073709551616", "9".repeat(400)]) {
    it.live(`is refused by a length that no number holds (${length.slice(0, 20)})`, () =>
      Effect.gen(function* () {
        const to = join(yield* folder, "one.mp4")
        for (const headers of [{ "content-length": length }, { "content-length": length, etag: '"one"' }]) {
          const hosts = scripted(new Response(video, { headers: { "content-type": "video/mp4", ...headers } }))
          const most = Task.download(succeeded(anywhere), { to, maxBytes: Number.MAX_SAFE_INTEGER })
          expect(yield* failure(most.pipe(hosts.provide))).toContain("more than 9007199254740991 bytes")
        }
        expect(readdirSync(dirname(to))).toEqual([])
      })
    )
  }

  for (const length of ["", "-5", "abc", "1e3", "0x10", "12, 12"]) {
    it.live(`is not concluded from a length that is no number (${JSON.stringify(length)})`, () =>
      Effect.gen(function* () {
        const to = join(yield* folder, "one.mp4")
        const headers = { "content-type": "video/mp4", "content-length": length, etag: '"one"' }
        const hosts = scripted(new Response(video, { headers }))
        expect((yield* success(Task.download(succeeded(anywhere), { to }).pipe(hosts.provide))).bytes).toBe(
          video.length
        )
      })
    )
  }
})

describe("a download's deadline", () => {
  it.effect("ends a host that trickles, keeps what came, and a later call goes on", () =>
    Effect.gen(function* () {
      const to = join(yield* folder, "one.mp4")
      const disk = yield* watchedDisk
      const host = yield* pushed
      const trickle = Effect.gen(function* () {
        for (let times = 0; times < 6; times++) {
          yield* host.push(10)
          yield* Effect.sleep("20 seconds")
        }
      }).pipe(Effect.forkChild, Effect.asVoid)
      const answer = { etag: '"one"', "content-length": "1000" }
      const failed = yield* disk.run(
        Task.download(succeeded(anywhere), { to, deadline: "1 minute" }).pipe(
          scripted(() => host.response(answer)).provide
        ),
        error,
        trickle
      )
      expect(failed.message).toContain("not whole within 1m")
      expect(failed.isRetryable).toBe(true)
      expect(partsOf(to)).toHaveLength(1)
      expect(readFileSync(partsOf(to)[0] ?? "").length).toBeGreaterThan(0)
      yield* disk.run(
        Effect.suspend(() => Task.download(succeeded(anywhere), { to, ...single })).pipe(
          scripted((request) => {
            expect(request.headers.get("range")).toMatch(/^bytes=\d+-$/)
            return new Response(null, { status: 500 })
          }).provide
        ),
        error
      )
    }).pipe(Effect.scoped)
  )

  it.effect("counts all attempts together, and is an hour by default", () =>
    Effect.gen(function* () {
      const disk = yield* watchedDisk
      const to = join(yield* folder, "one.mp4")
      const retry = Schedule.spaced("7 minutes")
      const busy = () => scripted(() => new Response(null, { status: 503 })).provide
      const failed = yield* disk.run(Task.download(succeeded(anywhere), { to, retry }).pipe(busy()), error)
      expect(failed.message).toContain("not whole within 1h")
      const sooner = yield* disk.run(
        Task.download(succeeded(anywhere), { to, retry, deadline: "10 minutes" }).pipe(busy()),
        error
      )
      expect(sooner.message).toContain("not whole within 10m")
    }).pipe(Effect.scoped)
  )
})

describe("what stands in the way of a download and is no file", () => {
  const outsider = (to: string) => join(dirname(to), "outsider")
  const kinds: Readonly<Record<string, (path: string) => void>> = {
    "a pipe": (path) => void execFileSync("mkfifo", [path]),
    "a symbolic link": (path) => symlinkSync(join(dirname(path), "outsider"), path),
    "a folder": (path) => mkdirSync(path)
  }
  const kindOf = (path: string) => lstatSync(path).mode & 0o170000

  for (const [kind, make] of Object.entries(kinds)) {
    it.live(`is neither opened nor replaced: ${kind} as the file`, () =>
      Effect.gen(function* () {
        // A folder is a place to save into, unless it has the name of the file to save.
        const place = yield* folder
        const to = join(place, "5b91e444-c232-deaf-a4d7-8aef3e57336b.mp4")
        writeFileSync(outsider(to), "untouched")
        make(to)
        const before = kindOf(to)
        const hosts = scripted(videoAnswer)
        for (const target of kind === "a folder" ? [`${place}/`] : [to, `${place}/`]) {
          const { message, isRetryable } = yield* error(
            Task.download(succeeded(anywhere), { to: target }).pipe(hosts.provide)
          )
          expect(message).toContain(`cannot write ${to}: it is ${kind} and no regular file`)
          expect(isRetryable).toBe(false)
        }
        expect(kindOf(to)).toBe(before)
        expect(readFileSync(outsider(to), "utf8")).toBe("untouched")
        expect(partsOf(to)).toEqual([])
      })
    )

    it.live(`is neither opened nor replaced: ${kind} as the note`, () =>
      Effect.gen(function* () {
        const to = join(yield* folder, "one.mp4")
        writeFileSync(outsider(to), "untouched")
        make(noteOf(to))
        const before = kindOf(noteOf(to))
        const host = yield* assets(ranged)
        expect(yield* failure(Task.download(succeeded(host.url), { to }))).toContain(`${noteOf(to)}: it is ${kind}`)
        expect(host.asked).toHaveLength(0)
        expect(kindOf(noteOf(to))).toBe(before)
        expect(readFileSync(outsider(to), "utf8")).toBe("untouched")
      })
    )

    it.live(`is neither opened nor replaced: ${kind} as the part`, () =>
      Effect.gen(function* () {
        const to = join(yield* folder, "one.mp4")
        writeFileSync(outsider(to), "untouched")
        yield* half(to)
        rewrite(to, { part: "0123abcd" })
        const part = `${to}.0123abcd.part`
        make(part)
        const before = kindOf(part)
        const host = yield* assets(ranged)
        expect(yield* failure(Task.download(succeeded(host.url), { to }))).toContain(`${part}: it is ${kind}`)
        expect(host.asked).toHaveLength(0)
        // Nor is it removed by the download of another task, whose note takes this one's place.
        const other = new Task.Succeeded({ ...succeeded(host.url), id: Task.TaskId.make("another") })
        yield* success(Task.download(other, { to }))
        expect(kindOf(part)).toBe(before)
        expect(readFileSync(outsider(to), "utf8")).toBe("untouched")
      })
    )
  }

  it.live("is not opened when it is a device", () =>
    Effect.gen(function* () {
      const hosts = scripted(videoAnswer)
      const said = yield* failure(Task.download(succeeded(anywhere), { to: "/dev/null" }).pipe(hosts.provide))
      expect(said).toContain("/dev/null: it is a device and no regular file")
      expect(hosts.asked).toHaveLength(0)
    })
  )

  it.live("is not replaced when it takes the file's name while the video comes", () =>
    Effect.gen(function* () {
      const to = join(yield* folder, "one.mp4")
      const host = yield* assets(ranged)
      writeFileSync(outsider(to), "untouched")
      const onProgress = ({ received, total }: Task.DownloadProgress) =>
        Effect.sync(() => {
          if (received === total) symlinkSync(outsider(to), to)
        })
      expect(yield* failure(Task.download(succeeded(host.url), { to, onProgress }))).toContain("it is a symbolic link")
      expect(readlinkSync(to)).toBe(outsider(to))
      expect(readFileSync(outsider(to), "utf8")).toBe("untouched")
    })
  )

  it.live("may be a link to a folder to save into, as that is nothing in the way", () =>
    Effect.gen(function* () {
      const place = yield* folder
      mkdirSync(join(place, "real"))
      symlinkSync(join(place, "real"), join(place, "link"))
      yield* success(
        Task.download(succeeded(anywhere), { to: join(place, "link") }).pipe(scripted(videoAnswer).provide)
      )
      expect(readdirSync(join(place, "real"))).toEqual(["5b91e444-c232-deaf-a4d7-8aef3e57336b.mp4"])
    })
  )
})

describe("a note that is far too long", () => {
  it.live("is not read, and the download starts over", () =>
    Effect.gen(function* () {
      const to = join(yield* folder, "one.mp4")
      yield* half(to)
      rewrite(to, { padding: "x".repeat(10_000_000) })
      const reads: Array<string> = []
      const fs = yield* Effect.provide(FileSystem.FileSystem, Disk)
      const watched = FileSystem.FileSystem.of({
        ...fs,
        readFileString: (path, encoding) => {
          reads.push(path)
          return fs.readFileString(path, encoding)
        }
      })
      const host = yield* assets(ranged)
      const download = Task.download(succeeded(host.url), { to }).pipe(
        Effect.provideService(FileSystem.FileSystem, watched)
      )
      expect((yield* success(download)).bytes).toBe(video.length)
      expect(host.asked[0]?.headers.range).toBe(undefined)
      // What is read is the new, short note only.
      expect(reads.length).toBeLessThanOrEqual(2)
    })
  )
})

describe("a page that calls itself a video", () => {
  const inPieces = (text: string, size: number) =>
    new ReadableStream<Uint8Array>({
      start: (controller) => {
        const bytes = new TextEncoder().encode(text)
        for (let at = 0; at < bytes.length; at += size) controller.enqueue(bytes.slice(at, at + size))
        controller.close()
      }
    })
  for (const text of [
    "<!DOCTYPE html><p>Sorry</p>",
    "\ufeff\n\n  <html>",
    '{"error":"expired"}',
    "<Error><Code>x</Code></Error>"
  ]) {
    for (const size of [1, 2, 3, 1000]) {
      it.live(
        `is recognised in pieces of ${size} (${JSON.stringify(text.slice(0, 12))}), and no later download goes on with it`,
        () =>
          Effect.gen(function* () {
            const to = join(yield* folder, "one.mp4")
            const headers = { "content-type": "video/mp4", etag: '"one"' }
            const hosts = scripted(() => new Response(inPieces(text, size), { headers }))
            expect(yield* failure(Task.download(succeeded(anywhere), { to }).pipe(hosts.provide))).toContain(
              "a page and no video"
            )
            expect(hosts.asked).toHaveLength(1)
            expect(readdirSync(dirname(to))).toEqual([])
          })
      )
    }
  }

  it.live("is not seen in a video that comes byte by byte, nor in one that begins with white space", () =>
    Effect.gen(function* () {
      for (const text of ["\u0000\u0000\u0000 ftypisom<html>", " \n\tRIFF", " ".repeat(600), "GIF {", " "]) {
        const to = join(yield* folder, "one.mp4")
        const hosts = scripted(new Response(inPieces(text, 1), { headers: { "content-type": "video/mp4" } }))
        yield* success(Task.download(succeeded(anywhere), { to }).pipe(hosts.provide))
        expect(readFileSync(to, "utf8")).toBe(text)
      }
    })
  )
})

describe("a disk that is full", () => {
  it.live("is named as that, with what to do", () =>
    Effect.gen(function* () {
      const fs = yield* Effect.provide(FileSystem.FileSystem, Disk)
      // Linux's own full device gives the error that a full disk gives.
      const full = FileSystem.FileSystem.of({
        ...fs,
        open: (path, options) => fs.open(path.endsWith(".part") ? "/dev/full" : path, options)
      })
      const host = yield* assets(ranged)
      const to = join(yield* folder, "one.mp4")
      const { message, isRetryable } = yield* error(
        Task.download(succeeded(host.url), { to }).pipe(Effect.provideService(FileSystem.FileSystem, full))
      )
      expect(message).toMatch(
        /the disk is full \(ENOSPC\): there is no room for .*one\.mp4.*Make room, then download again/
      )
      expect(isRetryable).toBe(false)
      expect(host.asked).toHaveLength(1)
    })
  )
})

describe("options that cannot be used", () => {
  const odd: ReadonlyArray<readonly [string, object]> = [
    ...["", "a\0b", 5, null].map((to) => ["to", { to }] as const),
    ...[-1, 0.5, Number.NaN, "0"].map((index) => ["index", { index }] as const),
    ...[0, -1, 1.5, Number.POSITIVE_INFINITY, Number.NaN, "10"].map((maxBytes) => ["maxBytes", { maxBytes }] as const),
    ...["soon", "", 0, -5, {}, Number.POSITIVE_INFINITY].map((deadline) => ["deadline", { deadline }] as const),
    ...["soon", 0, -5, null].map((stallTimeout) => ["stallTimeout", { stallTimeout }] as const),
    ...["twice", 3, {}].map((retry) => ["retry", { retry }] as const),
    ...["yes", 1].map((onProgress) => ["onProgress", { onProgress }] as const),
    ...["example.com", true, null].map((allow) => ["allow", { allow }] as const)
  ]
  for (const [name, options] of odd) {
    it.live(`are refused before anything is asked or made: ${JSON.stringify(options)}`, () =>
      Effect.gen(function* () {
        const hosts = scripted(videoAnswer)
        const place = yield* folder
        const chosen = { to: join(place, "new", "one.mp4"), ...options } as Task.DownloadOptions
        const failed = yield* error(Task.download(succeeded(anywhere), chosen).pipe(hosts.provide))
        expect(failed.reason._tag).toBe("InvalidInput")
        expect(failed.message).toContain(`${name}: must be `)
        expect(hosts.asked).toHaveLength(0)
        expect(readdirSync(place)).toEqual([])
      })
    )
  }

  it.live("are all named at once", () =>
    Effect.gen(function* () {
      const options = { to: "", index: -1, maxBytes: 0 }
      const said = yield* failure(Task.download(succeeded(anywhere), options))
      for (const name of ["to", "index", "maxBytes"]) expect(said).toContain(`${name}: must be `)
    })
  )
})

describe("a host that answers with a length beyond all numbers over a real connection", () => {
  it.live("ends the download with a typed failure", () =>
    Effect.gen(function* () {
      const server = createServer((socket) => {
        socket.on("error", () => {})
        socket.once("data", () =>
          socket.write("HTTP/1.1 200 OK\r\ncontent-type: video/mp4\r\ncontent-length: 9007199254740993\r\n\r\n\0\0\0")
        )
      })
      yield* Effect.promise(() => once(server.listen(0, "127.0.0.1"), "listening"))
      const address = server.address()
      const port = typeof address === "object" ? address?.port : undefined
      const to = join(yield* folder, "one.mp4")
      const { reason } = yield* error(Task.download(succeeded(`http://127.0.0.1:${port}/a.mp4`), { to, ...single }))
      expect(reason._tag).toBe("DownloadFailed")
      server.close()
    })
  )
})
