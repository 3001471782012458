import { mkdtempSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import { RunwayMock, type ServeOptions } from "cometapi-runway-mock"
import { get, outputOf, post } from "./Support.ts"

const folder = () => mkdtempSync(join(tmpdir(), "cometapi-runway-mock-state-"))
const key = "sk-secret-0123456789"
const run = (state: string, options: ServeOptions = {}) =>
  RunwayMock.start({ port: 0, clock: "manual", state, ...options })
const idOf = async (answer: Promise<Response>): Promise<string> => (await (await answer).json()).id

describe("the tasks of a mock with a state file", () => {
  it("go on where they were: id, state, polls, time, numbering, and the URL of an output", async () => {
    const state = join(folder(), "state.json")
    const made = await (async () => {
      await using mock = await run(state)
      const [running, failed, done] = [
        await idOf(post(fetch, mock.url, key)),
        await idOf(post(fetch, mock.url, key)),
        await idOf(post(fetch, mock.url, key))
      ]
      const world = mock.world(key)
      world.advance("20 seconds")
      world.fail(failed, "failed-safety-input")
      world.finish(done)
      await (await get(fetch, running, mock.url, key)).text()
      const output = outputOf(await (await get(fetch, done, mock.url, key)).json())
      return { ids: { running, failed, done }, before: world.tasks(), now: world.clock().now, output, url: mock.url }
    })()
    await using mock = await run(state)
    const path = made.output.slice(made.url.length)
    assert.strictEqual((await fetch(mock.url + path)).status, 200, "the URL works, before any request with the key")
    const world = mock.world(key)
    assert.strictEqual(world.clock().now, made.now)
    assert.deepStrictEqual(
      JSON.parse(JSON.stringify(world.tasks()).replaceAll(mock.url, "URL")),
      JSON.parse(JSON.stringify(made.before).replaceAll(made.url, "URL"))
    )
    const next = await idOf(post(fetch, mock.url, key))
    assert.notInclude(Object.values(made.ids), next)
    world.advance("1 minute")
    assert.strictEqual((await (await get(fetch, made.ids.running, mock.url, key)).json()).status, "SUCCEEDED")
    assert.strictEqual((await (await get(fetch, made.ids.failed, mock.url, key)).json()).status, "FAILED")
    assert.isTrue(world.report().clean === false || world.report().accepted === 1, "only what was paid now is counted")
  })

  it("still count polls, still wait for their turn, and take up no other scenario of the same name", async () => {
    const state = join(folder(), "state.json")
    const counted = (states: number) => ({
      name: "mine",
      timeline: [{ state: "pending", polls: states }, { state: "running", for: "1 minute" }, { state: "succeeded" }]
    })
    const options = { account: { concurrency: 1 } }
    const ids = await (async () => {
      await using mock = await run(state, { ...options, scenario: counted(2) })
      const made = [await idOf(post(fetch, mock.url, key)), await idOf(post(fetch, mock.url, key))]
      await (await get(fetch, made[0] ?? "", mock.url, key)).text()
      return made
    })()
    await using mock = await run(state, { ...options, scenario: counted(9) })
    const statusOf = async (id = "") => (await (await get(fetch, id, mock.url, key)).json()).status
    assert.deepStrictEqual(
      [await statusOf(ids[0]), await statusOf(ids[0]), await statusOf(ids[1])],
      ["PENDING", "RUNNING", "THROTTLED"]
    )
    mock.world(key).finish(ids[0] ?? "")
    mock.world(key).advance("1 second")
    assert.strictEqual(await statusOf(ids[1]), "PENDING")
  })

  it("grow older while the mock is stopped, where its clock goes by itself", async () => {
    const state = join(folder(), "state.json")
    const id = await (async () => {
      await using mock = await run(state, { clock: "real", scale: 20 })
      return await idOf(post(fetch, mock.url, key))
    })()
    const content = JSON.parse(readFileSync(state, "utf8"))
    writeFileSync(state, JSON.stringify({ ...content, savedAt: content.savedAt - 10_000 }))
    await using mock = await run(state, { clock: "real", scale: 20 })
    assert.isAtLeast(mock.world(key).task(id).age, 200)
  })

  it("are in a file that holds no key, that only its owner reads, and beside which nothing is left", async () => {
    const state = join(folder(), "state.json")
    {
      await using mock = await run(state)
      await (await post(fetch, mock.url, key)).text()
      await (await post(fetch, mock.url, "test-open")).text()
    }
    const text = readFileSync(state, "utf8")
    assert.notInclude(text, key)
    assert.notInclude(text, "_jwt")
    assert.include(text, "test-open", "a key that says it is no secret is its world's name")
    assert.strictEqual(statSync(state).mode & 0o777, 0o600)
    assert.deepStrictEqual(readdirSync(dirname(state)), ["state.json"])
    // Another file has another salt, so that nobody can tell that both know the same key.
    const other = join(folder(), "state.json")
    {
      await using mock = await run(other)
      await (await post(fetch, mock.url, key)).text()
    }
    const [a, b] = [text, readFileSync(other, "utf8")].map((each) => JSON.parse(each).worlds[0].name)
    assert.notStrictEqual(a, b)
  })

  it("are written soon after a request, and not only at the end", async () => {
    const state = join(folder(), "state.json")
    await using mock = await run(state)
    const id = await idOf(post(fetch, mock.url, key))
    while (!readFileSync(state, "utf8").includes(id)) await new Promise((resolve) => setImmediate(resolve))
    assert.include(readFileSync(state, "utf8"), id)
  })

  it.each([
    ["no JSON", "{", /cannot be used: it is no JSON: move it away or delete it/],
    ["another program's", '{"a":1}', /it is no file of this mock/],
    ["a later version's", '{"version":2}', /it has version 2 and this mock knows version 1/]
  ])("are refused, and kept, where the file is %s", async (_, content, said) => {
    const state = join(folder(), "state.json")
    writeFileSync(state, content)
    const failed = await run(state).catch((error: unknown) => error)
    assert.match(String(failed), said)
    assert.strictEqual(readFileSync(state, "utf8"), content)
  })

  it("are not lost silently where the file cannot be written", async () => {
    const failed = await run(join(folder(), "nowhere", "state.json")).catch((error: unknown) => error)
    assert.match(String(failed), /state\.json cannot be used: it cannot be written/)
  })
})
