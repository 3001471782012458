/**
 * What becomes of an intent whose job is there already: joined, given again, or paid anew, and how a caller sees it.
 */
import { join } from "node:path"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as Result from "effect/Result"
import * as Stream from "effect/Stream"
import { CharacterPerformance, Ledger, type Reuse, Runway, type RunwayError, Task } from "../../src/index.ts"
import { AssetIdentity, LedgerFile, layerMemory } from "../../src/Ledger.ts"
import { accepted, answer, input, provider, socketError } from "../support/Provider.ts"
import { recorder } from "../support/Spans.ts"
import { failure, run } from "../support/VirtualTime.ts"
import { folder } from "./Support.ts"

const quiet = Logger.layer([])
const { submit, generate, generateAll } = CharacterPerformance
const output = ["https://cdn.example.com/v.mp4?signature=secret"]

/** A provider whose n-th job ends as the n-th entry says; the last says it of all that follow. */
const ending = (...ends: ReadonlyArray<object>) => {
  let jobs = 0
  const api = provider((request) => {
    if (request.method === "POST") return accepted(`t-${++jobs}`)
    const id = request.url.split("/").at(-1) ?? ""
    const end = ends[Math.min(Number(id.slice(2)), ends.length) - 1] ?? {}
    return Response.json({ id, ...end })
  })
  return { ...api, looks: () => api.asked.filter(({ method }) => method === "GET").length }
}
const succeeded = { status: "SUCCEEDED", output }
const failed = { status: "FAILED", failure: "no face" }

const spanning = () => {
  const { spans, tracer } = recorder()
  const of = (name: string) =>
    spans.filter((span) => span.name === name).map(({ attributes }) => Object.fromEntries(attributes))
  return { tracer, of }
}

const tagOf = (end: Result.Result<Task.Succeeded, RunwayError>) =>
  Result.isSuccess(end) ? end.success.id : end.failure.reason._tag

describe("an intent whose job has ended", () => {
  it.effect("well is given again with a fresh URL, by one look and at no cost", () => {
    const api = ending(succeeded)
    return Effect.gen(function* () {
      yield* run(generate(input, { intent: "a" }))
      const looks = api.looks()
      const reuses: Array<Reuse> = []
      const onReused = (reuse: Reuse) => Effect.sync(() => reuses.push(reuse))
      // With no time to pass: it is not waited for like a young task.
      const task = yield* generate(input, { intent: "a", onReused })
      expect(task.id).toBe("t-1")
      expect(api.looks() - looks).toBe(1)
      expect(reuses).toMatchObject([{ intent: "a", taskId: "t-1", because: "succeeded" }])
      expect(api.posts()).toBe(1)
    }).pipe(Effect.provide([api.layer(), layerMemory(), quiet]))
  })

  it.effect.each([
    ["never", "TaskFailed", 1],
    [undefined, "TaskFailed", 1],
    ["failed", "t-2", 2],
    ["always", "t-2", 2]
  ] as const)("badly is paid again as asked: %s", ([again, end, posts]) => {
    const api = ending(failed, succeeded)
    return Effect.gen(function* () {
      yield* failure(generate(input, { intent: "a" }))
      const second = yield* run(Effect.result(generate(input, { intent: "a", again })))
      expect(tagOf(second)).toBe(end)
      expect(api.posts()).toBe(posts)
      // Both are one intent's jobs, and both were paid.
      const entries = yield* (yield* Ledger).show("a")
      expect(entries.map(({ taskId }) => taskId)).toEqual(posts === 1 ? ["t-1"] : ["t-1", "t-2"])
    }).pipe(Effect.provide([api.layer(), layerMemory(), quiet]))
  })

  it.effect.each([
    ["failed", "t-1"],
    ["always", "t-2"]
  ] as const)("well is paid again only when it is to be made anew: %s", ([again, id]) => {
    const api = ending(succeeded)
    return Effect.gen(function* () {
      yield* run(generate(input, { intent: "a" }))
      expect((yield* run(generate(input, { intent: "a", again }))).id).toBe(id)
    }).pipe(Effect.provide([api.layer(), layerMemory(), quiet]))
  })

  it.effect("is replaced once, however often the new submission is sent again", () => {
    let jobs = 0
    const script = [answer(429), socketError("ECONNREFUSED", "connect")]
    const api = provider((request) => {
      if (request.method === "GET") return Response.json(request.url.endsWith("t-1") ? failed : succeeded)
      const trouble = jobs === 1 ? script.shift() : undefined
      if (trouble instanceof Error) throw trouble
      return trouble ?? accepted(`t-${++jobs}`)
    })
    return Effect.gen(function* () {
      yield* failure(generate(input, { intent: "a" }))
      expect((yield* run(generate(input, { intent: "a", again: "failed" }))).id).toBe("t-2")
      const states = (yield* (yield* Ledger).show("a")).map(({ state }) => state)
      expect(states).toEqual(["accepted", "refused", "refused", "accepted"])
    }).pipe(Effect.provide([api.layer(), layerMemory(), quiet]))
  })
})

