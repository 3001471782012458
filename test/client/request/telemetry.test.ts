/** What the client tells of itself: spans, metrics and logs, and all three as a collector receives them. */
import { once } from "node:events"
import { createServer } from "node:http"
import { NodeFileSystem, NodePath } from "@effect/platform-node"
import { describe, expect, it } from "@effect/vitest"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as FileSystem from "effect/FileSystem"
import * as FetchHttpClient from "effect/http/FetchHttpClient"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import type * as LogLevel from "effect/LogLevel"
import * as Metric from "effect/Metric"
import * as Option from "effect/Option"
import * as Otlp from "effect/observability/Otlp"
import * as References from "effect/References"
import * as Schedule from "effect/Schedule"
import * as Stream from "effect/Stream"
import * as Tracer from "effect/Tracer"
import { TestClock } from "effect/testing"
import { CharacterPerformance, Task } from "../../../src/index.ts"
import { makeOutputUrl } from "../../../src/task/Snapshot.ts"
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
} from "../../support/Provider.ts"
import { recorder as spanRecorder } from "../../support/Spans.ts"
import { exitOf, failure, run } from "../../support/VirtualTime.ts"

/** Only these of Node's services: each of the others' terminals would listen to this process's input. */
const Disk = Layer.merge(NodeFileSystem.layer, NodePath.layer)

const id = "5b91e444-c232-deaf-a4d7-8aef3e57336b"
const key = "sk-telemetry-secret"
const post = "POST /runwayml/v1/character_performance"
const get = "GET /runwayml/v1/tasks/{id}"

const task = (status: string, more: object = {}) => Response.json({ id, status, ...more })
const done = () => task("SUCCEEDED", { output: ["https://cdn.example.com/out.mp4?_jwt=SIGNED"] })

/** A tracer that keeps every span it makes. */
const recorder = () => {
  const { spans, tracer } = spanRecorder()
  const parentOf = (span: Tracer.Span) => Option.getOrUndefined(span.parent)?.spanId
  /** The spans as a tree of names, in the order in which they began. */
  const tree = (parent?: string): ReadonlyArray<unknown> =>
    spans
      .filter((span) => parentOf(span) === parent)
      .map((span) => {
        const children = tree(span.spanId)
        return children.length === 0 ? span.name : [span.name, ...children]
      })
  const named = (name: string) => spans.filter((span) => span.name === name)
  return { spans, tree, named, layer: Layer.succeed(Tracer.Tracer, tracer) }
}

const only = (spans: ReadonlyArray<Tracer.NativeSpan>) => {
  const [span] = spans
  if (span === undefined || spans.length > 1) throw new Error(`expected one span, got ${spans.length}`)
  return span
}

const exit = ({ status }: Tracer.Span) => (status._tag === "Ended" ? status.exit : undefined)
const seconds = ({ status }: Tracer.Span) =>
  status._tag === "Ended" ? Number(status.endTime - status.startTime) / 1e9 : undefined
const attributes = (span: Tracer.Span) => Object.fromEntries(span.attributes)

