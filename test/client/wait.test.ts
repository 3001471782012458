import { describe, expect, it } from "@effect/vitest"
import * as Cause from "effect/Cause"
import * as Clock from "effect/Clock"
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Latch from "effect/Latch"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as Redacted from "effect/Redacted"
import * as References from "effect/References"
import * as Schedule from "effect/Schedule"
import * as Stream from "effect/Stream"
import { TestClock } from "effect/testing"
import { CharacterPerformance, Task } from "../../src/index.ts"
import {
  accepted,
  answer,
  catchUp,
  input,
  provider,
  silence,
  socketError,
  taskNotExist,
  until,
  wrapped
} from "../support/Provider.ts"
import { exitOf, failure, run } from "../support/VirtualTime.ts"

const id = "5b91e444-c232-deaf-a4d7-8aef3e57336b"
const task = (status: string, more: object = {}) =>
  Response.json({ id, status, createdAt: "2026-05-01T12:47:47.351Z", ...more })
const done = () => task("SUCCEEDED", { output: ["https://cdn.example.com/out.mp4?_jwt=SIGNED"] })

describe("waiting for a task", () => {
  it.effect("goes on through queue and work until the output is there", () => {
    const api = provider(
      task("PENDING"),
      task("THROTTLED"),
      task("RUNNING", { progress: 0.5 }),
      task("SUCCEEDED", { output: [] }),
      done()
    )
    return Effect.gen(function* () {
      const end = yield* run(Task.wait(id))
      expect(end._tag).toBe("Succeeded")
      expect(Redacted.value(end.output[0])).toBe("https://cdn.example.com/out.mp4?_jwt=SIGNED")
      expect(api.asked).toHaveLength(5)
      expect(api.asked[0]?.url).toBe(`https://api.cometapi.com/runwayml/v1/tasks/${id}`)
      expect(api.asked[0]?.headers.get("x-runway-version")).toBe("2024-11-06")
    }).pipe(Effect.provide(api.layer()))
  })

  it.effect("asks no faster than every five seconds and no slower than every twenty", () => {
    const times: Array<number> = []
    return Effect.gen(function* () {
      const clock = yield* Clock.Clock
      const api = provider(() => {
        times.push(clock.currentTimeMillisUnsafe())
        return times.length < 20 ? task("RUNNING", { progress: times.length / 20 }) : done()
      })
      yield* run(Task.wait(id)).pipe(Effect.provide(api.layer()))
      const gaps = times.slice(1).map((time, index) => time - (times[index] ?? 0))
      expect(Math.min(...gaps)).toBeGreaterThanOrEqual(5000)
      expect(Math.max(...gaps)).toBeLessThanOrEqual(20_000)
    })
  })

  it.effect("survives every failure that passes", () => {
    const api = provider(
      socketError("ECONNRESET"),
      socketError("ECONNREFUSED", "connect"),
      answer(429, wrapped("rate_limit_exceeded")),
      answer(500, { code: "get_task_failed", message: "get task failed", data: null }),
      answer(502, "<h1>Bad gateway</h1>"),
      answer(503, ""),
      answer(524, "<h1>A timeout occurred</h1>"),
      answer(200, "<html>Welcome</html>"),
      answer(301, "", { location: "https://www.cometapi.com/" }),
      answer(200, '{"id":"5b9'),
      answer(200, {}),
      new Response(null, { status: 200 }),
      answer(200, { code: "success", message: "", data: null }),
      task("SOMETHING_NEW"),
      done()
    )
    return Effect.gen(function* () {
      const end = yield* run(Task.wait(id))
      expect(end._tag).toBe("Succeeded")
      expect(api.asked).toHaveLength(15)
    }).pipe(Effect.provide(api.layer()))
  })

  it.effect("ends at once when the key is refused, with the last state that was seen", () =>
    Effect.gen(function* () {
      for (const [status, tag] of [
        [401, "Unauthorized"],
        [403, "Forbidden"],
        [400, "Rejected"]
      ] as const) {
        const api = provider(task("RUNNING", { progress: 0.5 }), answer(status, wrapped("nope")), done())
        const error = yield* failure(Task.wait(id)).pipe(Effect.provide(api.layer()))
        expect(error.reason._tag).toBe(tag)
        expect(error.taskId).toBe(id)
        expect(error.lastTask?.progress).toBe(0.5)
        expect(api.asked).toHaveLength(2)
      }
    })
  )

  it.effect("waits as long as a busy server asks for", () => {
    const times: Array<number> = []
    return Effect.gen(function* () {
      const clock = yield* Clock.Clock
      const api = provider(() => {
        times.push(clock.currentTimeMillisUnsafe())
        return times.length === 1 ? answer(429, wrapped("slow"), { "retry-after": "30" }) : done()
      })
      yield* run(Task.wait(id)).pipe(Effect.provide(api.layer()))
      expect(times).toEqual([0, 30_000])
    })
  })

  it.effect("waits until a date by the server's clock, however wrong this machine's is", () => {
    const times: Array<number> = []
    return Effect.gen(function* () {
      const clock = yield* Clock.Clock
      const dates = { date: "Fri, 01 May 2026 12:00:00 GMT", "retry-after": "Fri, 01 May 2026 12:00:40 GMT" }
      const api = provider(() => {
        times.push(clock.currentTimeMillisUnsafe())
        return times.length === 1 ? answer(503, "", dates) : done()
      })
      yield* run(Task.wait(id)).pipe(Effect.provide(api.layer()))
      expect(times).toEqual([0, 40_000])
    })
  })

  it.effect("fails with the provider's words when the task failed, and looks no further", () => {
    const api = provider(
      task("RUNNING"),
      task("FAILED", { failure: "The image was flagged.", failureCode: "SAFETY.INPUT.IMAGE" }),
      done()
    )
    return Effect.gen(function* () {
      const error = yield* failure(Task.wait(id))
      if (error.reason._tag !== "TaskFailed") throw new Error(error.reason._tag)
      expect(error.reason.task.failureCode).toBe("SAFETY.INPUT.IMAGE")
      expect(error.message).toBe(
        `wait: TaskFailed [task ${id}]\n  why: the task failed (SAFETY.INPUT.IMAGE): The image was flagged\n  now: An input was moderated: change the character or the reference.`
      )
      expect(api.asked).toHaveLength(2)
    }).pipe(Effect.provide(api.layer()))
  })

  it.effect("fails when the task was cancelled", () =>
    Effect.gen(function* () {
      const error = yield* failure(Task.wait(id))
      expect(error.reason._tag).toBe("TaskCancelled")
    }).pipe(Effect.provide(provider(task("CANCELLED")).layer()))
  )
})