describe("an intent whose job is under way", () => {
  it.effect("is joined, whatever is to be done with one that has ended", () => {
    const api = ending(succeeded)
    return Effect.gen(function* () {
      yield* run(submit(input, { intent: "a" }))
      const reuses: Array<Reuse> = []
      const onReused = (reuse: Reuse) => Effect.sync(() => reuses.push(reuse))
      expect((yield* run(generate(input, { intent: "a", again: "always", onReused }))).id).toBe("t-1")
      expect(reuses.map(({ because }) => because)).toEqual(["submitted"])
      expect(api.posts()).toBe(1)
    }).pipe(Effect.provide([api.layer(), layerMemory(), quiet]))
  })

  it.effect("and fails while it is joined is paid again once, where that was asked for", () => {
    const api = ending(failed, failed, succeeded)
    return Effect.gen(function* () {
      yield* run(submit(input, { intent: "a" }))
      const told: Array<string> = []
      const onSubmitted = (id: string) => Effect.sync(() => told.push(id))
      const error = yield* failure(generate(input, { intent: "a", again: "failed", onSubmitted }))
      expect([error.reason._tag, error.taskId]).toEqual(["TaskFailed", "t-2"])
      expect(told).toEqual(["t-1", "t-2"])
      expect(api.posts()).toBe(2)
    }).pipe(Effect.provide([api.layer(), layerMemory(), quiet]))
  })
})

describe("what the ledger knew", () => {
  it.effect("is said of each input of many, and told to a hook with its input", () => {
    const api = ending(succeeded)
    return Effect.gen(function* () {
      yield* run(submit(input))
      const told: Array<unknown> = []
      const inputs: ReadonlyArray<CharacterPerformance.Input> = [input, { ...input, seed: 7 }]
      const ends = yield* run(
        Stream.runCollect(
          generateAll(Stream.fromIterable(inputs), {
            concurrency: 1,
            onReused: ({ taskId }, { index }) => Effect.sync(() => told.push([index, taskId]))
          })
        )
      )
      expect(ends.map(({ reused }) => reused?.because)).toEqual(["submitted", undefined])
      expect(told).toEqual([[0, "t-1"]])
    }).pipe(Effect.provide([api.layer(), layerMemory(), quiet]))
  })

  it.effect("stands on the span, with its reason", () => {
    const api = ending(succeeded)
    const { tracer, of } = spanning()
    return Effect.gen(function* () {
      yield* run(generate(input))
      yield* run(generate(input))
      expect(of("Runway.submit").map((attributes) => attributes["runway.ledger.reused.because"])).toEqual([
        undefined,
        "succeeded"
      ])
    }).pipe(Effect.withTracer(tracer), Effect.provide([api.layer(), layerMemory(), quiet]))
  })

  it.effect("is not lost with a hook that breaks: the error has the id", () => {
    const api = ending(succeeded)
    return Effect.gen(function* () {
      yield* run(submit(input))
      const error = yield* failure(submit(input, { onReused: () => Effect.die(new Error("no disk")) }))
      expect([error.reason._tag, error.taskId]).toEqual(["HookFailed", "t-1"])
      expect(error.message).toContain("the hook onReused died: no disk")
    }).pipe(Effect.provide([api.layer(), layerMemory(), quiet]))
  })

  it.effect("has the end of a job that somebody else has waited for by its id", () => {
    const api = ending(failed)
    return Effect.gen(function* () {
      const id = yield* run(submit(input, { intent: "a" }))
      yield* failure(Task.wait(id))
      const ledger = yield* Ledger
      expect((yield* ledger.show("a")).map(({ outcome }) => outcome)).toEqual(["failed"])
      expect((yield* ledger.sweep).pending).toEqual([])
    }).pipe(Effect.provide([api.layer(), layerMemory(), quiet]))
  })
})