describe("spans", () => {
  it.effect("say what a job may cost where the provider says so, and nothing otherwise", () =>
    Effect.gen(function* () {
      for (const [estimatedCost, expected] of [
        [{ credits: 25 }, 25],
        [{ credits: "25" }, undefined],
        [undefined, undefined]
      ] as const) {
        const { named, layer } = recorder()
        const api = provider(Response.json({ id, estimatedCost }))
        yield* CharacterPerformance.submit(input).pipe(Effect.provide([api.layer(), layer]))
        const { "runway.task.id": taskId, "runway.estimated_cost.credits": credits } = attributes(
          only(named("Runway.submit"))
        )
        expect([taskId, credits]).toEqual([id, expected])
      }
    })
  )

  it.effect("show a generation as submit and wait, and every HTTP attempt below the one that made it", () => {
    const api = provider(answer(429, wrapped("rate_limit_exceeded")), accepted(id), task("RUNNING"), done())
    const { spans, tree, named, layer } = recorder()
    return Effect.gen(function* () {
      yield* run(CharacterPerformance.generate(input))
      expect(tree()).toEqual([["Runway.generate", ["Runway.submit", post, post], ["Runway.wait", get, get]]])

      const [refused, sent] = named(post)
      const shared = {
        "http.request.method": "POST",
        "url.template": "/runwayml/v1/character_performance",
        "url.full": "https://api.cometapi.com/runwayml/v1/character_performance",
        "server.address": "api.cometapi.com",
        "server.port": 443
      }
      expect(refused && attributes(refused)).toEqual({
        ...shared,
        "http.response.status_code": 429,
        "error.type": "429"
      })
      expect(sent && attributes(sent)).toEqual({
        ...shared,
        "http.request.resend_count": 1,
        "http.response.status_code": 200
      })
      for (const span of named(get)) {
        expect(attributes(span)).toEqual({
          "http.request.method": "GET",
          "url.template": "/runwayml/v1/tasks/{id}",
          "url.full": `https://api.cometapi.com/runwayml/v1/tasks/${id}`,
          "server.address": "api.cometapi.com",
          "server.port": 443,
          "http.response.status_code": 200,
          "runway.task.id": id
        })
      }
      expect(attributes(only(named("Runway.generate")))).toEqual({ "runway.task.id": id })
      expect(attributes(only(named("Runway.submit")))).toEqual({ "runway.task.id": id })
      expect(attributes(only(named("Runway.wait")))).toEqual({
        "runway.task.id": id,
        "runway.task.status": "SUCCEEDED"
      })
      expect(spans.map(({ kind }) => kind)).toEqual([
        "internal",
        "internal",
        "client",
        "client",
        "internal",
        "client",
        "client"
      ])
      // The refused attempt alone has failed: what it belongs to went on and succeeded.
      expect(spans.filter((span) => !Exit.isSuccess(exit(span) ?? Exit.fail("not ended")))).toEqual([refused])
    }).pipe(Effect.provide([api.layer(), layer]))
  })

  it.effect("never have a task's id in their name, and are told no body", () => {
    const api = provider(accepted(id), done(), task("FAILED", { failure: "no" }))
    const { spans, named, layer } = recorder()
    return Effect.gen(function* () {
      yield* run(CharacterPerformance.generate(input))
      yield* Effect.flip(Task.wait(id))
      yield* Effect.exit(Task.get(id))
      expect(spans.filter(({ name }) => name.includes(id))).toEqual([])
      for (const span of [...named(post), ...named(get)]) expect(exit(span)).toEqual(Exit.void)
    }).pipe(Effect.provide([api.layer(), layer]))
  })

  it.effect("say why an attempt has no answer", () =>
    Effect.gen(function* () {
      for (const [script, type] of [
        [socketError("ECONNREFUSED", "connect"), "NotSent"],
        [socketError("ECONNRESET"), "Lost"],
        [silence().reply, "Lost"]
      ] as const) {
        const { named, layer } = recorder()
        const api = provider(script)
        yield* failure(CharacterPerformance.submit(input)).pipe(Effect.provide([api.layer(), layer]))
        const span = named(post)[0]
        expect(span && attributes(span)).toMatchObject({ "error.type": type })
        expect(span && attributes(span)).not.toHaveProperty("http.response.status_code")
        expect(span && exit(span)).toMatchObject({ _tag: "Failure" })
        expect(exit(only(named("Runway.submit")))).toMatchObject({ _tag: "Failure" })
        expect(attributes(only(named("Runway.submit")))).not.toHaveProperty("runway.task.id")
      }
    })
  )

  it.effect("of an interrupted wait end as interrupted, down to the request in flight", () => {
    const api = provider(task("RUNNING"), silence().reply)
    const { spans, named, layer } = recorder()
    return Effect.gen(function* () {
      const fiber = yield* Effect.forkChild(Task.wait(id, { schedule: Schedule.spaced("5 seconds") }))
      yield* until(() => api.asked.length === 1 && api.idle())
      yield* catchUp
      yield* TestClock.adjust("5 seconds")
      yield* until(() => !api.idle())
      yield* Fiber.interrupt(fiber)
      expect(spans.map((span) => span.status._tag)).toEqual(["Ended", "Ended", "Ended"])
      const cut = named(get)[1]
      expect(cut && attributes(cut)).toMatchObject({ "error.type": "Interrupted" })
      for (const span of [cut, only(named("Runway.wait"))]) {
        const end = span && exit(span)
        expect(end && Exit.isFailure(end) && Cause.hasInterruptsOnly(end.cause)).toBe(true)
      }
      expect(attributes(only(named("Runway.wait")))).toMatchObject({ "runway.task.status": "RUNNING" })
    }).pipe(Effect.provide([api.layer(), layer]))
  })

  it.effect("of a wait carry the task's last status, however it ends", () =>
    Effect.gen(function* () {
      for (const [last, status] of [
        [task("FAILED", { failure: "no face" }), "FAILED"],
        [task("CANCELLED"), "CANCELLED"],
        [task("RUNNING"), "RUNNING"],
        [answer(401, wrapped("invalid_key")), "PENDING"]
      ] as const) {
        const api = provider(task("PENDING"), last)
        const { named, layer } = recorder()
        yield* failure(Task.wait(id, { deadline: "1 minute" })).pipe(Effect.provide([api.layer(), layer]))
        const span = only(named("Runway.wait"))
        expect(attributes(span)).toEqual({ "runway.task.id": id, "runway.task.status": status })
        expect(exit(span)).toMatchObject({ _tag: "Failure" })
      }
    })
  )

  it.effect("of a look and of a wait say what the task has cost, where the provider says so", () => {
    const { named, layer } = recorder()
    const api = provider(
      task("SUCCEEDED", { output: ["https://cdn.example.com/out.mp4"], cost: { credits: 25 } }),
      task("PENDING", { estimatedCost: { credits: 50 } }),
      task("FAILED", { cost: { credits: 0 } })
    )
    return Effect.gen(function* () {
      yield* run(Task.get(id))
      yield* failure(Task.wait(id))
      const spans = [only(named("Runway.get")), only(named("Runway.wait"))]
      expect(spans.map((span) => attributes(span)["runway.cost.credits"])).toEqual([25, 0])
    }).pipe(Effect.provide([api.layer(), layer]))
  })

  it.effect("of an attempt begin when it is its turn: waiting for the pace is no part of them", () => {
    const api = provider(task("RUNNING"))
    const { named, layer } = recorder()
    return Effect.gen(function* () {
      yield* run(Effect.all([Task.get(id), Task.get(id)], { concurrency: "unbounded" }))
      const calls = named("Runway.get").map(seconds)
      expect(Math.max(...calls.map(Number))).toBeGreaterThanOrEqual(10)
      expect(named(get).map(seconds)).toEqual([0, 0])
    }).pipe(Effect.provide([api.layer({ limit: { requests: 1, per: "10 seconds" } }), layer]))
  })

  it.effect("name an address as it is, wherever the base URL points", () =>
    Effect.gen(function* () {
      for (const [baseUrl, address, port] of [
        ["http://127.0.0.1:4010", "127.0.0.1", 4010],
        ["http://[::1]:4010/v1", "::1", 4010],
        ["http://mock", "mock", 80],
        ["https://gateway.example.com/comet", "gateway.example.com", 443]
      ] as const) {
        const { named, layer } = recorder()
        const api = provider(done())
        // An id that no URL can hold as it stands.
        yield* Task.get("a/b?c").pipe(Effect.provide([api.layer({ baseUrl }), layer]))
        expect(attributes(only(named(get)))).toMatchObject({
          "server.address": address,
          "server.port": port,
          "url.full": api.asked[0]?.url
        })
      }
    })
  )
})

