/**
 * Interrupting a paid submission, whenever and however: what has not left is never sent, what has left may finish, and no id of an accepted
 * job is lost.
 */
import { spawn } from "node:child_process"
import { once } from "node:events"
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { createServer } from "node:http"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { describe, expect, it } from "@effect/vitest"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as Schedule from "effect/Schedule"
import { TestClock } from "effect/testing"
import { CharacterPerformance, Runway, type Task } from "../../src/index.ts"
import { accepted, answer, input, provider, silence, until } from "../support/Provider.ts"

/** `LONG=1` aims a thousand interruptions and twenty SIGTERMs. */
const long = process.env["LONG"] !== undefined
const interruptions = long ? 1000 : 100
const terminations = long ? 20 : 3

const quiet = Logger.layer([])

/** A provider over real sockets that accepts a job the moment it arrives, and answers some turns of the event loop later. */
const accepting = (turnsUntilAnswer: (n: number) => number) =>
  Effect.acquireRelease(
    Effect.promise(async () => {
      const ids: Array<string> = []
      const server = createServer(async (request, response) => {
        for await (const _ of request) {
          // The whole body has to arrive.
        }
        if (request.method !== "POST") return void response.end('{"status":"RUNNING"}')
        const id = `job-${ids.length}`
        ids.push(id)
        for (let turn = turnsUntilAnswer(ids.length); turn > 0; turn--) await new Promise(setImmediate)
        // In two parts, so that an interruption can fall between them.
        response.writeHead(200, { "content-type": "application/json" }).write(`{"id":"${id}"`)
        setImmediate(() => response.end("}"))
      })
      await once(server.listen(0, "127.0.0.1"), "listening")
      const address = server.address()
      const port = typeof address === "object" ? address?.port : undefined
      return { ids, server, url: `http://127.0.0.1:${port}` }
    }),
    ({ server }) =>
      Effect.sync(() => {
        server.closeAllConnections()
        server.close()
      })
  )

/** Numbers that look random and are the same in each run. */
const seeded = (seed: number) => () => {
  seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648
  return seed / 2_147_483_648
}

describe("no id of an accepted job is lost", () => {
  it.live(
    `under ${interruptions} interruptions that are aimed at every moment of a submission`,
    ({ task }) =>
      Effect.gen(function* () {
        Object.assign(task.meta, { cases: interruptions, seed: 42 })
        const random = seeded(42)
        const { ids, url } = yield* accepting(() => Math.floor(random() * 12))
        const stored = new Set<string>()
        const onSubmitted = (id: Task.TaskId) =>
          Effect.andThen(
            Effect.yieldNow,
            Effect.sync(() => stored.add(id))
          )
        const generate = CharacterPerformance.generate(input, {
          onSubmitted,
          firstAfter: "1 hour",
          deadline: "2 hours"
        })
        for (let n = 0; n < interruptions; n++) {
          const controller = new AbortController()
          const layer = Layer.merge(Runway.layer({ apiKey: "sk-test-secret", baseUrl: url }), quiet)
          const ended = Effect.runPromise(Effect.provide(generate, layer), { signal: controller.signal }).catch(
            () => {}
          )
          const turns = Math.floor(random() * 40)
          yield* Effect.promise(async () => {
            for (let turn = 0; turn < turns; turn++) await new Promise(setImmediate)
            controller.abort()
            await ended
          })
        }
        expect(ids.filter((id) => !stored.has(id))).toEqual([])
        // Some were early enough that nothing was sent, and many were not.
        expect(ids.length).toBeGreaterThan(interruptions / 3)
        expect(ids.length).toBeLessThan(interruptions)
      }),
    300_000
  )

  it.live(
    `under ${terminations} SIGTERMs to a program whose POST is on its way`,
    ({ task }) =>
      Effect.gen(function* () {
        Object.assign(task.meta, { cases: terminations })
        const folder = yield* Effect.acquireRelease(
          Effect.sync(() => mkdtempSync(join(tmpdir(), "runway-"))),
          (path) => Effect.sync(() => rmSync(path, { recursive: true }))
        )
        const file = join(folder, "ids")
        writeFileSync(file, "")
        let accept: (() => void) | undefined
        const { server, url } = yield* accepting(() => 0)
        const expected: Array<string> = []
        server.removeAllListeners("request").on("request", (request, response) => {
          request.resume().on("end", () => {
            const id = `job-${expected.length}`
            expected.push(id)
            server.emit("arrived")
            accept = () => response.end(JSON.stringify({ id }))
          })
        })
        for (let n = 0; n < terminations; n++) {
          yield* Effect.promise(async () => {
            const arrived = once(server, "arrived")
            const program = join(import.meta.dirname, "interrupting-fixtures", "program.ts")
            const child = spawn(process.execPath, [program], {
              env: { ...process.env, PROVIDER_URL: url, IDS: file },
              stdio: "ignore"
            })
            const exit = once(child, "exit")
            await arrived
            child.kill("SIGTERM")
            // The signal is there before the answer: a signal comes at once, an answer over a socket.
            await new Promise(setImmediate)
            accept?.()
            await exit
          })
        }
        expect(readFileSync(file, "utf8").trim().split("\n")).toEqual(expected)
      }),
    600_000
  )
})

