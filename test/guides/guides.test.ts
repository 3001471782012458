/**
 * Each guide's program does what the guide says, as it is printed.
 */
import { readdirSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { afterEach, expect, it, vi } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { block, folder, load, provider } from "./Pages.ts"

const id = "[0-9a-f]{8}-[0-9a-f-]{27}"
const input = { character: "https://example.com/portrait.png", reference: "https://example.com/performance.mp4" }
const videos = (path: string) => readdirSync(join(path, "videos")).filter((name) => name.endsWith(".mp4"))

afterEach(() => vi.unstubAllEnvs())

/** For the guides whose code is called, not run: they read the environment of this process. */
const inThisProcess = (key: string) =>
  Effect.tap(provider(key), ({ env }) =>
    Effect.sync(() => {
      for (const [name, value] of Object.entries(env)) vi.stubEnv(name, value)
    })
  )

it.live("first video: it pays once and saves the video", () =>
  Effect.gen(function* () {
    const { program, accepted } = yield* provider("guide-first")
    const path = yield* folder
    const { code, out } = yield* program(path, block("docs/guides/first-video.md", "createRunway()"))
    expect(out).toMatch(new RegExp(`^paid for ${id}\nsaved .*${id}\\.mp4\n$`))
    expect([code, accepted(), videos(path).length]).toEqual([0, 1, 1])
  })
)

it.live("never pay twice: the second run finds the job of the first", () =>
  Effect.gen(function* () {
    const { program, accepted } = yield* provider("guide-twice")
    const path = yield* folder
    const code = block("docs/guides/never-pay-twice.md", "intent")
    const first = yield* program(path, code)
    const second = yield* program(path, code)
    expect([first.code, second.code, accepted()]).toEqual([0, 0, 1])
    expect(second.out).toBe(first.out.replace("paid for", "paid before"))
  })
)

it.live("resume: killed while it waits and started again, it pays nothing more", () =>
  Effect.gen(function* () {
    const { program, accepted } = yield* provider("guide-resume")
    const path = yield* folder
    const code = block("docs/guides/resume.md", "job.txt")
    const killed = yield* program(path, code, /PENDING|RUNNING/)
    const resumed = yield* program(path, code)
    expect(killed.out).not.toContain("saved")
    expect(resumed.out).toMatch(new RegExp(`saved .*${id}\\.mp4`))
    expect([killed.code, resumed.code, accepted(), videos(path).length]).toEqual([null, 0, 1, 1])
  })
)

it.live("many: five inputs are five jobs and five videos", () =>
  Effect.gen(function* () {
    const { program, accepted } = yield* provider("guide-many")
    const path = yield* folder
    const { code, out } = yield* program(path, block("docs/guides/many.md", "concurrency"))
    expect(out.match(/ saved /g)).toHaveLength(5)
    expect([code, accepted(), videos(path).length]).toEqual([0, 5, 5])
  })
)

it.live("Next.js: one route starts the job, the other tells how it stands, and a wrong input is a 400", () =>
  Effect.gen(function* () {
    const { accepted, world } = yield* inThisProcess("guide-next")
    const path = yield* folder
    const start = yield* load(path, "start.ts", block("docs/guides/nextjs.md", "POST"))
    const look = yield* load(path, "look.ts", block("docs/guides/nextjs.md", "GET"))
    const post = (body: unknown) =>
      called(start["POST"], new Request("http://localhost/api/videos", { method: "POST", body: JSON.stringify(body) }))
    const started = yield* post(input)
    expect([started.status, accepted()]).toEqual([202, 1])
    const params = Promise.resolve({ id: String(started.body["id"]) })
    const looked = yield* visible(() => called(look["GET"], new Request("http://localhost/"), { params }))
    expect(looked.body).toMatchObject({ id: started.body["id"], status: expect.any(String) })
    const unknown = { params: Promise.resolve({ id: "nobody-knows-it" }) }
    expect(yield* called(look["GET"], new Request("http://localhost/"), unknown)).toMatchObject({ status: 404 })
    expect(yield* post({ ...input, character: "no address" })).toMatchObject({ status: 400 })
    world.inject({ on: "submit", kind: "lost", once: true })
    expect(yield* post(input)).toMatchObject({ status: 409, body: { reason: "OutcomeUnknown" } })
    expect(accepted()).toBe(2)
  })
)

it.live("queue worker: a message that is delivered twice is one job", () =>
  Effect.gen(function* () {
    const { program, accepted } = yield* provider("guide-queue")
    const path = yield* folder
    writeFileSync(join(path, "worker.ts"), block("docs/guides/queue-worker.md", "work("))
    const queue = [
      'import { stop, work } from "./worker.ts"',
      `const message = { id: "message-1", input: ${JSON.stringify(input)} }`,
      "console.log(await work(message))",
      "console.log(await work(message))",
      "await stop()"
    ].join("\n")
    const { code, err } = yield* program(path, queue)
    expect(err).not.toContain("Error")
    expect([code, accepted(), videos(path)]).toEqual([0, 1, ["message-1.mp4"]])
  })
)

it.live("Cloudflare Worker: it starts a job and tells how it stands", () =>
  Effect.gen(function* () {
    const { accepted, env } = yield* provider("guide-worker")
    const { default: worker } = yield* load(yield* folder, "w.ts", block("docs/guides/cloudflare-worker.md", "fetch("))
    const { fetch } = worker as { readonly fetch: unknown }
    const post = new Request("http://localhost/videos", { method: "POST", body: JSON.stringify(input) })
    const started = yield* called(fetch, post, env)
    expect([started.status, accepted()]).toEqual([202, 1])
    const get = (id: unknown) => called(fetch, new Request(`http://localhost/videos/${id}`), env)
    const looked = yield* visible(() => get(started.body["id"]))
    expect(looked.body).toMatchObject({ id: started.body["id"], status: expect.any(String) })
    expect(yield* get("nobody-knows-it")).toMatchObject({ status: 404 })
  })
)

/** Calls a handler as a framework would, and reads its answer. */
const called = (handler: unknown, ...args: ReadonlyArray<unknown>) =>
  Effect.promise(async () => {
    if (typeof handler !== "function") throw new Error("the guide exports no such handler")
    const response: Response = await handler(...args)
    const body: Record<string, unknown> = await response.json()
    return { status: response.status, body }
  })

/** Looks as a browser would: again, until the task is visible. */
const visible = (look: () => ReturnType<typeof called>): ReturnType<typeof called> =>
  Effect.flatMap(look(), (answer) =>
    answer.status === 404 ? Effect.suspend(() => visible(look)) : Effect.succeed(answer)
  )

it("every guide is tried here", () => {
  expect(readdirSync("docs/guides").sort()).toEqual([
    "cloudflare-worker.md",
    "first-video.md",
    "many.md",
    "never-pay-twice.md",
    "nextjs.md",
    "queue-worker.md",
    "resume.md",
    // A test itself: printed.test.ts runs it.
    "testing.md"
  ])
})
