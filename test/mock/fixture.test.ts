import { execFile } from "node:child_process"
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import {
  ClientMisconduct,
  openWorld,
  RunwayMock,
  RunwayMockError,
  type TestWorld,
  withWorld
} from "cometapi-runway-mock"
import { useRunwayMock } from "cometapi-runway-mock/jest"
import { test } from "cometapi-runway-mock/vitest"
import { afterAll, afterEach, beforeEach, describe, expect, it, onTestFinished } from "vitest"
import { get, performance, post, provider } from "./Support.ts"

const started = async (...[options]: Parameters<typeof RunwayMock.start>) => {
  const mock = await RunwayMock.start({ port: 0, clock: "virtual", ...options })
  onTestFinished(mock.stop)
  return mock
}

const submitTo = async ({ fetch, key }: Pick<TestWorld, "fetch" | "key">): Promise<string> =>
  (await (await post(fetch, provider, key)).json()).id

/** What a promise rejects with. */
const reasonOf = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    (value) => expect.fail(`it came to ${String(value)}`),
    (error) => error
  )

describe("a mock that is started without Effect", () => {
  it.each([
    ["a scenario that there is not", { scenario: "hapy" }, "UnknownScenario"],
    ["options that contradict each other", { clock: "virtual", scale: 20 }, "InvalidOption"],
    ["a port that there cannot be", { port: 70_000 }, "ListenFailed"]
  ] as const)("rejects with the error itself for %s", async (_, options, reason) => {
    const error = await reasonOf(RunwayMock.start({ port: 0, ...options }))
    expect(error).toBeInstanceOf(RunwayMockError)
    expect(error).toMatchObject({ reason: { _tag: reason } })
  })

  it("rejects where the port is taken, and then stops nothing that is not its own", async () => {
    const { port, url } = await started()
    expect(await reasonOf(RunwayMock.start({ port }))).toMatchObject({ reason: { _tag: "PortInUse" } })
    expect((await fetch(url)).status).toBe(200)
  })

  it("frees its port when it is stopped, and may be stopped again", async () => {
    const { port, stop, url } = await started()
    await Promise.all([stop(), stop()])
    await stop()
    await expect(fetch(url)).rejects.toThrow("fetch failed")
    expect((await started({ port })).port).toBe(port)
  })

  it("ends with its block", async () => {
    let url: string
    {
      await using mock = await RunwayMock.start({ port: 0 })
      url = mock.url
      expect((await fetch(`${url}/_mock/health`)).status).toBe(200)
    }
    await expect(fetch(url)).rejects.toThrow("fetch failed")
  })
})

