/** What a preflight finds about the assets at real hosts on this machine, by the provider's published rules. */
import type { RequestListener } from "node:http"
import { describe, expect, it } from "@effect/vitest"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Preflight from "../../src/Preflight.ts"
import * as Names from "../../src/preflight/Names.ts"
import { checkReference, file, ftyp, host, jpeg, local, mdat, moov, performance, png, video } from "./Support.ts"

const answers =
  (status: number, headers: Record<string, string> = {}, body = ""): RequestListener =>
  (_, response) => {
    response.writeHead(status, headers)
    response.end(body)
  }

/** A host that answers GET as it should, and HEAD in another way. */
const exceptHead =
  (head: RequestListener, get: RequestListener): RequestListener =>
  (request, response) =>
    request.method === "HEAD" ? head(request, response) : get(request, response)

describe("assets that keep the rules", () => {
  it.effect("have no findings, and what was seen is reported", () =>
    Effect.gen(function* () {
      const clip = video(7.5)
      const { report, asked, url } = yield* checkReference(file(clip, "video/mp4"))
      expect(report.findings).toEqual([])
      expect(Preflight.isAcceptable(report)).toBe(true)
      expect(report.assets.map(({ url, ...rest }) => rest)).toEqual([
        { field: "character.uri", type: "image/png", bytes: png.length, etag: '"v1"' },
        { field: "reference.uri", type: "video/mp4", bytes: clip.length, etag: '"v1"', seconds: 7.5 }
      ])
      expect(JSON.stringify(report)).not.toContain("SECRET")
      expect(report.assets[1]?.url).toBe(url.replace(/\?.*/, "?…"))
      expect(asked.map(({ method }) => method)).toEqual(["HEAD", "GET"])
      expect(asked[1]?.headers.range).toMatch(/^bytes=0-\d{1,4}$/)
    })
  )

  it.effect("are asked without a key, without cookies, and by a name of our own", () =>
    Effect.gen(function* () {
      const { asked } = yield* checkReference(file(video(5), "video/mp4"))
      for (const { headers } of asked) {
        expect(headers.authorization).toBeUndefined()
        expect(headers.cookie).toBeUndefined()
        expect(headers["user-agent"]).toBe("cometapi-runway-preflight")
        // Node's fetch adds its own to a request for a part.
        expect(headers["accept-encoding"]).toMatch(/^identity(, identity)?$/)
      }
    })
  )

  it.effect("can be asked by another name", () =>
    Effect.gen(function* () {
      const { asked } = yield* checkReference(file(video(5), "video/mp4"), { userAgent: "RunwayML API/preflight" })
      expect(asked[0]?.headers["user-agent"]).toBe("RunwayML API/preflight")
    })
  )

  it.effect("may have their movie box at the end: only the ends are read", () =>
    Effect.gen(function* () {
      const { rules, seen, asked } = yield* checkReference(
        file(Buffer.concat([ftyp, mdat(3_000_000), moov(12)]), "video/quicktime")
      )
      expect(rules).toEqual([])
      expect(seen).toMatchObject({ seconds: 12, bytes: 3_000_000 + 8 + ftyp.length + moov(12).length })
      expect(asked.length).toBeLessThan(6)
    })
  )

  it.effect("may come from a host that knows no ranges, if the movie box is near the beginning", () =>
    Effect.gen(function* () {
      const clip = video(9)
      const { rules, seen } = yield* checkReference((request, response) => {
        response.writeHead(200, { "content-type": "video/mp4", "content-length": clip.length })
        response.end(request.method === "HEAD" ? undefined : clip)
      })
      expect(rules).toEqual([])
      expect(seen).toMatchObject({ seconds: 9 })
    })
  )

  it.effect("may be given as plain URLs, whose kind their server says", () =>
    Effect.gen(function* () {
      const character = yield* host(file(video(40), "video/mp4"))
      const reference = yield* host(file(jpeg, "image/jpeg"))
      const report = yield* Preflight.check({ character: character.url, reference: reference.url }, local)
      expect(report.findings.map(({ field, rule }) => `${field} ${rule}`)).toEqual(["reference content-type"])
    })
  )
})