describe("a download's spans", () => {
  it.effect("are one for it and one for each request, redirects included, without the signed query", () => {
    const task = new Task.Succeeded({
      id: Task.TaskId.make(id),
      status: "SUCCEEDED",
      output: [makeOutputUrl("https://cdn.example.com/out.mp4?_jwt=SIGNED")]
    })
    const api = provider(
      new Response(null, { status: 302, headers: { location: "https://edge.example.com/out.mp4?_jwt=SIGNED" } }),
      answer(403, "expired")
    )
    const { tree, named, spans, layer } = recorder()
    return Effect.gen(function* () {
      const fs = yield* FileSystem.FileSystem
      const folder = yield* fs.makeTempDirectoryScoped()
      yield* Effect.flip(Task.download(task, { to: `${folder}/never.mp4` }))
      expect(tree()).toEqual([["Runway.download", "GET", "GET"]])
      expect(attributes(only(named("Runway.download")))).toEqual({ "runway.task.id": id })
      expect(named("GET").map(attributes)).toMatchObject([
        { "url.full": "https://cdn.example.com/out.mp4", "http.response.status_code": 302 },
        { "url.full": "https://edge.example.com/out.mp4", "http.response.status_code": 403, "error.type": "403" }
      ])
      expect(spans.map((span) => `${JSON.stringify(attributes(span))} ${exit(span)}`).join()).not.toContain("SIGNED")
    }).pipe(Effect.provide([api.layer(), layer, Disk]))
  })
})