describe("a task that is not visible", () => {
  const bodies: ReadonlyArray<readonly [string, Response]> = [
    ["the flat error", answer(400, taskNotExist)],
    ["the wrapped error", answer(400, wrapped("task_not_exist"))],
    ["the wrapped error with an empty code", answer(400, wrapped("", "task_not_exist"))],
    ["Runway's 404", answer(404, { error: "Task not found." })],
    ["an empty 404", new Response(null, { status: 404 })],
    ["the flat error under status 200", answer(200, taskNotExist)]
  ]
  for (const [name, reply] of bodies) {
    it.effect(`is waited for while it is young (${name})`, () => {
      const api = provider(accepted(id), reply, reply, done())
      return Effect.gen(function* () {
        expect((yield* run(CharacterPerformance.generate(input)))._tag).toBe("Succeeded")
        expect(api.posts()).toBe(1)
        expect(api.asked).toHaveLength(4)
      }).pipe(Effect.provide(api.layer()))
    })

    it.effect(`is not found when its grace is over (${name})`, () => {
      const api = provider(reply)
      return Effect.gen(function* () {
        const startedAt = yield* Clock.currentTimeMillis
        const submittedAt = yield* DateTime.now
        const error = yield* failure(Task.wait(id, { submittedAt }))
        expect(error.reason._tag).toBe("TaskNotFound")
        expect(error.taskId).toBe(id)
        const waited = (yield* Clock.currentTimeMillis) - startedAt
        expect(waited).toBeGreaterThanOrEqual(180_000)
        expect(waited).toBeLessThan(190_000)
      }).pipe(Effect.provide(api.layer()))
    })
  }

  it.effect("is said not to exist within twenty seconds, where nothing but its id is known", () => {
    const api = provider(answer(400, taskNotExist))
    return Effect.gen(function* () {
      const startedAt = yield* Clock.currentTimeMillis
      const error = yield* failure(Task.wait(id))
      expect(error.reason._tag).toBe("TaskNotFound")
      expect(error.message).toContain("no such task")
      expect((yield* Clock.currentTimeMillis) - startedAt).toBeLessThanOrEqual(20_000)
      expect(api.asked.length).toBeGreaterThan(1)
    }).pipe(Effect.provide(api.layer()))
  })

  it.effect("has its whole grace by its bare id too, where this layer submitted it", () => {
    const api = provider(accepted(id), answer(400, taskNotExist))
    return Effect.gen(function* () {
      const submitted = yield* run(CharacterPerformance.submit(input))
      const startedAt = yield* Clock.currentTimeMillis
      const error = yield* failure(Task.wait(submitted))
      expect(error.reason._tag).toBe("TaskNotFound")
      expect((yield* Clock.currentTimeMillis) - startedAt).toBeGreaterThanOrEqual(180_000)
    }).pipe(Effect.provide(api.layer()))
  })

  it.effect("has the grace that a caller or a layer gives it, however little is known of it", () =>
    Effect.gen(function* () {
      for (const [layer, options] of [
        [{ poll: { notFoundGrace: "1 minute" } }, {}],
        [{}, { notFoundGrace: "1 minute" }]
      ] as const) {
        const startedAt = yield* Clock.currentTimeMillis
        const error = yield* failure(Task.wait(id, options)).pipe(
          Effect.provide(provider(answer(400, taskNotExist)).layer(layer))
        )
        expect(error.reason._tag).toBe("TaskNotFound")
        const waited = (yield* Clock.currentTimeMillis) - startedAt
        expect(waited).toBeGreaterThanOrEqual(60_000)
        expect(waited).toBeLessThan(70_000)
      }
    })
  )

  it.effect("has a grace that counts from its submission, not from the wait", () => {
    const api = provider(answer(400, taskNotExist))
    return Effect.gen(function* () {
      yield* TestClock.adjust("1 hour")
      const submittedAt = yield* DateTime.now
      yield* TestClock.adjust("170 seconds")
      const startedAt = yield* Clock.currentTimeMillis
      const error = yield* failure(Task.wait(id, { submittedAt }))
      expect(error.reason._tag).toBe("TaskNotFound")
      expect((yield* Clock.currentTimeMillis) - startedAt).toBeLessThanOrEqual(20_000)
    }).pipe(Effect.provide(api.layer()))
  })

  it.effect("but was seen before is given the same grace from then on", () => {
    const api = provider(
      ...Array.from({ length: 60 }, (_, n) => (n % 12 === 0 ? task("RUNNING") : answer(400, taskNotExist))),
      done()
    )
    return Effect.gen(function* () {
      expect((yield* run(Task.wait(id)))._tag).toBe("Succeeded")
    }).pipe(Effect.provide(api.layer()))
  })

  it.effect("is an error at once for a single look", () => {
    const api = provider(answer(400, taskNotExist))
    return Effect.gen(function* () {
      const error = yield* failure(Task.get(id))
      expect(error.reason._tag).toBe("TaskNotFound")
      expect(api.asked).toHaveLength(1)
    }).pipe(Effect.provide(api.layer()))
  })
})

