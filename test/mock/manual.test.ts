import { execFile, spawnSync } from "node:child_process"
import { promisify } from "node:util"
import { type FindingKind, openWorld, type Running, RunwayMock, withWorld } from "cometapi-runway-mock"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { test } from "../../mock/src/vitest.ts"
import { headers, performance } from "./Support.ts"

/** What a client is told, and whether it sleeps as it should. */
interface Session {
  readonly url: string
  readonly key: string
  readonly sleep: (millis: number) => Promise<void>
}

/** Submits after a 429 and polls to the end; `pause` is how long it sleeps between polls, and `patience` how much of a Retry-After. */
const client = async ({ url, key, sleep }: Session, pause: number, patience: number): Promise<string> => {
  const submit = (): Promise<Response> =>
    fetch(`${url}/runwayml/v1/character_performance`, {
      method: "POST",
      headers: headers(key),
      body: JSON.stringify(performance)
    })
  let accepted = await submit()
  while (accepted.status === 429) {
    await sleep(Number(accepted.headers.get("retry-after")) * 1000 * patience)
    accepted = await submit()
  }
  const { id }: { id: string } = await accepted.json()
  for (let polls = 0; polls < 1000; polls += 1) {
    await sleep(pause)
    const task: { status?: string } = await (
      await fetch(`${url}/runwayml/v1/tasks/${id}`, { headers: headers(key) })
    ).json()
    if (task.status === "SUCCEEDED") return id
  }
  throw new Error("it never ended")
}

const limited = { on: "submit", kind: "status", status: 429, retryAfter: 30, first: 1 } as const
const rude: ReadonlyArray<FindingKind> = ["retry-after-ignored", "poll-too-fast"]

/** The same rude client: a tenth of a Retry-After, and a poll a second. */
const python = `
import json, os, urllib.error, urllib.request
url, key, body = os.environ["MOCK"], os.environ["KEY"], os.environ["BODY"]
def call(path, data=None):
    headers = {"Authorization": "Bearer " + key, "Content-Type": "application/json", "X-Runway-Version": "2024-11-06"}
    request = urllib.request.Request(url + path, None if data is None else data.encode(), headers)
    try:
        with urllib.request.urlopen(request) as answer:
            return answer.status, answer.headers, json.loads(answer.read())
    except urllib.error.HTTPError as error:
        return error.code, error.headers, json.loads(error.read())
def sleep(seconds):
    call("/_mock/clock/advance", json.dumps({"by": f"{seconds * 1000:.0f} millis"}))
status, said, answer = call("/runwayml/v1/character_performance", body)
while status == 429:
    sleep(float(said["Retry-After"]) / 10)
    status, said, answer = call("/runwayml/v1/character_performance", body)
task = {}
while task.get("status") != "SUCCEEDED":
    sleep(1)
    _, _, task = call("/runwayml/v1/tasks/" + answer["id"])
`

/** The same again, with the `fetch` that Node has, and nothing else. */
const node = `
const { MOCK: url, KEY: key, BODY: body } = process.env
const headers = { authorization: "Bearer " + key, "content-type": "application/json", "x-runway-version": "2024-11-06" }
const sleep = (millis) =>
  fetch(url + "/_mock/clock/advance", { method: "POST", headers, body: JSON.stringify({ by: millis + " millis" }) })
const submit = () => fetch(url + "/runwayml/v1/character_performance", { method: "POST", headers, body })
;(async () => {
  let answer = await submit()
  while (answer.status === 429) {
    await sleep(answer.headers.get("retry-after") * 100)
    answer = await submit()
  }
  const { id } = await answer.json()
  let task = {}
  while (task.status !== "SUCCEEDED") {
    await sleep(1000)
    task = await (await fetch(url + "/runwayml/v1/tasks/" + id, { headers })).json()
  }
})()
`

const shell = `
mock() { curl --silent --show-error --header "Authorization: Bearer $KEY" --header 'Content-Type: application/json' --header 'X-Runway-Version: 2024-11-06' "$@"; }
sleep() { mock "$MOCK/_mock/clock/advance" --output /dev/null --data "{ \\"by\\": \\"$1 seconds\\" }"; }
submit() { mock "$MOCK/runwayml/v1/character_performance" --data "$BODY"; }
submit > /dev/null
sleep 3
id=$(submit | cut -d '"' -f 4)
sleep 1
mock "$MOCK/runwayml/v1/tasks/$id"
sleep 1
mock "$MOCK/runwayml/v1/tasks/$id"
until mock "$MOCK/runwayml/v1/tasks/$id" | grep '"status":"SUCCEEDED"'; do sleep 20; done
`

