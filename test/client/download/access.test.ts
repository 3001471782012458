/** Which hosts a download asks: those of the internet over https, the API's own, and those that the caller permits. */
import { mkdtempSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import * as NodeFileSystem from "@effect/platform-node/NodeFileSystem"
import * as NodePath from "@effect/platform-node/NodePath"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { Runway, Task } from "../../../src/index.ts"
import { assets, folder, redirect, scripted, sendsVideo, succeeded, video, videoAnswer } from "./Support.ts"

const Disk = Layer.merge(NodeFileSystem.layer, NodePath.layer)
const apiAt = (baseUrl: string) => Layer.orDie(Runway.layer({ apiKey: "sk-test-secret", baseUrl }))

/** What a download of a URL comes to: how many requests were made, and the problem if there is one. */
const outcome = (
  url: string,
  options: Partial<Task.DownloadOptions> = {},
  hosts = scripted(videoAnswer()),
  api: Layer.Layer<Runway> | Layer.Layer<never> = Layer.empty
) =>
  Effect.gen(function* () {
    const to = join(yield* folder, "one.mp4")
    const result = yield* Effect.result(
      Task.download(succeeded(url), { to, ...options }).pipe(hosts.provide, Effect.provide(Layer.merge(api, Disk)))
    )
    const error = result._tag === "Failure" ? result.failure : undefined
    return {
      asked: hosts.asked.map(({ url }) => url),
      saved: result._tag === "Success",
      error,
      says: error?.message ?? ""
    }
  })

const here = ["localhost:4010", "127.0.0.1:4010", "127.1.2.3", "[::1]:4010", "[::ffff:127.0.0.1]", "a.localhost"]

/** As an attacker writes them too: `URL` reads numbers, octal and hexadecimal ones, and dots that nobody needs. */
const inside = [
  ...here,
  ...["2130706433", "0x7f000001", "0177.0.0.1", "127.1", "localhost."],
  ...[
    "10.0.0.1",
    "172.16.0.1",
    "172.31.255.255",
    "192.168.1.1",
    "169.254.169.254",
    "100.64.0.1",
    "0.0.0.0",
    "198.18.0.1"
  ],
  ...["224.0.0.1", "255.255.255.255", "192.0.0.1"],
  ...[
    "[fe80::1]",
    "[fc00::1]",
    "[fd12:3456::1]",
    "[fec0::1]",
    "[ff02::1]",
    "[::]",
    "[::ffff:10.0.0.1]",
    "[::ffff:a9fe:a9fe]"
  ],
  ...["[::10.0.0.1]", "[64:ff9b::10.0.0.1]", "[64:ff9b:1::1]", "[2002:a00:1::]"],
  ...[
    "printer.local",
    "metadata.google.internal",
    "router.lan",
    "minio",
    "nas.home.arpa",
    "db.internal.",
    "wiki.intranet"
  ]
]

const outside = [
  ...[
    "cdn.example.com",
    "dnznrvs05pmza.cloudfront.net",
    "8.8.8.8",
    "172.32.0.1",
    "100.128.0.1",
    "192.169.0.1",
    "9.255.255.255"
  ],
  ...["[2606:4700::1111]", "[2002:808:808::]", "[64:ff9b::8.8.8.8]", "[::ffff:8.8.8.8]"],
  ...["local.example.com", "localhost.example.com", "internal.example.com", "10.example.com", "fe80.example.com"]
]

describe("a host on this machine or a private network", () => {
  for (const host of inside) {
    it.live(`is not asked over https, nor after a redirect (${host})`, () =>
      Effect.gen(function* () {
        const direct = yield* outcome(`https://${host}/out.mp4?sig=SECRET`)
        expect(direct).toMatchObject({ asked: [], saved: false })
        expect(direct.says).toContain("private network; if that is right, permit it with `allow`")
        expect(direct.says).not.toContain("SECRET")
        expect(direct.error?.isRetryable).toBe(false)

        const hosts = scripted(redirect(`https://${host}/out.mp4?sig=SECRET`), videoAnswer())
        const redirected = yield* outcome("https://cdn.example.com/out.mp4", {}, hosts)
        expect(redirected.asked).toEqual(["https://cdn.example.com/out.mp4"])
        expect(redirected.says).toContain("private network")
      })
    )
  }

  for (const host of outside) {
    it.live(`is not mistaken for one of the internet (${host})`, () =>
      Effect.gen(function* () {
        expect(yield* outcome(`https://${host}/out.mp4`)).toMatchObject({ saved: true })
      })
    )
  }
})

describe("http", () => {
  for (const host of here) {
    it.live(`of this machine is taken where the API is on this machine, and nowhere else (${host})`, () =>
      Effect.gen(function* () {
        const url = `http://${host}/out.mp4`
        for (const api of ["http://127.0.0.1:4010", "http://localhost:9", "http://[::1]:80"]) {
          expect(yield* outcome(url, {}, scripted(videoAnswer()), apiAt(api))).toMatchObject({ saved: true })
        }
        for (const api of [apiAt("https://api.cometapi.com"), apiAt("http://10.0.0.1:4010"), Layer.empty]) {
          const refused = yield* outcome(url, {}, scripted(videoAnswer()), api)
          expect(refused).toMatchObject({ asked: [], saved: false })
          expect(refused.says).toContain("is not an https:// URL")
        }
      })
    )
  }

  it.live("is taken from the API's own origin, wherever a mock in a container is, and from no neighbour of it", () =>
    Effect.gen(function* () {
      const api = apiAt("http://mock:4010")
      expect(yield* outcome("http://mock:4010/out.mp4", {}, scripted(videoAnswer()), api)).toMatchObject({
        saved: true
      })
      for (const url of ["http://mock:4011/out.mp4", "http://other:4010/out.mp4", "http://127.0.0.1:4010/out.mp4"]) {
        expect(yield* outcome(url, {}, scripted(videoAnswer()), api)).toMatchObject({ asked: [], saved: false })
      }
    })
  )

  it.live("of a private network or the internet is not taken because the API is on this machine", () =>
    Effect.gen(function* () {
      for (const host of ["10.0.0.1", "printer.local", "cdn.example.com", "169.254.169.254"]) {
        const refused = yield* outcome(
          `http://${host}/a.mp4`,
          {},
          scripted(videoAnswer()),
          apiAt("http://127.0.0.1:4010")
        )
        expect(refused).toMatchObject({ asked: [], saved: false })
      }
    })
  )

  it.live("is asked for over a real connection only where it may be", () =>
    Effect.gen(function* () {
      const host = yield* assets(sendsVideo)
      const to = join(mkdtempSync(join(tmpdir(), "cometapi-runway-access-")), "one.mp4")
      const download = Task.download(succeeded(host.url), { to })
      expect((yield* Effect.flip(Effect.provide(download, Disk))).message).toContain("is not an https:// URL")
      expect(host.asked).toHaveLength(0)
      expect((yield* Effect.provide(download, Layer.merge(apiAt(host.origin), Disk))).bytes).toBe(video.length)
      const allowed = Task.download(succeeded(host.url), { to, allow: ({ origin }) => origin === host.origin })
      expect((yield* Effect.provide(allowed, Disk)).bytes).toBe(video.length)
    })
  )
})

describe("`allow`", () => {
  it.live("permits what is refused otherwise, and is asked about each redirect", () =>
    Effect.gen(function* () {
      const seen: Array<string> = []
      const allow = (url: URL) => {
        seen.push(url.href)
        return url.hostname.endsWith(".internal")
      }
      const chain = () => scripted(redirect("https://b.internal/2.mp4"), videoAnswer())
      expect(yield* outcome("https://a.internal/1.mp4?sig=1", { allow }, chain())).toMatchObject({ saved: true })
      expect(seen).toEqual(["https://a.internal/1.mp4?sig=1", "https://b.internal/2.mp4"])
      expect(yield* outcome("http://c.internal:9000/1.mp4", { allow })).toMatchObject({ saved: true })

      const away = scripted(redirect("https://cdn.example.com/2.mp4?sig=SECRET"), videoAnswer())
      const refused = yield* outcome("https://a.internal/1.mp4", { allow }, away)
      expect(refused.asked).toEqual(["https://a.internal/1.mp4"])
      expect(refused.says).toContain("https://cdn.example.com/2.mp4?… is not allowed by `allow`")
    })
  )

  it.live("forbids what is permitted otherwise", () =>
    Effect.gen(function* () {
      const allow = (url: URL) => url.hostname === "only.example.com"
      expect(yield* outcome("https://cdn.example.com/1.mp4", { allow })).toMatchObject({ asked: [], saved: false })
      expect(yield* outcome("https://only.example.com/1.mp4", { allow })).toMatchObject({ saved: true })
    })
  )

  it.live("does not permit another protocol, nor a redirect that leaves https", () =>
    Effect.gen(function* () {
      const allow = () => true
      for (const url of [
        "file:///etc/hostname",
        "ftp://cdn.example.com/a.mp4",
        "data:video/mp4;base64,AAAA",
        "nonsense"
      ]) {
        expect(yield* outcome(url, { allow })).toMatchObject({ asked: [], saved: false })
      }
      const down = scripted(redirect("http://cdn.example.com/2.mp4"), videoAnswer())
      expect((yield* outcome("https://cdn.example.com/1.mp4", { allow }, down)).says).toContain("not an https:// URL")
    })
  )

  it.live("that breaks permits nothing, and is the download's failure", () =>
    Effect.gen(function* () {
      const allow = (): boolean => {
        throw new Error("a bug")
      }
      const broken = yield* outcome("https://cdn.example.com/1.mp4", { allow })
      expect(broken).toMatchObject({ asked: [], saved: false })
      expect(broken.says).toContain("is not allowed, because `allow` failed: a bug")
    })
  )
})
