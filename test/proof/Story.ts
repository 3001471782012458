/**
 * What has to be true of any paid operation, played by the client on the mock: one fresh key for each scene.
 *
 * It knows no operation by name. What it gives is data, so that a test can look at it from another process.
 *
 * @module
 */
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import { RunwayMock, type WorldControl } from "../../mock/src/index.ts"
import { Runway, type RunwayError, type Task } from "../../src/index.ts"
import { failure, run } from "../support/VirtualTime.ts"

/** A paid operation and inputs for it. */
export interface Played<Input> {
  readonly path: string
  readonly job: {
    readonly validate: (input: Input) => Effect.Effect<object, RunwayError>
    readonly submit: (input: Input) => Effect.Effect<Task.TaskId, RunwayError, Runway>
    readonly generate: (input: Input) => Effect.Effect<Task.Succeeded, RunwayError, Runway>
  }
  /** A right input whose asset has this URL. */
  readonly inputWith: (asset: string) => Input
  /** What the client finds wrong by itself. */
  readonly wrongInput: Input
}

const origin = "https://api.cometapi.com"
const asset = "https://example.com/asset.png"
const scenarioAsset = (name: string) => `https://scenario.mock.test/${name}/x.png`

/** Plays something as the client of one key, and hands it that key's world. */
const withKey = <A>(
  key: string,
  scene: (world: WorldControl) => Effect.Effect<A, RunwayError, Runway | RunwayMock>
): Effect.Effect<A, RunwayError, RunwayMock> =>
  Effect.gen(function* () {
    const world = (yield* RunwayMock).world(key)
    return yield* scene(world).pipe(Effect.provide(Runway.layer({ apiKey: key })))
  })

/** What a POST without the client is answered. */
const post = Effect.fnUntraced(function* (
  path: string,
  key: string,
  body: string,
  headers: Record<string, string> = {}
) {
  const { fetch } = yield* RunwayMock
  const own = {
    authorization: `Bearer ${key}`,
    "content-type": "application/json",
    "x-runway-version": "2024-11-06"
  }
  return yield* Effect.promise(async () => {
    const response = await fetch(origin + path, { method: "POST", body, headers: { ...own, ...headers } })
    return { status: response.status, body: await response.text() }
  })
})

/** What a world has seen, without what differs from one operation to another. */
const seenBy = (world: WorldControl) => {
  const { clean, submissions, accepted, downloads, others, findings } = world.report()
  const { entries } = world.journal()
  return {
    operations: [...new Set(entries.map(({ operation }) => operation))],
    posts: entries.filter(({ method }) => method === "POST").length,
    violated: entries.some(({ violations }) => violations.length > 0),
    tasks: world.tasks().length,
    report: { clean, submissions, accepted, downloads, others },
    findings: [...new Set(findings.map(({ kind }) => kind))]
  }
}

/** What a failure says. */
const told = ({ operation, reason }: RunwayError) => ({
  operation,
  reason: reason._tag,
  failureCode: reason._tag === "TaskFailed" ? reason.task.failureCode : undefined
})

/** From the submission to the video, with nothing wrong on the way. */
const generated = <Input>({ job, inputWith }: Played<Input>, key: string) =>
  withKey(key, (world) =>
    Effect.gen(function* () {
      const task = yield* run(job.generate(inputWith(asset)))
      const url = Redacted.value(task.output[0])
      const { fetch } = yield* RunwayMock
      const video = yield* Effect.promise(async () => (await fetch(url)).bytes())
      world.expectClean()
      return { status: task.status, video: new TextDecoder().decode(video.subarray(4, 8)), ...seenBy(world) }
    })
  )

/** The scenario that the URL of its asset asks for. */
const failed = <Input>({ job, inputWith }: Played<Input>, key: string) =>
  withKey(key, (world) =>
    Effect.gen(function* () {
      const error = yield* failure(job.generate(inputWith(scenarioAsset("failed-asset"))))
      return { error: told(error), ...seenBy(world) }
    })
  )

