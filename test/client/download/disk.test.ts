import { readdirSync, readFileSync, statSync, writeFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import { systemError } from "effect/PlatformError"
import { Task } from "../../../src/index.ts"
import { assets, Disk, error, folder, partsOf, ranged, succeeded, success, video } from "./Support.ts"

describe("the disk", () => {
  /** Node's own file system, with a file's methods replaced. */
  const withFile = (
    change: (file: FileSystem.File) => Partial<FileSystem.File>,
    done: (what: string) => void = () => {}
  ) =>
    Effect.gen(function* () {
      const fs = yield* FileSystem.FileSystem
      return FileSystem.FileSystem.of({
        ...fs,
        rename: (from, to) =>
          Effect.andThen(
            Effect.sync(() => done(to.endsWith(".json") ? "note" : "rename")),
            fs.rename(from, to)
          ),
        open: (path, options) =>
          Effect.map(fs.open(path, options), (file) => ({
            ...{
              [FileSystem.FileTypeId]: file[FileSystem.FileTypeId],
              stat: file.stat,
              sync: file.sync,
              seek: file.seek.bind(file),
              read: file.read.bind(file),
              readAlloc: file.readAlloc.bind(file),
              truncate: file.truncate.bind(file),
              write: file.write.bind(file),
              writeAll: file.writeAll.bind(file)
            },
            ...change(file)
          }))
      })
    }).pipe(Effect.provide(Disk))

  it.live("has all of the video before it gets its name", () =>
    Effect.gen(function* () {
      const order: Array<string> = []
      const fs = yield* withFile(
        (file) => ({
          sync: Effect.andThen(
            Effect.sync(() => order.push("sync")),
            file.sync
          )
        }),
        (what) => order.push(what)
      )
      const host = yield* assets(ranged)
      const to = join(yield* folder, "one.mp4")
      yield* success(Task.download(succeeded(host.url), { to }).pipe(Effect.provideService(FileSystem.FileSystem, fs)))
      expect(order).toEqual(["note", "sync", "rename"])
    })
  )

  it.live("that is full ends the download at once, keeping what fits and an existing file", () =>
    Effect.gen(function* () {
      const full = systemError({ module: "FileSystem", method: "writeAll", _tag: "Unknown", description: "ENOSPC" })
      const fs = yield* withFile((file) => ({
        writeAll: (chunk) => Effect.andThen(file.writeAll(chunk.subarray(0, 1000)), Effect.fail(full))
      }))
      const host = yield* assets(ranged)
      const to = join(yield* folder, "one.mp4")
      writeFileSync(to, "an older video")
      const { message, isRetryable } = yield* error(
        Task.download(succeeded(host.url), { to }).pipe(Effect.provideService(FileSystem.FileSystem, fs))
      )
      expect(message).toContain("ENOSPC")
      expect(isRetryable).toBe(false)
      expect(host.asked).toHaveLength(1)
      expect(readFileSync(to, "utf8")).toBe("an older video")
      expect(statSync(partsOf(to)[0] ?? "").size).toBeGreaterThan(0)
      yield* success(Task.download(succeeded(host.url), { to }))
      expect(new Uint8Array(readFileSync(to))).toEqual(video)
      expect(readdirSync(dirname(to))).toEqual(["one.mp4"])
    })
  )
})