describe("a success without an output", () => {
  const finishing = () => task("SUCCEEDED", { output: [] })

  it.effect("is waited for, and is an error of its own when its grace is over: the task is done and paid", () => {
    const api = provider(task("RUNNING"), finishing())
    return Effect.gen(function* () {
      const startedAt = yield* Clock.currentTimeMillis
      const error = yield* failure(Task.wait(id, { schedule: Schedule.spaced("10 seconds") }))
      expect(error.reason._tag).toBe("OutputMissing")
      expect(error.isRetryable).toBe(true)
      expect(error.taskId).toBe(id)
      expect(error.lastTask?._tag).toBe("Finishing")
      expect((yield* Clock.currentTimeMillis) - startedAt).toBe(190_000)
    }).pipe(Effect.provide(api.layer()))
  })

  it.effect("may take as long as the caller says", () => {
    const api = provider(...Array.from({ length: 100 }, finishing), done())
    return Effect.gen(function* () {
      expect(
        (yield* run(Task.wait(id, { outputGrace: "20 minutes", schedule: Schedule.spaced("10 seconds") })))._tag
      ).toBe("Succeeded")
    }).pipe(Effect.provide(api.layer()))
  })

  it.effect("is forgotten when the task goes back to work", () => {
    const lapse = [...Array.from({ length: 17 }, finishing), task("RUNNING")]
    const api = provider(...lapse, ...lapse, ...lapse, done())
    return Effect.gen(function* () {
      expect((yield* run(Task.wait(id, { schedule: Schedule.spaced("10 seconds") })))._tag).toBe("Succeeded")
    }).pipe(Effect.provide(api.layer()))
  })
})