describe("an interrupted submission", () => {
  it.effect("may finish within its grace, and is cut off then", () => {
    const { reply, state } = silence()
    const api = provider(reply)
    return Effect.gen(function* () {
      const fiber = yield* Effect.forkChild(CharacterPerformance.submit(input))
      yield* until(() => api.posts() === 1)
      const interrupting = yield* Effect.forkChild(Fiber.interrupt(fiber))
      yield* TestClock.adjust("29 seconds")
      expect(state.aborted).toBe(false)
      yield* TestClock.adjust("1 second")
      yield* Fiber.join(interrupting)
      expect(state.aborted).toBe(true)
      expect(api.posts()).toBe(1)
    }).pipe(Effect.provide([api.layer(), quiet]))
  })

  it.effect("is not given more than its attempt has left, nor more than interruptGrace", () =>
    Effect.gen(function* () {
      for (const options of [{ attemptTimeout: "10 seconds" }, { interruptGrace: "10 seconds" }] as const) {
        const { reply, state } = silence()
        const api = provider(reply)
        yield* Effect.gen(function* () {
          const fiber = yield* Effect.forkChild(CharacterPerformance.submit(input))
          yield* until(() => api.posts() === 1)
          const interrupting = yield* Effect.forkChild(Fiber.interrupt(fiber))
          yield* TestClock.adjust("10 seconds")
          yield* Fiber.join(interrupting)
          expect(state.aborted).toBe(true)
        }).pipe(Effect.provide([api.layer(options), quiet]))
      }
    })
  )

  it.effect("ends at once while it waits for another attempt", () => {
    const api = provider(answer(429), accepted())
    return Effect.gen(function* () {
      const submit = CharacterPerformance.submit(input, { retry: Schedule.spaced("1 hour") })
      const fiber = yield* Effect.forkChild(submit)
      yield* until(() => api.posts() === 1 && api.idle())
      yield* Effect.yieldNow
      yield* Fiber.interrupt(fiber)
      expect(yield* Clock.currentTimeMillis).toBe(0)
      expect(api.posts()).toBe(1)
    }).pipe(Effect.provide([api.layer(), quiet]))
  })

  it.effect("ends at once while it waits for its turn, and is never sent", () => {
    const api = provider(accepted())
    return Effect.gen(function* () {
      yield* CharacterPerformance.submit(input)
      const fiber = yield* Effect.forkChild(CharacterPerformance.submit(input))
      yield* Effect.yieldNow
      yield* Fiber.interrupt(fiber)
      expect(yield* Clock.currentTimeMillis).toBe(0)
      expect(api.posts()).toBe(1)
    }).pipe(Effect.provide([api.layer({ limit: { requests: 1, per: "1 hour" } }), quiet]))
  })

  it.effect("keeps the id that had arrived when it was cut off", () => {
    const body = () =>
      new ReadableStream<Uint8Array>({
        start: (controller) => controller.enqueue(new TextEncoder().encode('{"id":"t-1",'))
      })
    let begun = false
    const api = provider(() => {
      begun = true
      return new Response(body())
    })
    const stored: Array<string> = []
    return Effect.gen(function* () {
      const onSubmitted = (id: Task.TaskId) => Effect.sync(() => stored.push(id))
      const fiber = yield* Effect.forkChild(
        CharacterPerformance.submit(input, { onSubmitted, interruptGrace: "1 second" })
      )
      yield* until(() => begun)
      const interrupting = yield* Effect.forkChild(Fiber.interrupt(fiber))
      yield* until(() => true)
      yield* TestClock.adjust("1 second")
      yield* Fiber.join(interrupting)
      expect(stored).toEqual(["t-1"])
    }).pipe(Effect.provide([api.layer(), quiet]))
  })
})
