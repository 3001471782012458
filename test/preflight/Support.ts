/**
 * What the tests of the preflight share: video files that are built box by box, and hosts of assets on this machine.
 *
 * @module
 */
import { once } from "node:events"
import { readFileSync } from "node:fs"
import { createServer, type IncomingMessage, type RequestListener } from "node:http"
import * as Effect from "effect/Effect"
import * as Preflight from "../../src/Preflight.ts"
import type { Length } from "../../src/preflight/Mp4.ts"
import * as Mp4 from "../../src/preflight/Mp4.ts"

/** Numbers of 4 bytes, one after the other. */
export const u32 = (...values: ReadonlyArray<number>): Buffer => {
  const bytes = Buffer.alloc(values.length * 4)
  values.forEach((value, index) => void bytes.writeUInt32BE(value, index * 4))
  return bytes
}

export const u64 = (value: number | bigint): Buffer => {
  const bytes = Buffer.alloc(8)
  bytes.writeBigUInt64BE(BigInt(value))
  return bytes
}

export const box = (type: string, ...content: ReadonlyArray<Uint8Array>): Buffer => {
  const body = Buffer.concat(content)
  return Buffer.concat([u32(body.length + 8), Buffer.from(type, "latin1"), body])
}

/** The same with a size of 64 bits. */
export const wideBox = (type: string, ...content: ReadonlyArray<Uint8Array>): Buffer => {
  const body = Buffer.concat(content)
  return Buffer.concat([u32(1), Buffer.from(type, "latin1"), u64(body.length + 16), body])
}

export const ftyp = box("ftyp", Buffer.from("isom"), u32(512), Buffer.from("isommp41"))
export const mvhd = (seconds: number, timescale = 1000) =>
  box("mvhd", u32(0, 0, 0, timescale, seconds * timescale), Buffer.alloc(80))
export const mvhd1 = (seconds: number, timescale = 90_000) =>
  box("mvhd", u32(0x0100_0000), u64(0), u64(0), u32(timescale), u64(seconds * timescale), Buffer.alloc(80))
export const moov = (seconds: number) => box("moov", mvhd(seconds))
export const mdat = (bytes: number) => box("mdat", Buffer.alloc(bytes, 7))

/** A movie whose samples stand in fragments: one track, whose samples last `each` of its units of a thousandth of a second. */
export const emptyMoov = (each = 0, mehd = 0) =>
  box(
    "moov",
    mvhd(0),
    box("trak", box("tkhd", u32(0, 0, 0, 1, 0, 0)), box("mdia", box("mdhd", u32(0, 0, 0, 1000, 0)))),
    box("mvex", ...(mehd === 0 ? [] : [box("mehd", u32(0, mehd))]), box("trex", u32(0, 1, 1, each, 0, 0)))
  )

/** A fragment that begins at a time and has samples, each with its own duration. */
export const moof = (at: number | undefined, durations: ReadonlyArray<number>) =>
  box(
    "moof",
    box("mfhd", u32(0, 1)),
    box(
      "traf",
      box("tfhd", u32(0x020000, 1)),
      ...(at === undefined ? [] : [box("tfdt", u32(0x0100_0000), u64(at))]),
      box("trun", u32(0x101, durations.length, 0), u32(...durations))
    )
  )

/** A fragment whose samples last as long as the track says. */
export const plainMoof = (samples: number) =>
  box("moof", box("traf", box("tfhd", u32(0x020000, 1)), box("trun", u32(0, samples))))

export const sidx = (from: number, entries: ReadonlyArray<{ readonly bytes: number; readonly units: number }>) =>
  box(
    "sidx",
    u32(0, 1, 1000, from, 0, entries.length),
    ...entries.map(({ bytes, units }) => u32(bytes, units, 0x9000_0000))
  )

/** The video that the mock serves, and two files that begin like images. */
export const performance = readFileSync("mock/assets/performance.mp4")
export const png = Buffer.concat([Buffer.from([0x89, 0x50, 0x4e, 0x47, 13, 10, 26, 10]), Buffer.alloc(500, 1)])
export const jpeg = Buffer.concat([Buffer.from([0xff, 0xd8, 0xff, 0xe0]), Buffer.alloc(500, 1)])
export const video = (seconds: number) => Buffer.concat([ftyp, moov(seconds), mdat(2000)])

/** Reads the length of a file in memory, and counts what was needed for it. */
export const lengthOf = (file: Uint8Array): Length & { readonly needs: number; readonly most: number } => {
  const reading = Mp4.length(file.length)
  let step = reading.next()
  let [needs, most] = [0, 0]
  while (!step.done) {
    const { from, length } = step.value
    needs++
    most = Math.max(most, length)
    step = reading.next(new Uint8Array(file.subarray(from, from + length)))
  }
  return { ...step.value, needs, most }
}

/** Serves a file as a storage host does. */
export const file =
  (bytes: Uint8Array, type: string): RequestListener =>
  (request, response) => {
    const [, from, to] = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? "") ?? []
    const headers = { "content-type": type, etag: '"v1"', "accept-ranges": "bytes" }
    if (from === undefined) {
      response.writeHead(200, { ...headers, "content-length": bytes.length })
      return response.end(request.method === "HEAD" ? undefined : bytes)
    }
    const part = bytes.subarray(Number(from), Number(to) + 1)
    if (part.length === 0) return response.writeHead(416, { "content-range": `bytes */${bytes.length}` }).end()
    const range = `bytes ${from}-${Number(from) + part.length - 1}/${bytes.length}`
    response.writeHead(206, { ...headers, "content-range": range, "content-length": part.length })
    return response.end(request.method === "HEAD" ? undefined : part)
  }

/** A host on this machine, gone with the scope; it keeps what it was asked and how many bytes it has sent. */
export const host = (answer: RequestListener) =>
  Effect.acquireRelease(
    Effect.promise(async () => {
      const asked: Array<IncomingMessage> = []
      // A port may have been another test's a moment ago, whose client still asks there: only what knows this path is counted.
      const path = `/${crypto.randomUUID()}/file`
      const server = createServer((request, response) => {
        if (request.url?.startsWith(path)) asked.push(request)
        answer(request, response)
      })
      server.listen(0, "127.0.0.1")
      await once(server, "listening")
      const address = server.address()
      const port = typeof address === "object" ? (address?.port ?? 0) : 0
      return { asked, server, port, url: `http://127.0.0.1:${port}${path}?sig=SECRET-SIGNATURE` }
    }),
    ({ server }) =>
      Effect.promise(async () => {
        server.closeAllConnections()
        await new Promise((resolve) => server.close(resolve))
      })
  )

/** The options that permit hosts on this machine. */
export const local: Preflight.PreflightOptions = { allow: ({ hostname }) => hostname === "127.0.0.1" }

/** What a preflight finds of one reference, the character being right. */
export const checkReference = (answer: RequestListener, options: Preflight.PreflightOptions = {}) =>
  Effect.gen(function* () {
    const portrait = yield* host(file(png, "image/png"))
    const reference = yield* host(answer)
    const input = {
      character: { type: "image", uri: portrait.url },
      reference: { type: "video", uri: reference.url }
    } as const
    const report = yield* Preflight.check(input, { ...local, ...options })
    return {
      ...reference,
      report,
      seen: report.assets[1],
      rules: report.findings.map(({ field, rule, severity }) => `${field} ${rule} ${severity}`)
    }
  })