describe("a handle", () => {
  it.effect(
    "goes through JSON and takes the wait up in another process, with the grace still counting from the submission",
    () => {
      const api = provider(accepted(id), answer(400, taskNotExist))
      return Effect.gen(function* () {
        const handle = yield* run(CharacterPerformance.submit(input).pipe(Effect.flatMap(Task.handle)))
        const stored = JSON.stringify(handle)
        expect(JSON.parse(stored)).toEqual({ id, submittedAt: handle.submittedAt.toJSON() })
        yield* TestClock.adjust("150 seconds")
        for (const json of [stored, JSON.parse(stored)]) expect(yield* Task.restore(json)).toEqual(handle)
        const restored = yield* Task.restore(stored)
        const startedAt = yield* Clock.currentTimeMillis
        const error = yield* failure(Task.wait(restored))
        expect(error.reason._tag).toBe("TaskNotFound")
        expect((yield* Clock.currentTimeMillis) - startedAt).toBeLessThanOrEqual(45_000)
        expect(api.posts()).toBe(1)
      }).pipe(Effect.provide(api.layer()))
    }
  )

  it.effect("that is none is refused with what was expected", () =>
    Effect.gen(function* () {
      for (const json of ["", "{", "null", '{"id":""}', { id, submittedAt: "yesterday" }, 7]) {
        const error = yield* Effect.flip(Task.restore(json))
        expect(error.reason._tag).toBe("InvalidInput")
        expect(error.message).toContain("handle: expected the JSON of a task's handle")
      }
    })
  )
})