describe("a world for one test", () => {
  it("fails a test that passed when its client did what it should not, in words", async () => {
    const mock = await started()
    const forgetful = async () => {
      await using world = openWorld(mock, { key: "forgetful" })
      await submitTo(world)
    }
    const error = await reasonOf(forgetful())
    if (!(error instanceof ClientMisconduct)) return expect.fail(String(error))
    expect(String(error)).toMatch(/^ClientMisconduct: The client did something .*\n- never-collected: Task /)
    expect(error.report.findings.map(({ kind }) => kind)).toEqual(["never-collected"])
    // Data would be printed beside the message, or in its place.
    expect(Object.keys(error)).toEqual([])
    expect(mock.world("forgetful").describe(), "it is reset all the same").toMatchObject({ tasks: 0, requests: 0 })
  })

  it("does not lose the test's own failure, which `withWorld` shows alone", async () => {
    const mock = await started()
    const own = new Error("the test's own")
    const error = await reasonOf(
      (async () => {
        await using world = openWorld(mock)
        await submitTo(world)
        throw own
      })()
    )
    expect(error).toMatchObject({ name: "SuppressedError", suppressed: own })
    const failing = withWorld(mock, { key: "failing" }, async (world) => {
      await submitTo(world)
      throw own
    })
    expect(await reasonOf(failing)).toBe(own)
    expect(mock.world("failing").describe().tasks).toBe(0)
    expect(await reasonOf(withWorld(mock, {}, submitTo))).toBeInstanceOf(ClientMisconduct)
  })

  it("lets pass what the test allows, when it is opened or later", async () => {
    const mock = await started()
    const id = await withWorld(mock, { key: "k", allow: ["never-collected"] }, submitTo)
    await withWorld(mock, { key: "k" }, async (world) => {
      expect(await submitTo(world), "the same key begins anew").toBe(id)
      expect(await submitTo(world)).not.toBe(id)
      world.allow("duplicate-submission")
      world.allow("never-collected")
    })
  })

  it("finds nothing that an earlier user of its key left behind", async () => {
    const mock = await started()
    await submitTo({ fetch: mock.fetch, key: "k" })
    await withWorld(mock, { key: "k" }, ({ report }) => expect(report()).toMatchObject({ clean: true, accepted: 0 }))
  })

  it("is refused where the mock has no room for another key", async () => {
    const mock = await started({ limits: { worlds: 1 } })
    await using first = openWorld(mock)
    expect(() => openWorld(mock)).toThrow(/^the mock keeps 1 keys and all are in use/)
    expect(first.tasks()).toEqual([])
  })

  it("has a key of its own: one that is given, one made of any text, or the next that is free", async () => {
    const mock = await started()
    const keyOf = (key?: string) => openWorld(mock, { key }).key
    const name = "checkout › zahlt … 💶 nur einmal"
    expect([keyOf("mock-stuck"), keyOf("mock-stuck"), keyOf("mock-stuck"), keyOf(), keyOf()]).toEqual([
      ...["mock-stuck", "mock-stuck-2", "mock-stuck-3"],
      ...["test-1", "test-2"]
    ])
    const made = keyOf(name)
    expect(made).toBe("test-checkout-zahlt-nur-einmal-0e0a0726")
    expect(keyOf(`${name}!`), "another text that reads the same is another key").not.toBe(made)
    expect((await post(fetch, mock.url, made)).status, "a header can carry it").toBe(200)
    expect((await post(fetch, mock.url, keyOf("too-long-".repeat(5000)))).status, "and one of any length").toBe(200)
  })

  it("is where the mock is: served, or in this process alone", async () => {
    const mock = await started()
    const { url, ...unserved } = mock
    await withWorld(mock, {}, (world) => expect(world.url).toBe(url))
    await withWorld(unserved, {}, (world) => expect(world.url).toBeUndefined())
  })
})

describe("the fixture for Vitest", () => {
  test("is named after the file and the test, so that ids are the same in every run", async ({ mock }) => {
    mock.allow("never-collected")
    expect(mock.key).toBe("test-the-file-and-the-test-so-that-ids-are-the-same-in-every-run-f0d12d6b")
    expect(await submitTo(mock)).toBe("02e26b1a-3e28-3cda-e98f-ae5d7000e3cb")
  })

  const urls = new Set<string>()
  test.for([1, 2])("is served to another process, by one server for all (%i)", async (_, { mock }) => {
    const { status } = await get(fetch, "unknown", mock.url, mock.key)
    expect(status).toBe(400)
    expect(mock.report().polls).toBe(1)
    expect(urls.add(mock.url).size).toBe(1)
  })

  describe("where two tests of one name run at the same time", () => {
    const keys = new Set<string>()
    const add = ({ mock }: { readonly mock: TestWorld<string> }) => {
      keys.add(mock.key)
    }
    test.concurrent("each has a key of its own", add)
    test.concurrent("each has a key of its own", add)
    afterAll(() => expect(keys.size).toBe(2))
  })

  describe("with options", () => {
    test.override({ mockOptions: { scale: 20, scenario: "envelope", allow: ["never-collected"] } })
    test("has a mock of that kind", async ({ mock }) => {
      expect(mock.clock()).toMatchObject({ clock: "real", scale: 20 })
      expect(mock.describe().scenario).toBe("envelope")
      expect(urls).not.toContain(mock.url)
      await submitTo(mock)
    })
  })
})