/** Every metric of this package that an effect has moved, as `name{attributes}`, with its count. */
const counted = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.gen(function* () {
    yield* effect
    const all = yield* Metric.snapshot
    return Object.fromEntries(
      all
        .filter(({ id }) => id.startsWith("runway."))
        .map(({ id, attributes = {}, state }) => {
          const labels = Object.entries(attributes).map(([name, value]) => `${name}=${value}`)
          return [`${id}{${labels.sort().join(",")}}`, "count" in state ? state.count : undefined]
        })
    )
  }).pipe(Effect.provideService(Metric.MetricRegistry, new Map()))

describe("metrics", () => {
  it.effect("count requests by operation and outcome, resends, looks by what they showed, and ends", () => {
    const api = provider(
      answer(429, wrapped("rate_limit_exceeded")),
      accepted(id),
      answer(404, taskNotExist),
      socketError("ECONNRESET"),
      task("PENDING"),
      task("RUNNING"),
      task("A_WORD_OF_TOMORROW"),
      done()
    )
    return Effect.gen(function* () {
      expect(yield* counted(run(CharacterPerformance.generate(input)))).toEqual({
        [`runway.client.requests{operation=${post},outcome=429}`]: 1,
        [`runway.client.requests{operation=${post},outcome=200}`]: 1,
        [`runway.client.requests{operation=${get},outcome=404}`]: 1,
        [`runway.client.requests{operation=${get},outcome=Lost}`]: 1,
        [`runway.client.requests{operation=${get},outcome=200}`]: 4,
        [`runway.client.retries{operation=${post}}`]: 1,
        "runway.client.polls{seen=TaskNotFound}": 1,
        "runway.client.polls{seen=ConnectionLost}": 1,
        "runway.client.polls{seen=Queued}": 1,
        "runway.client.polls{seen=Running}": 1,
        "runway.client.polls{seen=Unrecognised}": 1,
        "runway.client.polls{seen=Succeeded}": 1,
        "runway.client.task.duration{outcome=Succeeded,unit=s}": 1
      })
    }).pipe(Effect.provide(api.layer()))
  })

  it.effect("count the look that ends a wait, whatever it showed", () => {
    const api = provider(task("RUNNING"), answer(401, wrapped("invalid_key")))
    return Effect.gen(function* () {
      expect(yield* counted(failure(Task.wait(id)))).toEqual({
        [`runway.client.requests{operation=${get},outcome=200}`]: 1,
        [`runway.client.requests{operation=${get},outcome=401}`]: 1,
        "runway.client.polls{seen=Running}": 1,
        "runway.client.polls{seen=Unauthorized}": 1
      })
    }).pipe(Effect.provide(api.layer()))
  })

  it.effect("count a submission whose outcome is unknown, once however it came about", () =>
    Effect.gen(function* () {
      for (const [script, outcome] of [
        [socketError("ECONNRESET"), "Lost"],
        [answer(502, "<h1>Bad gateway</h1>"), "502"],
        [answer(200, {}), "200"]
      ] as const) {
        const api = provider(script)
        const seen = yield* counted(Effect.flip(CharacterPerformance.submit(input))).pipe(Effect.provide(api.layer()))
        expect(seen).toEqual({
          [`runway.client.requests{operation=${post},outcome=${outcome}}`]: 1,
          "runway.client.unknown_outcomes{}": 1
        })
      }
    })
  )

  it.effect("count a request that was cut off", () => {
    const api = provider(silence().reply)
    return Effect.gen(function* () {
      const cut = Effect.gen(function* () {
        const fiber = yield* Effect.forkChild(Task.get(id))
        yield* until(() => !api.idle())
        yield* Fiber.interrupt(fiber)
      })
      expect(yield* counted(cut)).toEqual({ [`runway.client.requests{operation=${get},outcome=Interrupted}`]: 1 })
    }).pipe(Effect.provide(api.layer()))
  })

  it.effect("measure a task in seconds from its submission to its end", () => {
    const api = provider(accepted(id), task("RUNNING"), task("RUNNING"), task("FAILED", { failure: "no face" }))
    return Effect.gen(function* () {
      const everyFiveSeconds = { firstAfter: "5 seconds", schedule: Schedule.spaced("5 seconds") } as const
      yield* failure(CharacterPerformance.generate(input, everyFiveSeconds))
      const all = yield* Metric.snapshot
      const duration = all.find(({ id }) => id === "runway.client.task.duration")
      expect(duration?.attributes).toEqual({ outcome: "Failed", unit: "s" })
      expect(duration?.state).toMatchObject({ count: 1, sum: 15 })
    }).pipe(Effect.provide(api.layer()), Effect.provideService(Metric.MetricRegistry, new Map()))
  })
})