describe("the deadline of a wait", () => {
  it.effect("ends it with the task's id, the last state and a count of what was seen", () => {
    const api = provider(
      answer(400, taskNotExist),
      task("PENDING"),
      socketError("ECONNRESET"),
      task("RUNNING", { progress: 0.25 })
    )
    return Effect.gen(function* () {
      const error = yield* failure(Task.wait(id, { deadline: "1 minute", schedule: Schedule.spaced("10 seconds") }))
      if (error.reason._tag !== "WaitTimedOut") throw new Error(error.reason._tag)
      expect(Duration.toSeconds(error.reason.waited)).toBe(60)
      expect(error.reason.seen).toEqual({ TaskNotFound: 1, PENDING: 1, ConnectionLost: 1, RUNNING: 3 })
      expect(error.lastTask?.progress).toBe(0.25)
      expect(error.isRetryable).toBe(true)
      expect(error.message).toBe(
        `wait: WaitTimedOut [task ${id}]\n  why: not finished after 1m (seen: TaskNotFound ×1, PENDING ×1, ConnectionLost ×1, RUNNING ×3); last error: ConnectionLost: read ECONNRESET\n  now: The task goes on: wait for it again by its id, with a longer deadline if it needs one`
      )
      expect(error.reason.lastError).toEqual({ reason: "ConnectionLost", excerpt: "read ECONNRESET" })
    }).pipe(Effect.provide(api.layer()))
  })

  it.effect("ends it with what the last answer said, its status and its request id, and with what to do", () => {
    const api = provider(answer(502, wrapped("bad_gateway", "upstream is gone"), { "x-oneapi-request-id": "req-7" }))
    return Effect.gen(function* () {
      const error = yield* failure(Task.wait(id, { deadline: "1 minute", schedule: Schedule.spaced("30 seconds") }))
      if (error.reason._tag !== "WaitTimedOut") throw new Error(error.reason._tag)
      expect(error.reason.lastError).toEqual({
        reason: "Unavailable",
        status: 502,
        requestId: "req-7",
        excerpt: "upstream is gone"
      })
      expect(error.message).toContain("last error: 502 Unavailable: upstream is gone (request id req-7)\n")
      expect(error.message).toContain("The task was not seen once: check the base URL, the key and the id")
    }).pipe(Effect.provide(api.layer()))
  })

  it.effect("cuts a request in flight", () => {
    const { reply, state } = silence()
    return Effect.gen(function* () {
      const startedAt = yield* Clock.currentTimeMillis
      const error = yield* failure(Task.wait(id, { deadline: "7 seconds" }))
      expect(error.reason._tag).toBe("WaitTimedOut")
      expect(state.aborted).toBe(true)
      expect((yield* Clock.currentTimeMillis) - startedAt).toBe(7000)
    }).pipe(Effect.provide(provider(reply).layer()))
  })

  it.effect("is not slept past, however long the next poll is away", () =>
    Effect.gen(function* () {
      const startedAt = yield* Clock.currentTimeMillis
      yield* failure(Task.wait(id, { deadline: "90 seconds", schedule: Schedule.spaced("1 hour") }))
      expect((yield* Clock.currentTimeMillis) - startedAt).toBe(90_000)
    }).pipe(Effect.provide(provider(task("RUNNING")).layer()))
  )

  it.effect("has a caller's schedule that ends early for an equal", () =>
    Effect.gen(function* () {
      const error = yield* failure(Task.wait(id, { schedule: Schedule.recurs(2) }))
      if (error.reason._tag !== "WaitTimedOut") throw new Error(error.reason._tag)
      expect(error.reason.seen).toEqual({ RUNNING: 3 })
    }).pipe(Effect.provide(provider(task("RUNNING")).layer()))
  )
})

/** The clock of a machine that is set, or sleeps, while its timers go on as they do. */
const unsteady = Effect.map(Clock.Clock, (clock) => {
  const off = { wallMillis: 0, monotonicNanos: 0n }
  const wallMillis = () => clock.currentTimeMillisUnsafe() + off.wallMillis
  const wallNanos = () => clock.currentTimeNanosUnsafe() + BigInt(off.wallMillis) * 1_000_000n
  const monotonicNanos = () => clock.monotonicTimeNanosUnsafe() + off.monotonicNanos
  const machine: Clock.Clock = {
    currentTimeMillisUnsafe: wallMillis,
    currentTimeMillis: Effect.sync(wallMillis),
    currentTimeNanosUnsafe: wallNanos,
    currentTimeNanos: Effect.sync(wallNanos),
    monotonicTimeNanosUnsafe: monotonicNanos,
    monotonicTimeNanos: Effect.sync(monotonicNanos),
    sleep: (duration) => clock.sleep(duration)
  }
  const hour = 3_600_000
  const sleeps = (hours: number) => {
    off.wallMillis += hours * hour
    off.monotonicNanos += BigInt(hours * hour) * 1_000_000n
  }
  const isSet = (hours: number) => {
    off.wallMillis += hours * hour
  }
  return { machine, sleeps, isSet }
})