describe("the hooks for Jest", () => {
  describe("of any framework", () => {
    const mock = useRunwayMock({ allow: ["never-collected"] }, { beforeEach, afterEach, afterAll })

    it("lead to a world of each test", async () => {
      expect(mock.key).toMatch(/^test-[a-z-]*lead-to-a-world-of-each-test-[0-9a-f]{8}$/)
      expect((await get(fetch, "unknown", mock.url, mock.key)).status).toBe(400)
      await submitTo(mock)
    })
    it("and the next finds nothing of it", () => {
      expect(mock.tasks()).toEqual([])
    })
    afterAll(() => {
      expect(() => mock.key, "no test runs").toThrow("mock.key is only there while a test runs")
    })
  })

  it("fail each test where the mock cannot start", async () => {
    const begin: Array<() => Promise<void>> = []
    const hooks = {
      beforeEach: (hook: () => Promise<void>) => begin.push(hook),
      afterEach: () => {},
      afterAll: () => {}
    }
    useRunwayMock({ scenario: "hapy" }, hooks)
    for (const each of [...begin, ...begin])
      expect(await reasonOf(each())).toMatchObject({ reason: { _tag: "UnknownScenario" } })
  })

  it("must be there", () => {
    expect(() => useRunwayMock()).toThrow(/^useRunwayMock found no global hooks: pass your framework's/)
  })
})

describe("a framework shows a client's misconduct in words, and a test's own failure as it is,", () => {
  // Inside the repository, so that the packages resolve.
  mkdirSync("node_modules/.cache", { recursive: true })
  const folder = mkdtempSync("node_modules/.cache/fixture-")
  afterAll(() => rmSync(folder, { recursive: true }))

  /** What is printed by a run of two tests that fail, which each submit and do not wait. */
  const printed = (name: string, head: string, parameters: string, ...args: ReadonlyArray<string>): Promise<string> => {
    const body = `{
  await fetch(mock.url + "/runwayml/v1/character_performance", {
    method: "POST",
    headers: { authorization: "Bearer " + mock.key, "content-type": "application/json", "x-runway-version": "2024-11-06" },
    body: JSON.stringify(${JSON.stringify(performance)})
  })`
    writeFileSync(
      join(folder, name),
      `${head}
test("forgets", async (${parameters}) => ${body} })
test("fails", async (${parameters}) => ${body}; throw new Error("the test's own failure") })
`
    )
    const env = { PATH: process.env["PATH"], NO_COLOR: "1", CI: "1" }
    return new Promise((resolve) =>
      execFile(process.execPath, [...args], { cwd: folder, env }, (_, out, err) => resolve(out + err))
    )
  }
  const misconduct = /ClientMisconduct: The client did something .*\n\s*- never-collected: Task /g

  it("as Vitest does", async () => {
    const vitest = join(process.cwd(), "node_modules/vitest/vitest.mjs")
    const head = `import { test } from "cometapi-runway-mock/vitest"`
    const text = await printed("some.test.mjs", head, "{ mock }", vitest, "run", "--root", ".")
    expect(text).toContain("2 failed")
    expect(text).toContain("Error: the test's own failure")
    expect(text.match(misconduct), text).toHaveLength(1)
    expect(text, "no place in the mock is shown").not.toContain("TestWorld.ts")
  })

  it("as node:test does, with the hooks for Jest", async () => {
    const head = `import { after, afterEach, beforeEach, test } from "node:test"
import { useRunwayMock } from "cometapi-runway-mock/jest"
const mock = useRunwayMock({}, { beforeEach, afterEach, after })`
    const text = await printed("some.node.mjs", head, "", "--test", "--test-reporter=spec", "some.node.mjs")
    expect(text).toContain("fail 2")
    expect(text).toContain("Error: the test's own failure")
    expect(text.match(misconduct), text).toHaveLength(1)
  })
})