/** Collects log lines as data, from a level on. */
const journal = (from: LogLevel.LogLevel) => {
  const lines: Array<{ level: string; message: unknown; annotations: Record<string, unknown> }> = []
  const logger = Logger.map(Logger.formatStructured, ({ level, message, annotations }) => {
    lines.push({ level, message, annotations })
  })
  return {
    lines,
    layer: Layer.merge(Logger.layer([logger]), Layer.succeed(References.MinimumLogLevel, from))
  }
}

describe("logs", () => {
  it.effect("say at Info that a task was submitted, with its id, and nothing else", () => {
    const api = provider(
      answer(429, wrapped("rate_limit_exceeded")),
      accepted(id),
      answer(404, taskNotExist),
      task("RUNNING"),
      done()
    )
    const { lines, layer } = journal("Info")
    return Effect.gen(function* () {
      yield* run(CharacterPerformance.generate(input))
      expect(lines).toEqual([{ level: "INFO", message: "task submitted", annotations: { taskId: id } }])
    }).pipe(Effect.provide([api.layer(), layer]))
  })

  it.effect("warn of a submission that came to no task, with its reason", () => {
    const api = provider(answer(403, wrapped("insufficient_quota")), socketError("ECONNRESET"))
    const { lines, layer } = journal("Info")
    return Effect.gen(function* () {
      yield* Effect.flip(CharacterPerformance.submit(input))
      yield* Effect.flip(CharacterPerformance.submit(input))
      expect(lines).toEqual([
        {
          level: "WARN",
          message: "task not submitted",
          annotations: { reason: "Forbidden", status: 403, requestId: "req-42" }
        },
        {
          level: "WARN",
          message: "task not submitted",
          annotations: {
            operation: post,
            reason: "OutcomeUnknown",
            problem: "read ECONNRESET",
            sentAt: "1970-01-01T00:00:00.000Z",
            bodyDigest: expect.stringMatching(/^[0-9a-f]{64}$/),
            attempt: 1
          }
        }
      ])
    }).pipe(Effect.provide([api.layer(), layer]))
  })

  it.effect("lead from a job of many whose outcome is not known back to its input", () => {
    const api = provider(answer(502, wrapped("bad_gateway")))
    const { lines, layer } = journal("Info")
    return Effect.gen(function* () {
      const inputs = Stream.fromIterable([input, { ...input, seed: 2 }])
      yield* run(Stream.runDrain(CharacterPerformance.generateAll(inputs, { concurrency: 1 })))
      expect(lines.map(({ annotations }) => annotations)).toMatchObject(
        [0, 1].map((inputIndex) => ({
          inputIndex,
          reason: "OutcomeUnknown",
          status: 502,
          requestId: "req-42",
          attempt: 1,
          sentAt: expect.stringMatching(/Z$/),
          bodyDigest: expect.stringMatching(/^[0-9a-f]{64}$/)
        }))
      )
      expect(new Set(lines.map(({ annotations }) => annotations["bodyDigest"])).size).toBe(2)
    }).pipe(Effect.provide([api.layer(), layer]))
  })

  it.effect("warn of a submission that was cut off on its way, as nobody is left to take an error", () => {
    const { reply, state } = silence()
    const api = provider(reply)
    const { lines, layer } = journal("Info")
    return Effect.gen(function* () {
      const fiber = yield* Effect.forkChild(CharacterPerformance.submit(input, { onInterrupt: "abort" }))
      yield* until(() => api.asked.length === 1)
      yield* Fiber.interrupt(fiber)
      expect(state.aborted).toBe(true)
      expect(lines).toEqual([
        {
          level: "WARN",
          message: "interrupted while submitting; the job may have been accepted",
          annotations: {
            operation: post,
            reason: "OutcomeUnknown",
            problem: "the submission was interrupted before its answer came",
            sentAt: "1970-01-01T00:00:00.000Z",
            bodyDigest: expect.stringMatching(/^[0-9a-f]{64}$/),
            attempt: 1
          }
        }
      ])
    }).pipe(Effect.provide([api.layer(), layer]))
  })

  it.effect("tell of every look at Debug, and of those that showed nothing why", () => {
    const api = provider(answer(404, taskNotExist), task("RUNNING", { progress: 0.5 }), task("FAILED"))
    const { lines, layer } = journal("All")
    return Effect.gen(function* () {
      yield* exitOf(Task.wait(id))
      expect(lines).toEqual([
        { level: "DEBUG", message: "task not seen", annotations: { taskId: id, reason: "TaskNotFound" } },
        { level: "DEBUG", message: "task seen", annotations: { taskId: id, status: "RUNNING", progress: 0.5 } },
        { level: "DEBUG", message: "task seen", annotations: { taskId: id, status: "FAILED" } }
      ])
    }).pipe(Effect.provide([api.layer(), layer]))
  })
})

