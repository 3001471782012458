import { readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { Task } from "../../../src/index.ts"
import { folder, named, scripted, succeeded, success, taskId, video, videoAnswer } from "./Support.ts"

describe("a folder to save into", () => {
  const save = (id: string, to: string, answer: Response = videoAnswer(), url = "https://assets.example.com/out") =>
    success(Task.download(named(id, url), { to }).pipe(scripted(answer).provide))

  it.live("is one that is there, or any path that ends with a separator; the file is named by the task", () =>
    Effect.gen(function* () {
      const there = yield* folder
      for (const to of [there, `${there}/`, `${there}/new/deeper/`]) {
        const { path } = yield* save(taskId, to)
        expect(path).toBe(join(to, `${taskId}.mp4`))
        expect(new Uint8Array(readFileSync(path))).toEqual(video)
      }
      expect(readdirSync(there).sort()).toEqual([`${taskId}.mp4`, "new"])
    })
  )

  it.live("holds a task's other outputs beside the first", () =>
    Effect.gen(function* () {
      const to = yield* folder
      const task = succeeded("https://assets.example.com/0", "https://assets.example.com/1")
      yield* success(Task.download(task, { to }).pipe(scripted(videoAnswer()).provide))
      yield* success(Task.download(task, { to, index: 1 }).pipe(scripted(videoAnswer()).provide))
      expect(readdirSync(to).sort()).toEqual([`${taskId}.1.mp4`, `${taskId}.mp4`])
    })
  )

  for (const [id, name] of [
    ["../../etc/passwd", "%2E%2E%2F%2E%2E%2Fetc%2Fpasswd"],
    ["..", "%2E%2E"],
    [".hidden", "%2Ehidden"],
    ["-rf", "%2Drf"],
    ["~root", "%7Eroot"],
    ["a\\b:c*d?e", "a%5Cb%3Ac%2Ad%3Fe"],
    ["C:\\x", "C%3A%5Cx"],
    ["line\nbreak\u0000\u007f", "line%0Abreak%00%7F"],
    ["movie.exe", "movie%2Eexe"],
    ["CON", "%43ON"],
    ["lpt1", "%6Cpt1"],
    ["console", "console"],
    ["\ud800", "%EF%BF%BD"]
  ] as const) {
    it.live(`gets no other name than a plain one for the task ${JSON.stringify(id)}`, () =>
      Effect.gen(function* () {
        const to = yield* folder
        expect((yield* save(id, to)).path).toBe(join(to, `${name}.mp4`))
        expect(readdirSync(to)).toEqual([`${name}.mp4`])
      })
    )
  }

  it.live("keeps long ids apart under names that a disk can hold", () =>
    Effect.gen(function* () {
      const to = yield* folder
      for (const end of ["a", "b"]) yield* save(`${"\u00e9".repeat(300)}${end}`, to)
      const names = readdirSync(to)
      expect(names).toHaveLength(2)
      for (const name of names) expect(name.length).toBeLessThan(130)
    })
  )

  for (const [type, path, ending] of [
    ["video/mp4", "a.webm", "mp4"],
    ["video/webm; codecs=vp9", "a.mp4", "webm"],
    ["video/quicktime", "a", "mov"],
    ["application/octet-stream", "a.WebM", "webm"],
    ["", "a.mov", "mov"],
    ["video/x-matroska", "a.mkv", "mp4"],
    ["application/octet-stream", "a.exe", "mp4"],
    ["application/octet-stream", "a%2F..%2Fb.sh", "mp4"],
    ["video/../../sh", "a.mp4.sh", "mp4"]
  ] as const) {
    it.live(`gets a .${ending} for ${type || "no type"} at /${path}`, () =>
      Effect.gen(function* () {
        const answer = new Response(video, { headers: { "content-type": type } })
        const url = `https://assets.example.com/${path}?name=evil.sh`
        expect((yield* save(taskId, yield* folder, answer, url)).path).toMatch(new RegExp(`/${taskId}\\.${ending}$`))
      })
    )
  }
})