describe("a wait on a machine", () => {
  it.effect("whose clock is set back or forward ends at its deadline and at no other time", () =>
    Effect.gen(function* () {
      for (const hours of [-24, -1, 1, 24]) {
        const { machine, isSet } = yield* unsteady
        const api = provider(task("PENDING"), () => {
          if (api.asked.length === 3) isSet(hours)
          return task("RUNNING")
        })
        const startedAt = yield* Clock.currentTimeMillis
        const error = yield* failure(
          Task.wait(id, { deadline: "5 minutes", schedule: Schedule.spaced("10 seconds") }).pipe(
            Effect.provideService(Clock.Clock, machine)
          )
        ).pipe(Effect.provide(api.layer()))
        expect(error.reason._tag).toBe("WaitTimedOut")
        expect((yield* Clock.currentTimeMillis) - startedAt).toBe(300_000)
      }
    })
  )

  it.effect("whose clock is set forward gives a task that is not visible yet its whole grace", () =>
    Effect.gen(function* () {
      const { machine, isSet } = yield* unsteady
      const submittedAt = yield* DateTime.now
      const api = provider(() => {
        if (api.asked.length === 2) isSet(24)
        return api.asked.length < 5 ? answer(400, taskNotExist) : done()
      })
      const wait = Task.wait(id, { submittedAt }).pipe(Effect.provideService(Clock.Clock, machine))
      expect((yield* run(wait).pipe(Effect.provide(api.layer())))._tag).toBe("Succeeded")
    })
  )

  it.effect("that slept past the deadline takes one last look, and finds the video that was made meanwhile", () =>
    Effect.gen(function* () {
      const { machine, sleeps } = yield* unsteady
      const api = provider(() => {
        if (api.asked.length > 1) return done()
        sleeps(8)
        return task("RUNNING")
      })
      const wait = Task.wait(id).pipe(Effect.provideService(Clock.Clock, machine))
      expect((yield* run(wait).pipe(Effect.provide(api.layer())))._tag).toBe("Succeeded")
      expect(api.asked).toHaveLength(2)
    })
  )

  it.effect("that slept while a request was under way takes it too, though its network needs a moment", () =>
    Effect.gen(function* () {
      const { machine, sleeps } = yield* unsteady
      const { reply, state } = silence()
      const api = provider((request) => {
        if (api.asked.length === 1) {
          sleeps(8)
          return reply(request)
        }
        if (api.asked.length === 2) throw socketError("ENOTFOUND", "getaddrinfo")
        return done()
      })
      const wait = Task.wait(id, { deadline: "30 seconds" }).pipe(Effect.provideService(Clock.Clock, machine))
      expect((yield* run(wait).pipe(Effect.provide(api.layer())))._tag).toBe("Succeeded")
      expect(state.aborted).toBe(true)
      expect(api.asked).toHaveLength(3)
    })
  )

  it.effect("that slept past the deadline ends after that look, with what it saw", () =>
    Effect.gen(function* () {
      const { machine, sleeps } = yield* unsteady
      const api = provider(() => {
        if (api.asked.length === 1) sleeps(8)
        return task("RUNNING", { progress: api.asked.length / 10 })
      })
      const wait = Task.wait(id).pipe(Effect.provideService(Clock.Clock, machine))
      const error = yield* failure(wait).pipe(Effect.provide(api.layer()))
      expect(error.reason._tag).toBe("WaitTimedOut")
      expect(error.lastTask?.progress).toBe(0.2)
      expect(api.asked).toHaveLength(2)
    })
  )
})

