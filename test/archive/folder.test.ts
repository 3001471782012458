/**
 * An archive in a folder: a job has succeeded only when its video is kept, and what is kept is not loaded or paid again.
 */
import { execFileSync } from "node:child_process"
import { createHash } from "node:crypto"
import { chmodSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { pathToFileURL } from "node:url"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Logger from "effect/Logger"
import * as Redacted from "effect/Redacted"
import * as Result from "effect/Result"
import * as Stream from "effect/Stream"
import * as Archive from "../../src/Archive.ts"
import { CharacterPerformance, RunwayError, Task } from "../../src/index.ts"
import { layerMemory } from "../../src/Ledger.ts"
import { input } from "../support/Provider.ts"
import { failure, run } from "../support/VirtualTime.ts"
import { disk, filming, folder, video } from "./Support.ts"

const quiet = Logger.layer([])
const { generate, generateAll, submit } = CharacterPerformance
const sha256 = createHash("sha256").update(video).digest("hex")
const signed: CharacterPerformance.Input = {
  ...input,
  character: { type: "image", uri: "https://user:pass@s3.example.com/portrait.png?X-Amz-Signature=topsecret" },
  seed: 42
}

describe("a job with an archive in a folder", () => {
  it.effect("has succeeded when its video is there whole, with a JSON that says what it was made of", () => {
    const api = filming({ task: { cost: { credits: 50 } } })
    return Effect.gen(function* () {
      const to = join(yield* folder, "videos", "march")
      const archive = yield* Archive.folder(to)
      const told: Array<Archive.Kept> = []
      const onKept = (kept: Archive.Kept) => Effect.sync(() => told.push(kept))
      const task = yield* run(generate(signed, { archive, intent: "job-42", onKept }))
      expect(task.id).toBe("t-1")
      expect(readdirSync(to).sort()).toEqual(["t-1.json", "t-1.mp4"])
      expect(readFileSync(join(to, "t-1.mp4")).equals(video)).toBe(true)
      expect(told).toMatchObject([
        {
          taskId: "t-1",
          wasKept: false,
          files: [{ location: join(to, "t-1.mp4"), bytes: video.length, sha256 }],
          sidecar: join(to, "t-1.json")
        }
      ])
      const text = readFileSync(join(to, "t-1.json"), "utf8")
      expect(JSON.parse(text)).toMatchObject({
        taskId: "t-1",
        intent: "job-42",
        operation: "POST /runwayml/v1/character_performance",
        input: { character: { uri: "https://s3.example.com/portrait.png" }, model: "act_two" },
        seed: 42,
        cost: { credits: 50 },
        files: [{ name: "t-1.mp4", bytes: video.length, sha256 }],
        contract: { version: "0.1.0", runway: "2024-11-06" }
      })
      expect(text).not.toMatch(/topsecret|pass|sk-test/)
    }).pipe(Effect.provide([api.layer(), layerMemory(), disk, quiet]))
  })

  it.effect("is taken up at the archive after that has failed: nothing is paid again, and the error leads back", () => {
    const api = filming()
    return Effect.gen(function* () {
      const archive = yield* Archive.folder(yield* folder)
      api.state.hostIsUp = false
      const error = yield* failure(generate(input, { archive, intent: "job-42" }))
      expect([error.reason._tag, error.taskId, error.lastTask?._tag]).toEqual(["ArchiveFailed", "t-1", "Succeeded"])
      expect(error.message).toMatch(/the job is done and paid, but its video could not be kept: .*answered with 400/)
      expect(error.message).toMatch(/generate it again under the same intent\. Neither is charged/)
      expect(error.message).not.toContain("topsecret")
      api.state.hostIsUp = true
      expect((yield* run(generate(input, { archive, intent: "job-42" }))).id).toBe("t-1")
      expect(api.posts()).toBe(1)
    }).pipe(Effect.provide([api.layer(), layerMemory(), disk, quiet]))
  })

  it.effect("that is kept asks nobody: the file is the output, if its bytes are still the same", () => {
    const api = filming()
    return Effect.gen(function* () {
      const to = yield* folder
      const archive = yield* Archive.folder(to)
      const told: Array<boolean> = []
      const call = generate(input, { archive, onKept: ({ wasKept }) => Effect.sync(() => told.push(wasKept)) })
      yield* run(call)
      const [looks, loads] = [api.looks(), api.loads()]
      const task = yield* run(call)
      expect([api.looks(), api.loads()]).toEqual([looks, loads])
      expect(Redacted.value(task.output[0])).toBe(pathToFileURL(join(to, "t-1.mp4")).href)

      // Somebody has spoilt it: one byte is enough.
      const spoilt = Buffer.from(video)
      spoilt[40_000] = 0
      writeFileSync(join(to, "t-1.mp4"), spoilt)
      yield* run(call)
      expect(readFileSync(join(to, "t-1.mp4")).equals(video)).toBe(true)
      rmSync(join(to, "t-1.json"))
      yield* run(call)
      expect(told).toEqual([false, true, false, false])
      expect(api.posts()).toBe(1)
    }).pipe(Effect.provide([api.layer(), layerMemory(), disk, quiet]))
  })

  it.effect("needs no ledger, and keeps a job that was waited for elsewhere", () => {
    const api = filming()
    return Effect.gen(function* () {
      const to = yield* folder
      const archive = yield* Archive.folder(to)
      const task = yield* run(Effect.flatMap(submit(input), Task.wait))
      const first = yield* run(Archive.keep(archive, { task }))
      const second = yield* run(Archive.keep(archive, { task }))
      expect([first.wasKept, second.wasKept]).toEqual([false, true])
      expect(api.loads()).toBe(1)
    }).pipe(Effect.provide([api.layer(), disk, quiet]))
  })

  it.effect("keeps all outputs of a task", () => {
    const api = filming({ outputs: 2 })
    return Effect.gen(function* () {
      const to = yield* folder
      const archive = yield* Archive.folder(to)
      yield* run(generate(input, { archive }))
      expect(readdirSync(to).sort()).toEqual(["t-1.1.mp4", "t-1.json", "t-1.mp4"])
      rmSync(join(to, "t-1.1.mp4"))
      expect(yield* Archive.find(archive, Task.TaskId.make("t-1"))).toBeUndefined()
    }).pipe(Effect.provide([api.layer(), disk, quiet]))
  })

  it.effect("believes no JSON that leads out of the folder, or speaks of another task", () => {
    const api = filming()
    return Effect.gen(function* () {
      const path = yield* folder
      const to = join(path, "videos")
      const archive = yield* Archive.folder(to)
      yield* run(generate(input, { archive }))
      const sidecar = join(to, "t-1.json")
      const text = readFileSync(sidecar, "utf8")
      writeFileSync(join(path, "elsewhere.mp4"), video)
      writeFileSync(sidecar, text.replace('"t-1.mp4"', '"../elsewhere.mp4"'))
      expect(yield* Archive.find(archive, Task.TaskId.make("t-1"))).toBeUndefined()
      writeFileSync(sidecar, text.replace('"taskId": "t-1"', '"taskId": "t-2"'))
      expect(yield* Archive.find(archive, Task.TaskId.make("t-1"))).toBeUndefined()
      writeFileSync(sidecar, text)
      expect((yield* Archive.find(archive, Task.TaskId.make("t-1")))?.kept.wasKept).toBe(true)
    }).pipe(Effect.provide([api.layer(), disk, quiet]))
  })

  it.effect("of many keeps each, and one that cannot be kept sinks no other", () => {
    const api = filming()
    return Effect.gen(function* () {
      const to = yield* folder
      const archive = yield* Archive.folder(to)
      // A folder stands where the second video belongs.
      mkdirSync(join(to, "t-2.mp4"))
      const inputs = [1, 2, 3].map((seed) => ({ ...input, seed }))
      const ends = yield* run(Stream.runCollect(generateAll(Stream.fromIterable(inputs), { concurrency: 1, archive })))
      expect(
        ends.map(({ result }) => (Result.isSuccess(result) ? result.success.id : result.failure.reason._tag))
      ).toEqual(["t-1", "ArchiveFailed", "t-3"])
      expect(ends.map(({ kept }) => kept?.files[0].sha256)).toEqual([sha256, undefined, sha256])
    }).pipe(Effect.provide([api.layer(), disk, quiet]))
  })

  it.effect("gives a hook that fails its error, with the task", () => {
    const api = filming()
    return Effect.gen(function* () {
      const archive = yield* Archive.folder(yield* folder)
      const reason = (yield* failure(submit({ ...input, seed: -1 }))).reason
      const onKept = () => Effect.fail(new RunwayError({ operation: "mine", reason }))
      const error = yield* failure(generate(input, { archive, onKept }))
      expect([error.operation, error.taskId]).toEqual(["mine", "t-1"])
    }).pipe(Effect.provide([api.layer(), disk, quiet]))
  })

  it.effect("is refused before anything is sent when it is none", () => {
    const api = filming()
    return Effect.gen(function* () {
      const error = yield* failure(generate(input, { archive: "videos" as never }))
      expect(error.message).toContain("archive: must be an archive, such as Archive.folder(…)")
      expect(api.asked).toEqual([])
    }).pipe(Effect.provide([api.layer(), quiet]))
  })
})

/** A file system of a few pages, which only root may mount. */
const tiny = (path: string): boolean => {
  try {
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=16k", "tmpfs", path], { stdio: "ignore" })
    return true
  } catch {
    return false
  }
}

describe("a disk that takes no more", () => {
  it.effect("is named, nothing is left of the half video's JSON, and the job is not paid again", (context) => {
    const api = filming()
    return Effect.gen(function* () {
      const path = yield* folder
      if (!tiny(path)) return context.skip("only root may mount a small file system")
      yield* Effect.addFinalizer(() => Effect.sync(() => execFileSync("umount", [path])))
      const archive = yield* Archive.folder(path)
      const error = yield* failure(generate(input, { archive }))
      expect(error.reason).toMatchObject({ _tag: "ArchiveFailed", transient: false })
      expect(error.message).toContain("the disk is full (ENOSPC)")
      expect(readdirSync(path).filter((name) => name.endsWith("t-1.json"))).toEqual([])
      const elsewhere = yield* Archive.folder(yield* folder)
      yield* run(generate(input, { archive: elsewhere }))
      expect(api.posts()).toBe(1)
    }).pipe(Effect.provide([api.layer(), layerMemory(), disk, quiet]))
  })

  it.effect("because it may only be read is named with its folder", (context) => {
    const api = filming()
    return Effect.gen(function* () {
      // Root writes everywhere, except where nobody does.
      const path = process.getuid?.() === 0 ? "/proc/archive" : yield* folder
      if (process.getuid?.() === 0 && process.platform !== "linux") return context.skip("there is no /proc")
      if (process.getuid?.() !== 0) chmodSync(path, 0o500)
      const archive = yield* Archive.folder(path)
      const error = yield* failure(generate(input, { archive }))
      expect(error.reason).toMatchObject({ _tag: "ArchiveFailed", transient: false })
      expect(error.message).toContain(`cannot write to ${path}`)
    }).pipe(Effect.provide([api.layer(), layerMemory(), disk, quiet]))
  })
})