describe("a ledger that is given to the layer", () => {
  it.effect("holds for all its calls, with the layer's budget and its word on failed jobs", () => {
    const api = ending(failed, succeeded)
    const ledger = layerMemory()
    const client = api.layer({ budget: { jobs: 2 }, again: "failed" }).pipe(Layer.provide(ledger))
    return Effect.gen(function* () {
      yield* failure(generate(input, { intent: "a" }))
      expect((yield* run(generate(input, { intent: "a" }))).id).toBe("t-2")
      expect(yield* run(submit(input, { intent: "a" }))).toBe("t-2")
      const { reason } = yield* failure(submit(input, { intent: "b" }))
      expect(reason).toMatchObject({ _tag: "BudgetExceeded", limit: { jobs: 2 }, spent: { jobs: 2 } })
      // The call's own word comes first.
      expect(yield* run(submit(input, { intent: "b", budget: { jobs: 3 } }))).toBe("t-3")
      const known = yield* (yield* Runway).ledger?.list() ?? Effect.succeed([])
      expect(known.map(({ taskId }) => taskId)).toEqual(["t-1", "t-2", "t-3"])
    }).pipe(Effect.provide([client, quiet]))
  })

  it.effect("stands back behind one that is given to the call", () => {
    const api = ending(succeeded)
    const client = api.layer().pipe(Layer.provide(layerMemory()))
    return Effect.gen(function* () {
      yield* run(submit(input, { intent: "a" }))
      yield* run(submit(input, { intent: "a" }).pipe(Effect.provide(layerMemory())))
      expect(api.posts()).toBe(2)
    }).pipe(Effect.provide([client, quiet]))
  })

  it.effect("is needed by the layer's budget, which is never passed over", () => {
    const api = ending(succeeded)
    return Effect.gen(function* () {
      const error = yield* failure(submit(input))
      expect(error.message).toContain("budget: needs a Ledger")
      expect(api.posts()).toBe(0)
    }).pipe(Effect.provide([api.layer({ budget: { jobs: 1 } }), quiet]))
  })

  it.effect("is checked with the other options", () =>
    Effect.gen(function* () {
      const layer = Runway.layer({ apiKey: "k-12345678", again: "sometimes" as never })
      const error = yield* Effect.flip(Effect.provide(Runway, layer))
      expect(error.message).toContain(`again must be "never" or "failed" or "always"`)
    })
  )
})

