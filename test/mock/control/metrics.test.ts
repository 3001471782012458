import { assert, describe, it } from "@effect/vitest"
import { RunwayMock } from "cometapi-runway-mock"
import { get, headers, post } from "../Support.ts"

/** The samples of a text for Prometheus: each series and its value. Every other line must be a comment. */
const samples = (text: string): Record<string, number> =>
  Object.fromEntries(
    text
      .trim()
      .split("\n")
      .flatMap((line) => {
        const [, series, value] = /^(\w+(?:\{(?:\w+="[^"]*",?)*\})?) (\S+)$/.exec(line) ?? []
        if (series === undefined) assert.match(line, /^# (HELP|TYPE) cometapi_runway_mock_\w+ \S/)
        return series === undefined ? [] : [[series.replace("cometapi_runway_mock_", ""), Number(value)]]
      })
  )

describe("the metrics", () => {
  it("count requests, tasks, findings, faults and money, and say of each what it is", async () => {
    await using mock = await RunwayMock.start({ port: 0, clock: "manual" })
    const read = async () => samples(await (await fetch(`${mock.url}/_mock/metrics`)).text())
    const world = mock.world("test-metrics")
    world.inject({ on: "poll", kind: "status", status: 503, once: true })
    const { id } = await (await post(fetch, mock.url, "test-metrics")).json()
    await (await post(fetch, mock.url, "test-metrics")).text()
    await (await get(fetch, id, mock.url, "test-metrics")).text()
    world.finish(id)
    world.advance("6 seconds")
    await (await get(fetch, id, mock.url, "test-metrics")).text()
    assert.deepStrictEqual(await read(), {
      'requests_total{operation="submit",status="200"}': 2,
      'requests_total{operation="poll",status="503"}': 1,
      'requests_total{operation="poll",status="200"}': 1,
      'faults_total{operation="poll",kind="status"}': 1,
      worlds: 1,
      'tasks{state="SUCCEEDED"}': 1,
      'tasks{state="PENDING"}': 1,
      'findings{kind="duplicate-submission"}': 1,
      'findings{kind="never-collected"}': 1,
      'money_jobs{what="accepted"}': 2,
      'money_jobs{what="collected"}': 1,
      'money_jobs{what="orphaned"}': 0,
      'money_jobs{what="paidTwice"}': 1,
      'money_dollars{what="accepted"}': 0.8,
      'money_dollars{what="collected"}': 0.4,
      'money_dollars{what="orphaned"}': 0,
      'money_dollars{what="paidTwice"}': 0.4
    })
    // A world takes what is about it along; what was counted stays counted.
    world.reset()
    const after = await read()
    assert.strictEqual(after['requests_total{operation="submit",status="200"}'], 2)
    assert.isUndefined(after['tasks{state="SUCCEEDED"}'])
  })

  it("are each mock's own, and name no key", async () => {
    await using first = await RunwayMock.start({ port: 0 })
    await using second = await RunwayMock.start({ port: 0 })
    await (await post(fetch, first.url, "test-named-key", { headers: headers("test-named-key") })).text()
    const text = await (await fetch(`${first.url}/_mock/metrics`)).text()
    assert.notInclude(text, "test-named-key")
    assert.deepStrictEqual(samples(await (await fetch(`${second.url}/_mock/metrics`)).text()), { worlds: 0 })
  })
})
