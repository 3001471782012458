import { readdirSync } from "node:fs"
import { dirname, join } from "node:path"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { Task } from "../../../src/index.ts"
import type { Asked } from "../../support/Provider.ts"
import {
  failure,
  folder,
  holdsNoKey,
  redirect,
  scripted,
  signature,
  succeeded,
  success,
  video,
  videoAnswer
} from "./Support.ts"

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