describe("a manual clock", () => {
  let mock: Running
  beforeAll(async () => {
    mock = await RunwayMock.start({ port: 0, clock: "manual" })
  })
  afterAll(() => mock.stop())

  it("stands still, whatever is polled, until somebody sleeps", async () => {
    await using world = openWorld(mock, { allow: ["never-collected"] })
    const begin = world.clock().now
    const submitted = await fetch(`${mock.url}/runwayml/v1/character_performance`, {
      method: "POST",
      headers: headers(world.key),
      body: JSON.stringify(performance)
    })
    expect(submitted.status).toBe(200)
    await fetch(`${mock.url}/runwayml/v1/tasks/${world.tasks()[0]?.id}`, { headers: headers(world.key) })
    expect(world.clock()).toEqual({ now: begin, clock: "manual", scale: 1 })
    await world.sleep(1500)
    expect(Date.parse(world.clock().now) - Date.parse(begin)).toBe(1500)
  })

  it("finds nothing in a client that sleeps as it was told", async () => {
    await withWorld(mock, { key: "polite" }, async (world) => {
      world.inject(limited)
      await client(world, 5000, 1)
    })
  })

  it("finds a rude client in TypeScript, which a virtual clock cannot", async () => {
    await using virtual = await RunwayMock.start({ port: 0, clock: "virtual" })
    for (const [each, found] of [
      [mock, rude],
      [virtual, []]
    ] as const) {
      const world = openWorld(each, { allow: rude })
      world.inject(limited)
      await client(world, 1000, 0.1)
      expect(world.report().findings.map(({ kind }) => kind)).toEqual(found)
      await world[Symbol.asyncDispose]()
    }
  })

  // A minute of generation passes at once. How long the programs take is not measured: nearly all of it is the start of their runtime.
  describe.each([
    { language: "plain Node", needs: [process.execPath, "--version"], command: process.execPath, args: ["-e", node] },
    { language: "Python", needs: ["python3", "--version"], command: "python3", args: ["-c", python] },
    { language: "a shell with curl", needs: ["curl", "--version"], command: "sh", args: ["-c", shell] }
  ])("in $language", ({ language, needs: [program = "", ...version], command, args }) => {
    // CI has them all; another machine need not.
    const isMissing = process.env["CI"] === undefined && spawnSync(program, version).status !== 0

    it.skipIf(isMissing)("finds a rude client, whose sleeps take no time", async () => {
      await using world = openWorld(mock, { key: `rude in ${language}`, allow: rude })
      world.inject(limited)
      const before = Date.parse(world.clock().now)
      const env = { ...process.env, MOCK: mock.url, KEY: world.key, BODY: JSON.stringify(performance) }
      await promisify(execFile)(command, args, { env })
      expect(world.report().findings.map(({ kind }) => kind)).toEqual(rude)
      expect(world.tasks()).toMatchObject([{ status: "SUCCEEDED", collected: true }])
      expect(Date.parse(world.clock().now) - before, "in the world's time").toBeGreaterThan(50_000)
    })
  })

  it("begins when it is told to, and cannot be scaled", async () => {
    await using later = await RunwayMock.start({ port: 0, clock: "manual", virtualStart: "2030-01-02T03:04:05Z" })
    expect(later.world("k").clock().now).toBe("2030-01-02T03:04:05.000Z")
    const before = Date.now()
    await using now = await RunwayMock.start({ port: 0, clock: "virtual", virtualStart: "now" })
    const began = Date.parse(now.world("k").clock().now)
    expect(began >= before && began <= Date.now()).toBe(true)
    for (const [options, why] of [
      [{ clock: "manual", scale: 2 }, /scale.*has no meaning for a manual clock/],
      [{ clock: "manual", virtualStart: "soon" }, /virtualStart.*must be "now" or a time.*got "soon"/],
      [{ virtualStart: "now" }, /virtualStart.*is for a virtual or a manual clock/]
    ] as const)
      await expect(RunwayMock.start({ port: 0, ...options })).rejects.toThrow(why)
  })
})

describe("the fixture", () => {
  test.override({ mockOptions: { clock: "manual", allow: rude } })
  test("gives a test's program its sleep", async ({ mock }) => {
    mock.inject(limited)
    await client(mock, 1000, 0.1)
    expect(mock.report().findings.map(({ kind }) => kind)).toEqual(rude)
  })
})