describe("answers that waiting does not put right", () => {
  const warnings = () => {
    const lines: Array<{ readonly message: unknown; readonly annotations: Readonly<Record<string, unknown>> }> = []
    const logger = Logger.make<unknown, void>(({ message, logLevel, fiber }) => {
      if (logLevel === "Warn") lines.push({ message, annotations: fiber.getRef(References.CurrentLogAnnotations) })
    })
    return { lines, layer: Logger.layer([logger]) }
  }

  it.effect("are warned of once, early, with the base URL", () =>
    Effect.gen(function* () {
      for (const reply of [
        answer(404, "<h1>Not Found</h1>"),
        answer(400, taskNotExist),
        answer(200, "<h1>Welcome</h1>"),
        answer(301, "", { location: "https://www.cometapi.com/" }),
        answer(403, "<!DOCTYPE html><title>Just a moment...</title>")
      ]) {
        const { lines, layer } = warnings()
        const api = provider(() => {
          if (api.asked.length === 4) expect(lines).toHaveLength(1)
          return reply.clone()
        })
        const submittedAt = yield* DateTime.now
        yield* failure(Task.wait(id, { submittedAt, deadline: "2 minutes" })).pipe(
          Effect.provide(Layer.merge(api.layer({ baseUrl: "https://proxy.example.com/comet" }), layer))
        )
        expect(api.asked.length).toBeGreaterThan(4)
        expect(lines).toHaveLength(1)
        expect(lines[0]?.annotations).toMatchObject({ taskId: id, baseUrl: "https://proxy.example.com/comet" })
      }
    })
  )

  it.effect("are warned of too where they end the wait", () =>
    Effect.gen(function* () {
      for (const status of [401, 403]) {
        const { lines, layer } = warnings()
        yield* failure(Task.wait(id)).pipe(Effect.provide(Layer.merge(provider(answer(status)).layer(), layer)))
        expect(lines.map(({ annotations }) => annotations)).toMatchObject([
          { status, baseUrl: "https://api.cometapi.com" }
        ])
      }
    })
  )

  it.effect("are not warned of when they pass, nor is a busy server", () => {
    const { lines, layer } = warnings()
    const api = provider(
      answer(400, taskNotExist),
      answer(200, "<h1>Welcome</h1>"),
      task("RUNNING"),
      answer(404),
      ...Array.from({ length: 5 }, () => answer(503, "")),
      done()
    )
    return Effect.gen(function* () {
      yield* run(Task.wait(id))
      expect(lines).toEqual([])
    }).pipe(Effect.provide(Layer.merge(api.layer(), layer)))
  })
})

describe("watching a task", () => {
  it.effect("shows each change once, and the end", () => {
    const running = (progress: number) => task("RUNNING", { progress })
    const api = provider(
      task("PENDING"),
      task("PENDING"),
      running(0.1),
      running(0.1),
      socketError("ECONNRESET"),
      running(0.6),
      done()
    )
    return Effect.gen(function* () {
      const seen = yield* run(Stream.runCollect(Task.watch(id)))
      expect(seen.map(({ _tag, progress }) => [_tag, progress])).toEqual([
        ["Queued", undefined],
        ["Running", 0.1],
        ["Running", 0.6],
        ["Succeeded", undefined]
      ])
    }).pipe(Effect.provide(api.layer()))
  })

  it.effect("shows a failure as the last element and not as an error", () =>
    Effect.gen(function* () {
      const seen = yield* run(Stream.runCollect(Task.watch(id)))
      expect(seen.map(({ _tag }) => _tag)).toEqual(["Queued", "Failed"])
    }).pipe(Effect.provide(provider(task("PENDING"), task("FAILED")).layer()))
  )
})

describe("generating", () => {
  it.effect("tells the id before it waits, and waits a moment before the first look", () => {
    const api = provider(accepted(id), done())
    const events: Array<string> = []
    return Effect.gen(function* () {
      const onSubmitted = (taskId: Task.TaskId) =>
        Effect.sync(() => events.push(`${taskId} after ${api.asked.length} request`))
      const fiber = yield* Effect.forkChild(CharacterPerformance.generate(input, { onSubmitted }))
      yield* until(() => events.length > 0)
      expect(events).toEqual([`${id} after 1 request`])
      yield* TestClock.adjust("4 seconds")
      yield* catchUp
      expect(api.asked).toHaveLength(1)
      yield* TestClock.adjust("1 second")
      expect((yield* Fiber.join(fiber))._tag).toBe("Succeeded")
    }).pipe(Effect.provide(api.layer()))
  })

  it.effect("finishes storing the id even when it is interrupted while it does", () => {
    const api = provider(accepted(id), task("RUNNING"))
    const stored: Array<string> = []
    return Effect.gen(function* () {
      const storing = yield* Latch.make()
      const onSubmitted = (taskId: Task.TaskId) =>
        storing.open.pipe(
          Effect.andThen(Effect.sleep("10 seconds")),
          Effect.andThen(Effect.sync(() => stored.push(taskId)))
        )
      const fiber = yield* Effect.forkChild(CharacterPerformance.generate(input, { onSubmitted }))
      yield* storing.await
      const interrupted = yield* Effect.forkChild(Fiber.interrupt(fiber))
      yield* TestClock.adjust("10 seconds")
      yield* Fiber.join(interrupted)
      expect(stored).toEqual([id])
      expect(api.asked).toHaveLength(1)
    }).pipe(Effect.provide(api.layer()))
  })

  it.effect("carries the id in the error of a wait that failed, so that it can be resumed", () => {
    const api = provider(accepted(id), task("RUNNING"), answer(401), done())
    return Effect.gen(function* () {
      const error = yield* failure(CharacterPerformance.generate(input))
      expect(error.taskId).toBe(id)
      expect((yield* run(Task.wait(error.taskId ?? "")))._tag).toBe("Succeeded")
      expect(api.posts()).toBe(1)
    }).pipe(Effect.provide(api.layer()))
  })

  it.effect("stops at once when it is interrupted, aborting the request in flight", () => {
    const { reply, state } = silence()
    const api = provider(accepted(id), reply)
    return Effect.gen(function* () {
      const fiber = yield* Effect.forkChild(CharacterPerformance.generate(input))
      yield* until(() => api.idle() && api.posts() === 1)
      yield* catchUp
      yield* TestClock.adjust("5 seconds")
      yield* until(() => api.asked.length === 2)
      yield* Fiber.interrupt(fiber)
      expect(state.aborted).toBe(true)
      const exit = yield* Fiber.await(fiber)
      expect(Exit.isFailure(exit) && Cause.hasInterruptsOnly(exit.cause)).toBe(true)
    }).pipe(Effect.provide(api.layer()))
  })
})