describe("what breaks a rule is found:", () => {
  const clip = video(5)
  const cases: ReadonlyArray<readonly [string, RequestListener, ReadonlyArray<string>]> = [
    [
      "a redirect, which is not followed",
      answers(302, { location: "http://127.0.0.1:1/elsewhere" }),
      ["redirect error"]
    ],
    ["a redirect without an address", answers(307), ["redirect error"]],
    ["a file that is not there", answers(404), ["status error"]],
    ["a host that is broken", answers(503), ["status error"]],
    ["a file that needs a login", answers(401), ["status error"]],
    ["a host that answers GET only", exceptHead(answers(405), file(clip, "video/mp4")), ["head error"]],
    ["a URL that is signed for GET only", exceptHead(answers(403), file(clip, "video/mp4")), ["head error"]],
    [
      "a GET that redirects where HEAD is refused",
      exceptHead(answers(405), answers(301, { location: "/b" })),
      ["redirect error"]
    ],
    ["a generic type", file(clip, "application/octet-stream"), ["content-type error"]],
    ["no type", exceptHead(answers(200, { "content-length": "100" }), file(clip, "")), ["content-type error"]],
    ["an image in place of a video", file(png, "image/png"), ["content-type error"]],
    ["a type that is not taken", file(clip, "video/x-flv"), ["content-type error"]],
    [
      "a page that calls itself a video",
      file(Buffer.from("<!doctype html><p>Please log in"), "video/mp4"),
      ["content error"]
    ],
    ["an image that calls itself a video", file(jpeg, "video/mp4"), ["content error"]],
    ["a video of 2.9 seconds", file(video(2.9), "video/mp4"), ["duration error"]],
    ["a video of 30.1 seconds", file(video(30.1), "video/mp4"), ["duration error"]],
    ["nothing about the mock's own video", file(performance, "video/mp4"), []],
    ["an empty file", file(Buffer.alloc(0), "video/mp4"), ["size error"]],
    [
      "a format of which the length is not read",
      file(Buffer.concat([Buffer.from([0x1a, 0x45, 0xdf, 0xa3]), Buffer.alloc(99)]), "video/webm"),
      ["unreadable warning"]
    ],
    ["a video that cannot be read", file(Buffer.concat([ftyp, mdat(50)]), "video/mp4"), ["unreadable warning"]]
  ]

  it.effect.each(cases)("%s", ([_, answer, expected]) =>
    Effect.gen(function* () {
      const { rules, report } = yield* checkReference(answer)
      expect(rules).toEqual(expected.map((found) => `reference.uri ${found}`))
      expect(Preflight.isAcceptable(report)).toBe(expected.every((found) => found.endsWith("warning")))
      for (const finding of report.findings) {
        expect(finding.observed + finding.allowed + finding.advice).not.toContain("SECRET")
        for (const text of [finding.observed, finding.allowed, finding.advice]) expect(text.length).toBeGreaterThan(2)
      }
    })
  )

  it.effect("exactly 3 and exactly 30 seconds are no finding", () =>
    Effect.gen(function* () {
      for (const seconds of [3, 30]) {
        expect((yield* checkReference(file(video(seconds), "video/mp4"))).rules).toEqual([])
      }
    })
  )

  it.effect("a file that is too large by its headers, of which nothing more than its boxes is read", () =>
    Effect.gen(function* () {
      const size = 33 * 1024 * 1024
      const big = Buffer.concat([ftyp, moov(10), mdat(size)])
      const { rules, report } = yield* checkReference(file(big, "video/mp4"))
      expect(rules).toEqual(["reference.uri size error"])
      expect(report.findings[0]?.allowed).toBe("33554432 bytes (32 MB) for a video")
    })
  )

  it.effect("no length of the file", () =>
    Effect.gen(function* () {
      const { rules } = yield* checkReference((request, response) => {
        response.writeHead(200, { "content-type": "video/mp4", "transfer-encoding": "chunked" })
        response.end(request.method === "HEAD" ? undefined : clip)
      })
      expect(rules).toEqual(["reference.uri content-length error"])
    })
  )

  it.effect("a rule can be lowered to a warning", () =>
    Effect.gen(function* () {
      const { rules, report } = yield* checkReference(exceptHead(answers(405), file(clip, "video/mp4")), {
        warnOnly: ["head"]
      })
      expect(rules).toEqual(["reference.uri head warning"])
      expect(Preflight.isAcceptable(report)).toBe(true)
    })
  )

  it.effect("nobody at the address", () =>
    Effect.gen(function* () {
      const gone = yield* Effect.scoped(Effect.map(host(answers(200)), ({ url }) => url))
      const report = yield* Preflight.check({ character: gone, reference: gone }, local)
      expect(report.findings.map(({ rule }) => rule)).toEqual(["unanswered", "unanswered"])
    })
  )
})

