import { describe, expect, it } from "vitest"
import { filled, notSent, read, revive } from "../../scripts/platforms/Page.ts"
import { all } from "../../scripts/platforms/Recorded.ts"
import { provesNotSent } from "../../src/request/NotSent.ts"

/** What was really seen: `npm run platforms` writes it down anew. */
const sightings = all().flatMap(({ runtime, seen }) => seen.map((one) => ({ runtime, ...one })))
const failed = sightings.filter(({ error }) => error !== undefined)
const named = ({ runtime, trouble }: { readonly runtime: string; readonly trouble: string }) => `${runtime}: ${trouble}`

const nodes = ["Node 20", "Node 22", "Node 24"]
const telling = [...nodes, "Bun", "Deno"]

/** Which platform proves what; whatever is not named here is proven by none. */
const proven: Readonly<Record<string, ReadonlyArray<string>>> = {
  "connection refused, IPv4": telling,
  "connection refused, IPv6": telling,
  "connection refused, both families": telling,
  "no such name": telling,
  "name server silent": telling,
  "port that fetch refuses": telling,
  "no route, IPv4": telling,
  "no route, IPv6": telling,
  "connecting: host unreachable": telling,
  "connecting: net unreachable": telling,
  "connecting: prohibited by a firewall": telling,
  "connecting: no answer, the system gives up": telling,
  "connecting: no answer, the runtime gives up": nodes,
  "connecting: no answer, both families": nodes,
  "no local port left": telling,
  "self-signed certificate": telling,
  "expired certificate": telling,
  "certificate of another name": telling,
  "https to a plain http port": [...nodes, "Deno"],
  "TLS: versions do not match": [...nodes, "Deno"],
  "TLS: closed in the handshake": [...nodes, "Deno"],
  "TLS: reset in the handshake": ["Deno"],
  "TLS: refused by an alert in the handshake": [...nodes, "Deno"],
  "TLS: handshake stalls": nodes,
  "proxy asks for a password (407)": telling,
  "proxy cannot reach the host (502)": telling,
  "proxy forbids the host (403)": telling,
  "proxy closes": ["Deno"],
  "proxy refuses the connection": telling
}

/** The runtime sent the POST again by itself and tells only how that went; a body that is a stream is not sent again. */
const masked: Readonly<Record<string, ReadonlyArray<string>>> = {
  "421, and nobody listens any more": nodes,
  "used connection; resets, and nobody listens any more": ["Deno"]
}

const pairs = (table: Readonly<Record<string, ReadonlyArray<string>>>) =>
  Object.entries(table).flatMap(([trouble, runtimes]) => runtimes.map((runtime) => named({ runtime, trouble })))

describe("whether a failed request can have left", () => {
  it("is judged by errors that seven runtimes really gave", () => {
    expect(new Set(sightings.map(({ runtime }) => runtime)).size).toBe(7)
    expect(failed.length).toBeGreaterThan(300)
  })

  it("is proven exactly where it is said to be, and for nothing that arrived", () => {
    const found = failed.filter(notSent).map(named)
    expect(found.toSorted()).toEqual([...pairs(proven), ...pairs(masked)].toSorted())
  })

  it("is proven for no POST that arrived, once its body is a stream", () => {
    const streamed = failed.filter(({ trouble, arrived }) => trouble.includes("body as a stream") && arrived > 0)
    expect(streamed.length).toBeGreaterThan(10)
    expect(streamed.filter(notSent).map(named)).toEqual([])
    expect(streamed.filter(({ arrived }) => arrived !== 1).map(named)).toEqual([])
  })

  const because = (cause: unknown) => new TypeError("fetch failed", { cause })
  const seen = (fields: Readonly<Record<string, unknown>>) =>
    Object.assign(new Error(String(fields["message"] ?? "")), fields)

  it.each(["ECONNREFUSED", "EHOSTUNREACH", "ENETUNREACH", "ETIMEDOUT", "EADDRNOTAVAIL"])(
    "is proven by %s while connecting, by the same code of a read or write never",
    (code) => {
      expect(provesNotSent(because(seen({ code, syscall: "connect" })))).toBe(true)
      for (const syscall of ["read", "write", undefined])
        expect(provesNotSent(because(seen({ code, syscall })))).toBe(false)
    }
  )

  it("is proven for several addresses only if each failed while connecting", () => {
    const refused = seen({ code: "ECONNREFUSED", syscall: "connect" })
    expect(provesNotSent(because(new AggregateError([refused, refused])))).toBe(true)
    expect(provesNotSent(because(new AggregateError([refused, seen({ code: "ECONNRESET", syscall: "read" })])))).toBe(
      false
    )
    expect(provesNotSent(because(new AggregateError([])))).toBe(false)
  })

  it("is not proven by TLS codes of whoever is not undici", () => {
    const broken = seen({ code: "ERR_SSL_WRONG_VERSION_NUMBER" })
    expect(provesNotSent(because(broken))).toBe(true)
    expect(provesNotSent(broken)).toBe(false)
    expect(provesNotSent(new TypeError("terminated", { cause: broken }))).toBe(false)
  })

  it.each([undefined, null, "ECONNREFUSED", 7, {}, new Error("connect ECONNREFUSED"), seen({ code: 7, syscall: {} })])(
    "is not proven by %s",
    (error) => {
      expect(provesNotSent(error)).toBe(false)
    }
  )

  it("is asked of a chain of causes that loops, and ends", () => {
    const loop = new Error("loop")
    loop.cause = loop
    expect(provesNotSent(loop)).toBe(false)
  })

  it("keeps what an error was, when it is brought back from a file", () => {
    const error = revive({
      class: "TypeError",
      message: "fetch failed",
      cause: { message: "x", code: "C", syscall: "s" }
    })
    expect(error.cause).toMatchObject({ message: "x", code: "C", syscall: "s" })
  })
})

describe("the page about platforms", () => {
  it("shows the tables as they follow from what was seen", () => {
    expect(read()).toBe(filled(read()))
  })
})
