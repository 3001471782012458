import { describe, expect, it } from "@effect/vitest"
import * as Arbitrary from "effect/Arbitrary"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import contract from "../../generated/contract.gen.json" with { type: "json" }
import { AssetUri } from "../../generated/schemas.gen.ts"

const { pattern } = contract.components.schemas.AssetUri
const isAssetUri = Schema.is(AssetUri)

describe("whatever the contract admits as an asset's URL, a URL parser reads as an https: URL on a named host", () => {
  it.effect("shown on two thousand URLs that Effect generates from the schema", () =>
    Effect.gen(function* () {
      const result = yield* Arbitrary.checkEffect(
        Arbitrary.schema(AssetUri),
        (uri) => {
          const url = URL.parse(uri)
          return url?.protocol === "https:" && /[a-z]/.test(url.hostname) && url.href.length > 0
        },
        { runs: 2000, size: 40, seed: "asset-uri" }
      )
      expect(Arbitrary.formatCheckFailure(result)).toBeUndefined()
      expect(result).toMatchObject({ _tag: "Passed" })
    })
  )

  it.effect("which have a user, a port, a path, a query and a fragment often enough to prove something", () =>
    Effect.gen(function* () {
      const urls = (yield* Arbitrary.sampleEffect(Arbitrary.schema(AssetUri), {
        ...{ count: 2000, size: 40, seed: "asset-uri" }
      })).map((uri) => new URL(uri))
      for (const part of ["username", "password", "port", "pathname", "search", "hash"] as const) {
        const long = urls.filter((url) => url[part].length > (part === "port" || part === "username" ? 0 : 1))
        expect(long.length, part).toBeGreaterThan(20)
      }
    })
  )
})

const admitted = [
  "https://example.com/performance.mp4",
  "HTTPS://EXAMPLE.COM/PERFORMANCE.MP4",
  "Https://example.com/performance.mp4",
  "https://filesystem.site/cdn/20250818/wAKbHUoj5EHyqZvEdJbFXn10wXBMUn.mp4",
  "https://my_bucket.s3.eu-central-1.amazonaws.com/a%20b.mp4?X-Amz-Signature=abc&X-Amz-Expires=60#t=1",
  "https://example.com?id=1",
  "https://example.com#t=1",
  "https://example.com:8443/a.mp4",
  "https://example.com:65535/a.mp4",
  "https://example.com./a.mp4",
  "https://user:pa%40ss@example.com/a.mp4",
  "https://3com.example/a.mp4",
  "https://xn--bcher-kva.example/a.mp4",
  "https://example.com/映像/演技.mp4",
  "https://example.com/a|b\\c.mp4",
  `https://example.com/${"x".repeat(2048 - "https://example.com/".length)}`
]

/** The first ones are refused by every parser of URLs; the others by some, or by the provider. */
const refused = [
  ["nothing but question marks", "https://????"],
  ["no host", "https:///a/b/c.mp4"],
  ["no host but a port", "https://:8443/a.mp4"],
  ["no host but a user", "https://user@/a.mp4"],
  ["a port that does not exist", "https://example.com:65536/a.mp4"],
  ["a port of six digits", "https://example.com:100000/a.mp4"],
  ["a port that is no number", "https://example.com:port/a.mp4"],
  ["a space in the host", "https://exam ple.com/a.mp4"],
  ["a host that cannot be", "https://exa<mple>.com/a.mp4"],
  ["an open bracket", "https://[::1/a.mp4"],
  ["an address that does not exist", "https://256.256.256.256/a.mp4"],
  ["a host that ends in a number", "https://example.0x1f/a.mp4"],
  ["a percent sign in the host", "https://example%00.com/a.mp4"],
  ["a scheme that only begins alike", "httpss://example.com/a.mp4"],
  ["no scheme", "//example.com/performance.mp4"],
  ["one slash", "https:/example.com/a.mp4"],
  ["three slashes", "https:///example.com/a.mp4"],
  ["backslashes for slashes", "https:\\\\example.com\\a.mp4"],
  ["plain http", "http://example.com/a.mp4"],
  ["an upload of Runway's", "runway://performance.mp4"],
  ["a data URI", "data:video/mp4;base64,AAAA"],
  ["a space in the path", "https://example.com/my clip.mp4"],
  ["a space in front", " https://example.com/a.mp4"],
  ["a space behind", "https://example.com/a.mp4 "],
  ["a space behind the host", "https://example.com "],
  ["a line's end behind", "https://example.com/a.mp4\n"],
  ["a line's end behind the host", "https://example.com\n"],
  ["a second line", "https://example.com/a.mp4\nhttps://example.com/b.mp4"],
  ["a tab", "https://example.com/a\t.mp4"],
  ["a zero byte", "https://example.com/a\u0000.mp4"],
  ["a delete character", "https://example.com/a\u007f.mp4"],
  ["a control character beyond ASCII", "https://example.com/a\u0085.mp4"],
  ["a space that does not break", "https://example.com/a\u00a0.mp4"],
  ["a wide space", "https://example.com/a\u3000.mp4"],
  ["an IP address", "https://203.0.113.7/a.mp4"],
  ["an IPv6 address", "https://[2001:db8::7]/a.mp4"],
  ["a host that is not in ASCII", "https://bücher.example/a.mp4"],
  ["twelve characters", "https://a.bc"],
  ["2049 characters", `https://example.com/${"x".repeat(2049 - "https://example.com/".length)}`]
] as const

describe("an asset's URL", () => {
  it.each(admitted)("may be %s", (uri) => {
    expect(isAssetUri(uri)).toBe(true)
    expect(URL.canParse(uri)).toBe(true)
  })

  it.each(refused)("may not have %s", (_, uri) => {
    expect(isAssetUri(uri)).toBe(false)
  })

  it("is judged in time that grows with its length and no faster", () => {
    // A pattern that goes back and forth would need minutes for these, and the test's own limit would end it.
    for (const part of ["a.", "a-", "a:", "@", "a@", "1:", "%"]) {
      expect(isAssetUri(`https://${part.repeat(1000)}\u0000`)).toBe(false)
      expect(new RegExp(pattern).test(`https://${part.repeat(1000)}\u0000`)).toBe(false)
    }
  })

  it("is judged alike with and without the regular expression's Unicode mode, because tools differ in that", () => {
    const plain = new RegExp(pattern)
    const unicode = new RegExp(pattern, "u")
    for (const uri of [...admitted, ...refused.map(([, uri]) => uri)]) expect(plain.test(uri)).toBe(unicode.test(uri))
  })
})
