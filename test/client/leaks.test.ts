/** What many calls leave behind: nothing that grows. Everything here runs on the real clock, and none of it sleeps. */
import { getEventListeners, once } from "node:events"
import { createServer } from "node:http"
import { setFlagsFromString } from "node:v8"
import { runInNewContext } from "node:vm"
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "@effect/vitest"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import { Fetch } from "effect/http/FetchHttpClient"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as ManagedRuntime from "effect/ManagedRuntime"
import * as Metric from "effect/Metric"
import * as Schedule from "effect/Schedule"
import { CharacterPerformance, Runway, type RunwayOptions, Task } from "../../src/index.ts"
import { accepted, answer, catchUp, input, silence, socketError, until, wrapped } from "../support/Provider.ts"

const id = "5b91e444-c232-deaf-a4d7-8aef3e57336b"
const concurrency = 50

/** `LONG=1` makes ten thousand calls. What grows by one for each of them is as plain after a fifth. */
const rounds = process.env["LONG"] === undefined ? 200 : 1000

/** Frees what is garbage; weak references are emptied between two turns of the event loop. */
const collectGarbage = () => {
  setFlagsFromString("--expose-gc")
  const gc: unknown = runInNewContext("gc")
  return Effect.andThen(
    catchUp,
    Effect.sync(() => {
      if (typeof gc === "function") gc()
    })
  )
}

/** A `fetch` that answers in process and remembers every signal without keeping it. */
const scripted = (reply: (request: Request, number: number) => Response | Promise<Response>) => {
  const signals: Array<WeakRef<AbortSignal>> = []
  const fetch: typeof globalThis.fetch = async (input, init) => {
    const request = new Request(input, init)
    signals.push(new WeakRef(request.signal))
    return reply(request, signals.length)
  }
  const layer = (options: Partial<RunwayOptions> = {}) =>
    Layer.merge(
      Runway.layer({ apiKey: "sk-test-secret", retry: Schedule.recurs(0), ...options }),
      Layer.succeed(Fetch, fetch)
    )
  const alive = () => signals.filter((signal) => signal.deref() !== undefined).length
  return { signals, alive, layer }
}

/** Requests without an answer. They are kept here, as a socket would: without one they are garbage, whose abort nobody hears. */
const unanswered = () => {
  const open = new Set<Request>()
  const reply = (request: Request) => {
    open.add(request)
    request.signal.addEventListener("abort", () => open.delete(request))
    return silence().reply(request)
  }
  return { open, reply }
}

const running = () => Response.json({ id, status: "RUNNING", progress: 0.5 })

/** What keeps a process alive, by kind: timers, sockets, handles. */
const resources = (): Readonly<Record<string, number>> => {
  const count: Record<string, number> = {}
  for (const kind of process.getActiveResourcesInfo()) count[kind] = (count[kind] ?? 0) + 1
  // Pauses of the event loop that this file, and Vitest, make themselves.
  delete count["Immediate"]
  return count
}

/** Waits until no more is active than before. */
const settled = (before: Readonly<Record<string, number>>) =>
  until(() => Object.entries(resources()).every(([kind, count]) => count <= (before[kind] ?? 0)))

/** Promises that nobody caught, and warnings of the platform's, for example of too many listeners. */
const complaints: Array<unknown> = []
const complain = (complaint: unknown) => complaints.push(complaint)
beforeAll(() => {
  // Vitest's stacks of a hundred frames are most of what failing costs. Effect asks for those that it needs itself.
  Error.stackTraceLimit = 1
  process.on("unhandledRejection", complain).on("warning", complain)
})
afterEach(() => {
  expect(complaints).toEqual([])
})
afterAll(() => {
  process.off("unhandledRejection", complain).off("warning", complain)
})