/** A collector on this machine that keeps what it is sent, by path. */
const collector = Effect.acquireRelease(
  Effect.promise(async () => {
    const received: Array<{ path: string; head: string; body: string }> = []
    const server = createServer(async (request, response) => {
      const chunks: Array<Buffer> = []
      for await (const chunk of request) chunks.push(chunk)
      const body = Buffer.concat(chunks).toString()
      received.push({ path: request.url ?? "", head: JSON.stringify(request.rawHeaders), body })
      response.setHeader("content-type", "application/json").end("{}")
    })
    await once(server.listen(0, "127.0.0.1"), "listening")
    const address = server.address()
    if (address === null || typeof address === "string") throw new Error("no port")
    return { received, server, url: `http://127.0.0.1:${address.port}` }
  }),
  ({ server }) =>
    Effect.promise(async () => {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    })
)

describe("a collector", () => {
  it.live("receives traces, metrics and logs by Otlp.layerJson, and neither the key nor a signed URL", () => {
    const api = provider(
      answer(429, wrapped("slow", `no quota for ${key}`), { "retry-after-ms": "1" }),
      accepted(id),
      answer(502, `${key} <a href="https://cdn.example.com/out.mp4?_jwt=SIGNED">`),
      done(),
      answer(401, wrapped("invalid_key", `Incorrect API key provided: ${key}`)),
      task("FAILED", { failure: "cannot read https://cdn.example.com/in.mp4?_jwt=SIGNED" }),
      new TypeError(`fetch failed for Bearer ${key}`)
    )
    return Effect.gen(function* () {
      const { received, url } = yield* collector
      const Export = Otlp.layerJson({
        baseUrl: url,
        resource: { serviceName: "pipeline" },
        loggerMergeWithExisting: false
      }).pipe(Layer.provide(FetchHttpClient.layer))
      yield* Effect.gen(function* () {
        yield* CharacterPerformance.generate(input, { firstAfter: "1 millis", schedule: Schedule.spaced("1 millis") })
        yield* Effect.flip(Task.get(id))
        yield* Effect.flip(Task.wait(id))
        yield* Effect.flip(CharacterPerformance.submit(input))
      }).pipe(
        // Side by side: the scripted fetch is the client's alone, the exporter keeps the platform's.
        Effect.provide([api.layer({ apiKey: key }), Export]),
        Effect.provideService(References.MinimumLogLevel, "Debug"),
        Effect.provideService(Metric.MetricRegistry, new Map())
      )
      const bodies = (path: string) =>
        received
          .filter((request) => request.path === path)
          .map(({ body }) => body)
          .join("\n")
      for (const name of ["Runway.generate", "Runway.submit", "Runway.wait", "Runway.get", post, get]) {
        expect(bodies("/v1/traces")).toContain(`"name":"${name}"`)
      }
      for (const name of ["requests", "retries", "unknown_outcomes", "polls", "task.duration"]) {
        expect(bodies("/v1/metrics")).toContain(`"name":"runway.client.${name}"`)
      }
      expect(bodies("/v1/metrics")).toContain('"unit":"s"')
      for (const message of ["task submitted", "task not submitted", "task seen", "task not seen"]) {
        expect(bodies("/v1/logs")).toContain(`"stringValue":"${message}"`)
      }
      expect(bodies("/v1/traces")).toContain('"key":"error.type","value":{"stringValue":"429"}')
      const everything = received.map(({ path, head, body }) => `${path} ${head} ${body}`).join("\n")
      expect(everything).toContain(id)
      expect(everything).not.toContain(key)
      expect(everything).not.toContain("SIGNED")
      expect(everything.toLowerCase()).not.toContain("authorization")
      // Nor did the tracer's ids go to the provider.
      for (const { headers } of api.asked) expect(headers.has("traceparent") || headers.has("b3")).toBe(false)
    }).pipe(Effect.scoped)
  })
})
