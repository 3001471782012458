import { readdirSync, rmSync } from "node:fs"
import { mkdtemp } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { pathToFileURL } from "node:url"
import { afterEach, expect, it } from "vitest"
import { layerMemory } from "../../src/Ledger.ts"
import { createRunway, RunwayError } from "../../src/promise.ts"
import { input } from "../promise/Support.ts"
import { filming } from "./Support.ts"

const folders: Array<string> = []
const folder = async () => {
  const path = await mkdtemp(join(tmpdir(), "archive-"))
  folders.push(path)
  return path
}
afterEach(() => {
  for (const path of folders.splice(0)) rmSync(path, { recursive: true, force: true })
})

const filmingRunway = () => {
  const api = filming()
  const runway = createRunway({
    apiKey: "sk-test-secret",
    fetch: api.fetch,
    firstAfter: 0,
    between: { minimum: 1, maximum: 1 },
    ledger: layerMemory()
  })
  return { api, runway }
}

it("behind promises a job with a folder is fulfilled when its video is there, and says where", async () => {
  const { api, runway } = filmingRunway()
  await using _ = runway
  const archive = await folder()
  const video = await runway.characterPerformance({ ...input, seed: 42 }, { archive, intent: "a" })
  expect(readdirSync(archive).sort()).toEqual(["t-1.json", "t-1.mp4"])
  expect(video.kept).toMatchObject({ wasKept: false, files: [{ location: join(archive, "t-1.mp4"), bytes: 50_000 }] })
  // Again: nothing is paid, asked or loaded.
  const asked = api.asked.length
  const again = await runway.characterPerformance({ ...input, seed: 42 }, { archive, intent: "a" })
  expect([again.kept?.wasKept, again.url]).toEqual([true, pathToFileURL(join(archive, "t-1.mp4")).href])
  expect(api.asked).toHaveLength(asked)
})

it("behind promises a job that cannot be kept rejects with its id, and is taken up without paying", async () => {
  const { api, runway } = filmingRunway()
  await using _ = runway
  const archive = await folder()
  api.state.hostIsUp = false
  const job = runway.characterPerformance(input, { archive })
  const error: unknown = await job.catch((error: unknown) => error)
  if (!(error instanceof RunwayError)) throw error
  expect([error.reason._tag, error.taskId]).toEqual(["ArchiveFailed", await job.id])
  api.state.hostIsUp = true
  expect((await runway.characterPerformance(input, { archive })).kept?.files).toHaveLength(1)
  expect(api.posts()).toBe(1)
})

it("behind promises each of many is kept", async () => {
  const { runway } = filmingRunway()
  await using _ = runway
  const archive = await folder()
  const inputs = [1, 2].map((seed) => ({ ...input, seed }))
  for await (const r of runway.characterPerformance.all(inputs, { concurrency: 2, archive }))
    expect(r.ok && r.video.kept?.files[0].bytes).toBe(50_000)
  expect(readdirSync(archive)).toHaveLength(4)
})
