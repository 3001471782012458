import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import type { RequestListener } from "node:http"
import { dirname, join } from "node:path"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { Task } from "../../../src/index.ts"
import {
  assets,
  error,
  failure,
  folder,
  ranged,
  sends,
  sendsHalf,
  sendsVideo,
  single,
  succeeded,
  success,
  video
} from "./Support.ts"

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
    ["the URL is not accepted (401)", sends(401, "text/plain", "no"), /401[\s\S]*Get the task again/],
    ["the URL has expired (403)", sends(403, "text/plain", "no"), /403[\s\S]*Get the task again/],
    ["the URL has expired (404)", sends(404, "text/plain", "no"), /404[\s\S]*Get the task again/],
    ["the URL has expired (410)", sends(410, "text/plain", "no"), /410[\s\S]*Get the task again/],
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
      expect(yield* failure(Task.download(succeeded(host.url), { to: "" }))).toMatch(
        /nothing was sent.*to: must be a path/
      )
      expect(host.asked).toHaveLength(0)
    })
  )

  it.live("when a folder has taken the file's place in the meantime, naming it, and keeps what it has", () =>
    Effect.gen(function* () {
      const to = join(yield* folder, "one.mp4")
      const host = yield* assets(ranged)
      const block = ({ received, total }: Task.DownloadProgress) =>
        Effect.sync(() => {
          if (received === total) mkdirSync(join(to, "full"), { recursive: true })
        })
      const { message, isRetryable } = yield* error(Task.download(succeeded(host.url), { to, onProgress: block }))
      expect(message).toContain(`cannot write ${to}`)
      expect(isRetryable).toBe(false)
      expect(host.asked).toHaveLength(1)
      rmSync(to, { recursive: true })
      expect((yield* success(Task.download(succeeded(host.url), { to }))).bytes).toBe(video.length)
      expect(host.asked[1]?.headers.range).toBe(`bytes=${video.length}-`)
    })
  )
})