describe("what identifies an asset", () => {
  const asset = (uri: string): CharacterPerformance.Input => ({ ...input, character: { type: "image", uri } })
  const knowing = (known: Readonly<Record<string, string>>) =>
    Effect.provideService(AssetIdentity.AssetIdentity, (url) => Effect.succeed(known[url]))

  it.effect("makes the same bytes behind two signed URLs one intent, and other bytes behind one URL another", () => {
    const api = ending(succeeded)
    const [monday, tuesday] = ["https://s3.example.com/a.png?sig=1", "https://s3.example.com/a.png?sig=2"]
    return Effect.gen(function* () {
      const first = yield* run(submit(asset(monday)).pipe(knowing({ [monday]: "etag-1" })))
      expect(yield* run(submit(asset(tuesday)).pipe(knowing({ [tuesday]: "etag-1" })))).toBe(first)
      expect(yield* run(submit(asset(tuesday)).pipe(knowing({ [tuesday]: "etag-2" })))).not.toBe(first)
      expect(api.posts()).toBe(2)
    }).pipe(Effect.provide([api.layer(), layerMemory(), quiet]))
  })

  it.effect("counts in a named intent too: other bytes are another body", () => {
    const api = ending(succeeded)
    const url = "https://cdn.example.com/a.png"
    return Effect.gen(function* () {
      yield* run(submit(asset(url), { intent: "a" }).pipe(knowing({ [url]: "1" })))
      const error = yield* failure(submit(asset(url), { intent: "a" }).pipe(knowing({ [url]: "2" })))
      expect(error.reason._tag).toBe("IntentConflict")
    }).pipe(Effect.provide([api.layer(), layerMemory(), quiet]))
  })

  it.effect("is not needed for a URL that is signed anew, where the intent is named", () => {
    const api = ending(succeeded)
    return Effect.gen(function* () {
      const first = yield* run(submit(asset("https://s3.example.com/a.png?sig=1"), { intent: "a" }))
      expect(yield* run(submit(asset("https://s3.example.com/a.png?sig=2"), { intent: "a" }))).toBe(first)
      const error = yield* failure(submit(asset("https://s3.example.com/b.png?sig=1"), { intent: "a" }))
      expect(error.reason._tag).toBe("IntentConflict")
    }).pipe(Effect.provide([api.layer(), layerMemory(), quiet]))
  })

  it.effect("must be known: where it cannot be found out nothing is sent, instead of paying under another name", () => {
    const api = ending(succeeded)
    const url = "https://s3.example.com/a.png?sig=topsecret"
    return Effect.gen(function* () {
      const unsure = () => Effect.fail(`no answer from ${url}`)
      const error = yield* failure(submit(asset(url)).pipe(Effect.provideService(AssetIdentity.AssetIdentity, unsure)))
      expect(error.reason._tag).toBe("AssetUnidentified")
      expect(error.message).toMatch(/it is not known which bytes stand behind https:\/\/s3\.example\.com\/a\.png/)
      expect(error.message).not.toContain("topsecret")
      expect(api.posts()).toBe(0)
    }).pipe(Effect.provide([api.layer(), layerMemory(), quiet]))
  })

  it.effect("can be asked of the asset's host", () => {
    const etags: Record<string, string | undefined> = { "/a.png": '"1"', "/performance.mp4": '"2"' }
    let jobs = 0
    const api = provider((request) => {
      const { pathname } = new URL(request.url)
      if (request.method === "POST") return accepted(`t-${++jobs}`)
      const etag = etags[pathname]
      return etag === undefined ? answer(404) : new Response("x", { status: 206, headers: { etag } })
    })
    const byEtag = Effect.provideService(AssetIdentity.AssetIdentity, AssetIdentity.byEtag)
    const call = submit(asset("https://example.com/a.png")).pipe(byEtag)
    return Effect.gen(function* () {
      expect([yield* run(call), yield* run(call)]).toEqual(["t-1", "t-1"])
      const question = api.asked[0]
      expect([question?.headers.get("range"), question?.headers.get("authorization")]).toEqual(["bytes=0-0", null])
      etags["/a.png"] = '"3"'
      expect(yield* run(call)).toBe("t-2")
      etags["/a.png"] = undefined
      expect((yield* failure(call)).message).toContain("its host answered with 404 instead of an ETag")
      expect(api.posts()).toBe(2)
    }).pipe(Effect.provide([api.layer(), layerMemory(), quiet]))
  })
})

const inFile = Layer.unwrap(Effect.map(folder, (path) => LedgerFile.layer({ file: join(path, "ledger.sqlite") })))