describe("thousands of calls", () => {
  it.live(
    `${10 * rounds}, answered, refused, lost, given up and interrupted, leave no timer, no signal and no growing metrics`,
    () => {
      const silent = unanswered()
      const { signals, alive, layer } = scripted((request) => {
        const fate = request.url.split("/").at(-1)
        if (fate === "refused") return answer(400, wrapped("invalid_request"))
        if (fate === "lost") throw socketError("ECONNRESET")
        return fate === "silent" ? silent.reply(request) : running()
      })
      const registry: Metric.MetricRegistry = new Map()
      return Effect.gen(function* () {
        const patient = yield* Layer.build(layer())
        const hasty = yield* Layer.build(layer({ attemptTimeout: "1 millis" }))
        const fates = [
          ...Array.from({ length: 5 }, () => Task.get("answered").pipe(Effect.provide(patient))),
          ...Array.from({ length: 2 }, () => Task.get("refused").pipe(Effect.provide(patient))),
          Task.get("lost").pipe(Effect.provide(patient)),
          Task.get("silent").pipe(Effect.provide(hasty)),
          Task.get("silent").pipe(Effect.provide(patient), Effect.timeout("1 millis"))
        ]
        const before = resources()
        let succeeded = 0
        yield* Effect.forEach(
          Array.from({ length: rounds }, () => fates).flat(),
          (call) =>
            Effect.map(Effect.exit(call), (exit) => {
              if (Exit.isSuccess(exit)) succeeded++
            }),
          { concurrency, discard: true }
        )
        expect(succeeded).toBe(5 * rounds)
        yield* settled(before)
        expect(silent.open.size).toBe(0)
        yield* collectGarbage()
        expect(signals.length).toBeGreaterThan(9 * rounds)
        // Those of the last turns may still stand on somebody's stack.
        expect(alive()).toBeLessThan(concurrency)
        // A series for each operation and outcome, however many calls there are.
        expect(registry.size).toBeLessThanOrEqual(4)
      }).pipe(Effect.scoped, Effect.provideService(Metric.MetricRegistry, registry))
    }
  )

  it.live("a thousand, over real sockets, share connections and leave none", () =>
    Effect.gen(function* () {
      const before = resources()
      let connections = 0
      let requests = 0
      const server = createServer((_, response) => {
        response.statusCode = requests++ % 2 === 0 ? 200 : 400
        response.setHeader("content-type", "application/json").end(JSON.stringify({ id, status: "RUNNING" }))
      }).on("connection", () => connections++)
      yield* Effect.promise(() => once(server.listen(0, "127.0.0.1"), "listening"))
      const address = server.address()
      const port = typeof address === "object" ? address?.port : undefined
      const layer = Runway.layer({
        apiKey: "sk-test-secret",
        baseUrl: `http://127.0.0.1:${port}`,
        retry: Schedule.recurs(0)
      })
      yield* Effect.forEach(Array.from({ length: 1000 }), () => Effect.exit(Task.get(id)), {
        concurrency,
        discard: true
      }).pipe(Effect.provide(layer))
      expect(requests).toBe(1000)
      // A call may begin before the platform has taken back the connection of the one before it.
      expect(connections).toBeLessThanOrEqual(2 * concurrency)
      // It keeps idle connections for the next call, until the server lets go of them.
      server.close()
      server.closeAllConnections()
      yield* settled(before)
    })
  )
})

describe("an AbortSignal", () => {
  it("has one listener for each call under way, and none when they have ended", async () => {
    const { layer } = scripted((_, number) => (number % 2 === 0 ? running() : answer(400, wrapped("invalid_request"))))
    const { signal } = new AbortController()
    const runtime = ManagedRuntime.make(layer())
    await runtime.context()
    let most = 0
    for (let batch = 0; batch < 200; batch++) {
      const calls = Array.from({ length: 5 }, () => runtime.runPromise(Effect.exit(Task.get(id)), { signal }))
      most = Math.max(most, getEventListeners(signal, "abort").length)
      await Promise.all(calls)
    }
    expect(most).toBe(5)
    expect(getEventListeners(signal, "abort")).toEqual([])
    await runtime.dispose()
  })

  it("aborts the request in flight in the same turn, before the promise settles", async () => {
    // Its warning, that the job may have been accepted, is another test's matter.
    const submit = CharacterPerformance.submit(input, { onInterrupt: "abort" }).pipe(
      Effect.asVoid,
      Effect.provide(Logger.layer([]))
    )
    for (const effect of [Effect.asVoid(Task.get(id)), Effect.asVoid(Task.wait(id)), submit]) {
      const order: Array<string> = []
      let signal: AbortSignal | undefined
      const { layer } = scripted((request) => {
        signal = request.signal
        signal.addEventListener("abort", () => order.push("request aborted"))
        return silence().reply(request)
      })
      const controller = new AbortController()
      const promise = Effect.runPromise(effect.pipe(Effect.provide(layer())), {
        signal: controller.signal
      }).catch(() => order.push("promise rejected"))
      await Effect.runPromise(until(() => signal !== undefined))
      controller.abort()
      expect(signal?.aborted).toBe(true)
      await promise
      expect(order).toEqual(["request aborted", "promise rejected"])
    }
  })

  it("that was aborted before lets nothing be sent", async () => {
    const { signals, layer } = scripted(() => accepted(id))
    const run = Effect.runPromise(CharacterPerformance.submit(input).pipe(Effect.provide(layer())), {
      signal: AbortSignal.abort()
    })
    await expect(run).rejects.toThrow("interrupted")
    expect(signals).toEqual([])
  })

  it("ends a sleep between two looks at once, and its timer with it", async () => {
    const set = vi.spyOn(globalThis, "setTimeout")
    const cleared = vi.spyOn(globalThis, "clearTimeout")
    const { layer } = scripted(running)
    const controller = new AbortController()
    const hour = Duration.toMillis("1 hour")
    const wait = Task.wait(id, { schedule: Schedule.spaced(hour), deadline: 2 * hour })
    const promise = Effect.runPromise(wait.pipe(Effect.provide(layer())), { signal: controller.signal })
    const sleep = () => set.mock.results[set.mock.calls.findIndex(([, delay]) => delay === hour)]?.value
    await Effect.runPromise(until(() => sleep() !== undefined))
    controller.abort()
    await expect(promise).rejects.toThrow("interrupted")
    expect(cleared.mock.calls.map(([timer]) => timer)).toContain(sleep())
    vi.restoreAllMocks()
  })
})
