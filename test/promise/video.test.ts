import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { format, inspect } from "node:util"
import { afterAll, describe, expect, it } from "vitest"
import { RunwayError } from "../../src/promise.ts"
import { accepted, answer } from "../support/Provider.ts"
import { id, input, scripted, signed, succeeded } from "./Support.ts"

const folder = mkdtempSync(join(tmpdir(), "promise-video-"))
afterAll(() => rmSync(folder, { recursive: true }))

const bytes = new Uint8Array(4096).fill(7)
const file = () => new Response(bytes, { headers: { "content-type": "video/mp4" } })

describe("a video", () => {
  it("has its URL as a plain string, and hides the query wherever it is printed as a whole", async () => {
    const { runway } = scripted([accepted(), succeeded()])
    await using _ = runway
    const video = await runway.characterPerformance(input)
    expect(video.url).toBe(signed)
    expect(video.urls).toEqual([signed])
    for (const shown of [
      inspect(video),
      inspect({ a: { b: [video] } }, { depth: 9, showHidden: true }),
      format("%o %s", video, video),
      JSON.stringify({ video }),
      String(video)
    ]) {
      expect(shown).toContain("https://example.com/video.mp4?…")
      expect(shown).not.toContain("secret")
    }
    expect(inspect(video)).toMatch(/^Video \{\n? *id: /)
    expect(JSON.parse(JSON.stringify(video))).toEqual({
      id,
      status: "SUCCEEDED",
      url: "https://example.com/video.mp4?…"
    })
  })

  it("is saved into a folder by its id, with progress, and without the key", async () => {
    const { runway, asked } = scripted([accepted(), succeeded(), file])
    await using _ = runway
    const video = await runway.characterPerformance(input)
    const received: Array<number> = []
    const saved = await video.save(`${folder}/videos/`, { onProgress: (progress) => received.push(progress.received) })
    expect(saved).toEqual({ path: join(folder, "videos", `${id}.mp4`), bytes: 4096 })
    expect(readFileSync(saved.path)).toEqual(Buffer.from(bytes))
    expect(received.at(-1)).toBe(4096)
    expect(asked[2]?.headers.has("authorization")).toBe(false)
  })

  it("that has expired says so, and an abort leaves no file", async () => {
    const { runway } = scripted([accepted(), succeeded(), answer(403)])
    await using _ = runway
    const video = await runway.characterPerformance(input)
    const error = await video.save(`${folder}/expired/`).catch((error: unknown) => error)
    expect(error instanceof RunwayError && error.is("OutputExpired")).toBe(true)
    const reason = new Error("enough")
    await expect(video.save(`${folder}/expired/`, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason)
    expect(readdirSync(`${folder}/expired`)).toEqual([])
  })
})