describe.each([
  ["in memory", layerMemory()],
  ["in a file", inFile]
])("what a job has cost, in a ledger %s,", (_, ledgerLayer) => {
  const costly = { ...succeeded, cost: { credits: 50 } }

  it.effect("replaces its price in the budget, where the provider says it and a credit's price is known", () => {
    const api = ending(costly)
    const budget = { dollars: 1 }
    return Effect.gen(function* () {
      const ledger = yield* Ledger
      yield* run(submit(input, { budget, creditPrice: 0.01 }))
      expect((yield* ledger.budget(budget)).spent).toEqual({ jobs: 1, dollars: 0.4 })
      yield* run(generate(input, { budget, creditPrice: 0.01 }))
      expect(yield* ledger.budget(budget)).toMatchObject({ spent: { dollars: 0.5 }, left: { dollars: 0.5 } })
      expect((yield* ledger.list()).map(({ credits }) => credits)).toEqual([50])
      // What is left does not pay another job at the price of 0.6.
      const error = yield* failure(submit({ ...input, seed: 7 }, { budget, price: 0.6 }))
      expect(error.reason._tag).toBe("BudgetExceeded")
    }).pipe(Effect.provide([api.layer(), ledgerLayer, quiet]))
  })

  it.effect("is written down and leaves the price as it is, where nobody knows what a credit costs", () => {
    const api = ending(costly)
    return Effect.gen(function* () {
      const ledger = yield* Ledger
      yield* run(generate(input))
      expect((yield* ledger.budget()).spent).toEqual({ jobs: 1, dollars: 0.4 })
      expect((yield* ledger.list()).map(({ credits }) => credits)).toEqual([50])
    }).pipe(Effect.provide([api.layer(), ledgerLayer, quiet]))
  })
})

describe("a budget", () => {
  it.effect("is on the span of each submission: spent, held and left", () => {
    const api = provider(accepted("t-1"), socketError("ECONNRESET"))
    const { tracer, of } = spanning()
    const budget = { name: "march", dollars: 2, jobs: 5 }
    return Effect.gen(function* () {
      yield* run(submit(input, { budget }))
      yield* failure(submit({ ...input, seed: 7 }, { budget }))
      const shown = of("Runway.submit").at(-1)
      expect(shown).toMatchObject({
        "runway.budget.name": "march",
        "runway.budget.spent.jobs": 1,
        "runway.budget.spent.dollars": 0.4,
        "runway.budget.held.jobs": 1,
        "runway.budget.held.dollars": 0.4,
        "runway.budget.left.jobs": 3,
        "runway.budget.left.dollars": 1.2
      })
    }).pipe(Effect.withTracer(tracer), Effect.provide([api.layer(), layerMemory(), quiet]))
  })

  it.effect(
    "that runs out in the middle of many refuses what is too much, and what is paid for stays to be had",
    () => {
      const api = ending(succeeded)
      const seeds = [1, 2, 3, 4, 5]
      const all = (more: ReadonlyArray<number>) =>
        run(
          Stream.runCollect(
            generateAll(Stream.fromIterable(more.map((seed) => ({ ...input, seed }))), {
              concurrency: 2,
              budget: { dollars: 1.2 }
            })
          )
        )
      return Effect.gen(function* () {
        const ends = (yield* all(seeds)).toSorted((a, b) => a.index - b.index)
        expect(ends.map(({ result }) => tagOf(result))).toEqual([
          "t-1",
          "t-2",
          "t-3",
          "BudgetExceeded",
          "BudgetExceeded"
        ])
        // Two batches on one ledger: what the first has paid for costs the second nothing.
        const again = (yield* all([3, 2, 6])).toSorted((a, b) => a.index - b.index)
        expect(again.map(({ result }) => tagOf(result))).toEqual(["t-3", "t-2", "BudgetExceeded"])
        expect(api.posts()).toBe(3)
      }).pipe(Effect.provide([api.layer(), layerMemory(), quiet]))
    }
  )

  it.effect("holds for two batches at the same time, and one intent is paid by one of them", () => {
    const api = ending(succeeded)
    const batch = Stream.runCollect(
      generateAll(Stream.fromIterable([1, 2, 3, 4].map((seed) => ({ ...input, seed }))), {
        concurrency: 4,
        budget: { jobs: 3 }
      })
    )
    return Effect.gen(function* () {
      yield* run(Effect.all([batch, batch], { concurrency: "unbounded" }))
      expect(api.posts()).toBe(3)
      expect((yield* (yield* Ledger).budget({ jobs: 3 })).left.jobs).toBe(0)
    }).pipe(Effect.provide([api.layer(), layerMemory(), quiet]))
  })
})