describe("a URL that must not be asked is not asked:", () => {
  /** Findings about a URL where every request would be seen. */
  const findings = (uri: string, options: Preflight.PreflightOptions = {}) =>
    Effect.map(
      Preflight.check(
        { character: { type: "video", uri }, reference: { type: "video", uri } },
        { resolve: async () => ["93.184.216.34"], ...options }
      ),
      ({ findings }) => findings.slice(0, findings.length / 2).map(({ rule }) => rule)
    )

  it.effect.each([
    ["not a url", "url"],
    ["", "url"],
    ["https://user:password@example.com/a.mp4", "url"],
    ["data:video/mp4;base64,AAAA", "https"],
    ["runway://asset", "https"],
    ["file:///etc/passwd", "https"],
    ["http://example.com/a.mp4", "https"],
    ["https://127.0.0.1/a.mp4", "domain private"],
    ["https://[::1]/a.mp4", "domain private"],
    ["https://2130706433/a.mp4", "domain private"],
    ["https://169.254.169.254/latest/meta-data", "domain private"],
    ["https://localhost/a.mp4", "private"],
    ["https://printer.local/a.mp4", "private"]
  ] as const)("%s", ([uri, expected]) =>
    Effect.gen(function* () {
      expect((yield* findings(uri)).join(" ")).toBe(expected)
    })
  )

  it.effect("a public name that leads to a private address", () =>
    Effect.gen(function* () {
      for (const address of ["127.0.0.1", "10.0.0.7", "::1", "::ffff:127.0.0.1", "fe80::1%eth0", "nonsense"]) {
        const resolve = async () => ["93.184.216.34", address]
        expect(yield* findings("https://assets.example.com/a.mp4", { resolve })).toEqual(["private"])
      }
    })
  )

  it.live("a name that leads to a private address, by the runtime's own resolver", () =>
    Effect.gen(function* () {
      // A name that every machine knows by itself.
      const address = yield* Names.privateAddress("localhost", undefined, Duration.seconds(30))
      expect(["127.0.0.1", "::1"]).toContain(address)
    })
  )

  it.effect("while a name that cannot be looked up is left to the request", () =>
    Effect.gen(function* () {
      const broken = () => Promise.reject(new Error("no such name"))
      expect(yield* Names.privateAddress("cdn.example.com", broken, Duration.seconds(30))).toBeUndefined()
    })
  )

  it.effect("one that the caller's own function does not permit", () =>
    Effect.gen(function* () {
      expect(yield* findings("https://example.com/a.mp4", { allow: () => false })).toEqual(["private"])
      const broken = () => {
        throw new Error("broken")
      }
      expect(yield* findings("https://example.com/a.mp4", { allow: broken })).toEqual(["private"])
    })
  )

  it.effect("one of more than 2048 characters is found, whatever else is", () =>
    Effect.gen(function* () {
      const { port } = yield* host(file(video(5), "video/mp4"))
      const uri = `http://127.0.0.1:${port}/${"a".repeat(2100)}`
      expect(yield* findings(uri, local)).toEqual(["url-length"])
    })
  )
})

describe("an option that cannot be used", () => {
  it.effect.each([
    [{ timeout: "0 seconds" }, "timeout"],
    [{ allow: true }, "allow"],
    [{ userAgent: "" }, "userAgent"],
    [{ warnOnly: "head" }, "warnOnly"],
    [{ deadline: -1 }, "deadline"]
  ] as const)("is InvalidInput by its name: %j", ([options, name]) =>
    Effect.gen(function* () {
      const input = { character: "https://example.com/a.png", reference: "https://example.com/b.mp4" }
      // As a JavaScript caller writes them.
      const error = yield* Effect.flip(Preflight.check(input, options as Preflight.PreflightOptions))
      expect(error.message).toContain(name)
    })
  )
})

it("programs without Effect get a promise of the report", async () => {
  const input = { character: "http://example.com/a.png", reference: "ftp://example.com/b.mp4" }
  const report = await Preflight.checkPromise(input)
  expect(report.findings.map(({ rule }) => rule)).toEqual(["https", "https"])
  const signal = AbortSignal.abort()
  await expect(Preflight.checkPromise(input, { signal })).rejects.toBe(signal.reason)
})
