import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs"
import type { IncomingMessage } from "node:http"
import { dirname, join } from "node:path"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import { Task } from "../../../src/index.ts"
import { assets, failure, folder, partsOf, sendsHalf, single, succeeded, success, until } from "./Support.ts"

describe("interrupting a download", () => {
  it.live(
    "in the middle closes the connection and leaves neither the file nor a part that could not be taken up again",
    () =>
      Effect.gen(function* () {
        const closed = Promise.withResolvers<void>()
        const host = yield* assets(sendsHalf(({ socket }) => void socket?.once("close", () => closed.resolve())))
        const to = join(yield* folder, "one.mp4")
        const fiber = yield* Effect.forkChild(success(Task.download(succeeded(host.url), { to })))
        yield* until(() => partsOf(to).some((part) => statSync(part).size > 0))
        expect(existsSync(to)).toBe(false)
        yield* Fiber.interrupt(fiber)
        expect(readdirSync(dirname(to))).toEqual([])
        yield* Effect.promise(() => closed.promise)
      })
  )

  it.live("before the answer closes the connection and leaves an existing file alone", () =>
    Effect.gen(function* () {
      const arrived = Promise.withResolvers<IncomingMessage["socket"]>()
      const host = yield* assets(({ socket }) => arrived.resolve(socket))
      const to = join(yield* folder, "one.mp4")
      writeFileSync(to, "an older video")
      const fiber = yield* Effect.forkChild(success(Task.download(succeeded(host.url), { to })))
      const socket = yield* Effect.promise(() => arrived.promise)
      const closed = new Promise<void>((resolve) => socket.once("close", () => resolve()))
      yield* Fiber.interrupt(fiber)
      yield* Effect.promise(() => closed)
      expect(readdirSync(dirname(to))).toEqual(["one.mp4"])
      expect(readFileSync(to, "utf8")).toBe("an older video")
    })
  )
})

describe("the connection of an answer that is not wanted", () => {
  it.live("is closed when it is a video that cannot be written", () =>
    Effect.gen(function* () {
      const closed = Promise.withResolvers<void>()
      const host = yield* assets(sendsHalf(({ socket }) => void socket?.once("close", () => closed.resolve())))
      const file = join(yield* folder, "taken")
      writeFileSync(file, "in the way")
      yield* failure(Task.download(succeeded(host.url), { to: join(file, "one.mp4") }))
      yield* Effect.promise(() => closed.promise)
    })
  )

  for (const [name, status, headers] of [
    ["an error", 500, {}],
    ["a redirect", 302, { location: "http://elsewhere.example.com/" }],
    ["a page", 200, { "content-type": "text/html" }]
  ] as const) {
    it.live(`is closed when it is ${name} without end`, () =>
      Effect.gen(function* () {
        const closed = Promise.withResolvers<void>()
        const host = yield* assets(({ socket }, response) => {
          socket.once("close", () => closed.resolve())
          response.writeHead(status, headers).write("and so on")
        })
        yield* failure(Task.download(succeeded(host.url), { to: join(yield* folder, "one.mp4"), ...single }))
        yield* Effect.promise(() => closed.promise)
      })
    )
  }
})