describe("a single look", () => {
  it.effect("is taken again after what passes, four times at most", () => {
    const api = provider(
      socketError("ECONNRESET"),
      answer(502, "<h1>Bad gateway</h1>"),
      answer(200, "<html/>"),
      task("RUNNING")
    )
    return Effect.gen(function* () {
      expect((yield* run(Task.get(id)))._tag).toBe("Running")
      expect(api.asked).toHaveLength(4)
      const down = provider(answer(500))
      const error = yield* failure(Task.get(id)).pipe(Effect.provide(down.layer()))
      expect(error.reason._tag).toBe("Unavailable")
      expect(down.asked).toHaveLength(5)
    }).pipe(Effect.provide(api.layer()))
  })

  it.effect("finds the task where something in between wrote around it", () =>
    Effect.gen(function* () {
      const whole = JSON.stringify({ id, status: "SUCCEEDED", output: ["https://cdn.example.com/a.mp4"] })
      for (const text of [`)]}',\n${whole}`, `<br />\n<b>Warning</b>: old\n${whole}`, `${whole}\n<!-- cached -->`]) {
        const api = provider(answer(200, text))
        expect((yield* run(Task.get(id)).pipe(Effect.provide(api.layer())))._tag).toBe("Succeeded")
        expect(api.asked).toHaveLength(1)
      }
      for (const text of [whole.slice(0, -1), `<html><script>${whole}</script></html>`, "{", "}{"]) {
        const error = yield* failure(Task.get(id)).pipe(Effect.provide(provider(answer(200, text)).layer()))
        expect(error.reason._tag).toBe("UnexpectedAnswer")
      }
    })
  )

  it.effect("percent-encodes the id", () => {
    const api = provider(done())
    return Effect.gen(function* () {
      yield* Task.get("a/../b?c#d")
      expect(api.asked[0]?.url).toBe("https://api.cometapi.com/runwayml/v1/tasks/a%2F..%2Fb%3Fc%23d")
    }).pipe(Effect.provide(api.layer()))
  })

  it.effect("with an empty id is refused before anything is sent", () => {
    const api = provider(done())
    return Effect.gen(function* () {
      const exit = yield* exitOf(Effect.all([Effect.flip(Task.get("")), Effect.flip(Task.wait(""))]))
      expect(Exit.isSuccess(exit) && exit.value.map(({ message }) => message)).toEqual([
        "get: InvalidInput\n  why: nothing was sent, because the input is not valid: id: expected the id of a task, got an empty text\n  now: Correct the input and call again",
        "wait: InvalidInput\n  why: nothing was sent, because the input is not valid: id: expected the id of a task, got an empty text\n  now: Correct the input and call again"
      ])
      expect(api.asked).toHaveLength(0)
    }).pipe(Effect.provide(api.layer()))
  })
})