/** A scenario that there is not: money was not spent, and the mock says where it was asked for. */
const unknownScenario = <Input>({ job, path, inputWith }: Played<Input>, key: string) =>
  withKey(key, (world) =>
    Effect.gen(function* () {
      const input = inputWith(scenarioAsset("no-such-scenario"))
      const error = yield* failure(job.submit(input))
      const seen = seenBy(world)
      const { body } = yield* post(path, key, JSON.stringify(yield* job.validate(input)))
      const detail: string = JSON.parse(body).detail
      return { error: told(error), said: detail.replace(/;.*$/, ""), ...seen }
    })
  )

/** An answer that is lost after the job was taken on, and a caller who pays once more. */
const lost = <Input>({ job, inputWith }: Played<Input>, key: string) =>
  withKey(key, (world) =>
    Effect.gen(function* () {
      world.inject({ on: "submit", kind: "lost", once: true })
      const error = yield* failure(job.submit(inputWith(asset)))
      const once = seenBy(world)
      yield* run(job.submit(inputWith(asset)))
      return { error: told(error), once, again: seenBy(world) }
    })
  )

/** An answer that proves that nothing was accepted. */
const limited = <Input>({ job, inputWith }: Played<Input>, key: string) =>
  withKey(key, (world) =>
    Effect.gen(function* () {
      world.inject({ on: "submit", kind: "status", status: 429, retryAfter: 7, once: true })
      yield* run(job.generate(inputWith(asset)))
      return seenBy(world)
    })
  )

/** An account that may start no job today. */
const exhausted = <Input>({ job, inputWith }: Played<Input>, key: string) =>
  withKey(key, (world) =>
    Effect.gen(function* () {
      world.limit({ daily: 0 })
      const error = yield* failure(job.submit(inputWith(asset)))
      return { error: told(error), tasks: world.tasks().length }
    })
  )

/** What is wrong, as the client finds it, and as the provider does when nobody has looked. */
const wrong = <Input>({ job, path, inputWith, wrongInput }: Played<Input>, key: string) =>
  withKey(key, (world) =>
    Effect.gen(function* () {
      const error = yield* failure(job.submit(wrongInput))
      const unsent = seenBy(world)
      const refused = yield* post(path, key, JSON.stringify(wrongInput))
      const tooLarge = yield* post(path, `${key}-too-large`, JSON.stringify({ text: "x".repeat(2 ** 21) }))
      const right = JSON.stringify(yield* job.validate(inputWith(asset)))
      const preferred = yield* post(path, `${key}-preferred`, right, { prefer: "code=503, example=overloaded" })
      return {
        error: told(error),
        unsent,
        sent: seenBy(world),
        statuses: { refused: refused.status, tooLarge: tooLarge.status, preferred: preferred.status }
      }
    })
  )

/** All scenes of one operation. `name` keeps its keys apart from those of another. */
export const story = Effect.fnUntraced(function* <Input>(name: string, played: Played<Input>) {
  return {
    generated: yield* generated(played, `${name}-generated`),
    failed: yield* failed(played, `${name}-failed`),
    unknownScenario: yield* unknownScenario(played, `${name}-unknown-scenario`),
    lost: yield* lost(played, `${name}-lost`),
    limited: yield* limited(played, `${name}-limited`),
    exhausted: yield* exhausted(played, `${name}-exhausted`),
    wrong: yield* wrong(played, `${name}-wrong`)
  }
})

/** What the page offers: that it is served, and the requests of the contract that it offers to send. */
export const page = Effect.gen(function* () {
  const { fetch } = yield* RunwayMock
  return yield* Effect.promise(async () => {
    const html = await fetch(`${origin}/`)
    const { paths }: { paths: Record<string, Record<string, object>> } = await (
      await fetch(`${origin}/_mock/contract.json`)
    ).json()
    const offered = Object.entries(paths).flatMap(([path, item]) =>
      Object.keys(item).map((method) => `${method.toUpperCase()} ${path}`)
    )
    return { status: html.status, type: html.headers.get("content-type"), offered }
  })
})
