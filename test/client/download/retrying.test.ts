import { join } from "node:path"
import { describe, expect, it } from "@effect/vitest"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"
import { Task } from "../../../src/index.ts"
import { error, folder, redirect, scripted, succeeded, success, videoAnswer, watchedDisk } from "./Support.ts"

describe("an attempt that failed", () => {
  const task = succeeded("https://assets.example.com/out.mp4?sig=SECRET")
  const fresh = Effect.map(folder, (path) => join(path, "one.mp4"))
  const reply = (status: number, headers: Record<string, string> = {}) =>
    new Response(status === 204 || status === 304 ? null : "no", { status, headers })

  for (const [name, answer] of [
    ["408", reply(408)],
    ["425", reply(425)],
    ["429", reply(429)],
    ["500", reply(500)],
    ["502", reply(502)],
    ["503", reply(503)],
    ["504", reply(504)],
    ["no answer", new TypeError("fetch failed")]
  ] as const) {
    it.effect(`with what passes (${name}) is made again, four times by default`, () =>
      Effect.gen(function* () {
        const disk = yield* watchedDisk
        const to = yield* fresh
        const saved = scripted(answer, answer, videoAnswer())
        yield* disk.run(Task.download(task, { to }).pipe(saved.provide), success)
        expect(saved.asked).toHaveLength(3)
        const never = scripted(answer)
        const said = yield* disk.run(Task.download(task, { to }).pipe(never.provide), error)
        expect(never.asked).toHaveLength(5)
        expect(said).toMatchObject({ attempts: 5, isRetryable: true })
        expect(said.message).toContain("after 5 attempts")
      })
    )
  }

  for (const [name, answer] of [
    ["a page", new Response("<html>", { headers: { "content-type": "text/html" } })],
    ["nothing", new Response(new Uint8Array())],
    ["204", reply(204)],
    ["304", reply(304)],
    ["400", reply(400)],
    ["416", reply(416)],
    ["a redirect to http", redirect("http://cdn.example.net/")],
    ["401", reply(401)],
    ["403", reply(403)],
    ["404", reply(404)],
    ["410", reply(410)]
  ] as const) {
    it.effect(`with what stays (${name}) is never made again`, () =>
      Effect.gen(function* () {
        const disk = yield* watchedDisk
        const hosts = scripted(answer)
        const said = yield* disk.run(Task.download(task, { to: yield* fresh }).pipe(hosts.provide), error)
        expect(hosts.asked).toHaveLength(1)
        expect(said).toMatchObject({ attempts: 1, isRetryable: false })
      })
    )
  }

  it.effect("is made again when the caller's schedule says so, and not before the host's Retry-After", () =>
    Effect.gen(function* () {
      const disk = yield* watchedDisk
      const times: Array<number> = []
      const clock = yield* Clock.Clock
      const hosts = scripted(() => {
        times.push(clock.currentTimeMillisUnsafe())
        return reply(503, { "retry-after": "50" })
      })
      const retry = Schedule.spaced("1 second").pipe(Schedule.upTo({ times: 2 }))
      yield* disk.run(Task.download(task, { to: yield* fresh, retry }).pipe(hosts.provide), error)
      const waits = times.slice(1).map((time, index) => time - (times[index] ?? 0))
      expect(waits).toHaveLength(2)
      expect(Math.min(...waits)).toBeGreaterThanOrEqual(50_000)
    })
  )
})
