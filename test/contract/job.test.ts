import { readFileSync } from "node:fs"
import { type Running, RunwayMock, type Scenario } from "cometapi-runway-mock"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { parse } from "yaml"
import { respect, workflowFile } from "../support/Respect.ts"

const key = "canary-7f3a9c51d2e84b60"
/** A provider that has changed the type of a field. */
const drifted: Scenario = {
  name: "drifted",
  timeline: [{ state: "succeeded", with: { createdAt: 5 } }],
  outsideContract: true
}

let mock: Running

beforeAll(async () => {
  mock = await RunwayMock.start({ port: 0, clock: "virtual", scenarios: [drifted] })
})
afterAll(() => mock.stop())

describe("the job as a document", () => {
  it("is true of the mock, in the eyes of Redocly's respect", async () => {
    const { code, text, workflows, checks } = await respect({ url: mock.url, key })
    expect(workflows, text).toBe("4 passed, 4 total")
    expect(checks).toBe("50 passed, 50 total")
    expect(code).toBe(0)
    const { submissions, findings } = mock.world(key).report()
    expect(submissions, "each workflow pays once").toBe(4)
    expect(
      findings.map(({ kind }) => kind),
      "all four send the same body"
    ).toEqual(["duplicate-submission"])
  })

  it.each(["happy", "failed-asset"])(
    "masks the key where every request is printed, in a job that is %s",
    async (life) => {
      const secret = `mock-${life}-${key}`
      const { text } = await respect({ url: mock.url, key: secret, workflow: "generate", verbose: true })
      expect(text).toMatch(/authorization: Bearer \*+\s/)
      expect(text).not.toContain(key)
    }
  )

  it("finds the video in the envelope too, so that it can be run before the provider's shape is known", async () => {
    const { code, text, checks } = await respect({ url: mock.url, key: "mock-envelope-job", workflow: "generate" })
    expect(checks, text).toBe("12 passed, 12 total")
    expect(code).toBe(0)
  })

  it("ends at once, and fails, where the task fails", async () => {
    const { code, text } = await respect({ url: mock.url, key: "mock-failed-asset-job", workflow: "generate" })
    expect(code).toBe(1)
    expect(text).toContain("Workflows: 1 failed, 1 total")
    const [task] = mock.world("mock-failed-asset-job").tasks()
    expect(task?.ended).toBe(true)
    expect(mock.world("mock-failed-asset-job").report().submissions).toBe(1)
  })

  it("has a workflow that takes FAILED for its success, and nothing else", async () => {
    const edit = (document: string) => document.replace("failed-safety-input", "happy")
    const { code, text } = await respect({ url: mock.url, key: "job-failed", workflow: "failed", edit })
    expect(text).toContain("Workflows: 1 failed, 1 total")
    expect(code).toBe(1)
    expect(mock.world("job-failed").tasks()[0]?.ended, "it ended at once, and was not polled half an hour").toBe(true)
  })

  it("gives up on a task that does not end after as many looks as its retryLimit says", async () => {
    const edit = (document: string) => document.replace(/retryLimit: \d+/, "retryLimit: 3")
    const { code } = await respect({ url: mock.url, key: "mock-stuck-job", workflow: "generate", edit })
    expect(code).toBe(1)
    expect(mock.world("mock-stuck-job").tasks()[0]?.polls).toBe(4)
  })

  it("sends a submission never again, whatever is answered", async () => {
    mock.world("job-lost").inject({ on: "submit", kind: "status", status: 504, accepted: true })
    const { code } = await respect({ url: mock.url, key: "job-lost", workflow: "generate" })
    expect(code).toBe(1)
    expect(mock.world("job-lost").report().submissions).toBe(1)
  })

  it("fails where a finished task breaks the contract", async () => {
    const edit = (document: string) => document.replace(/retryLimit: \d+/, "retryLimit: 1")
    const { code, text } = await respect({ url: mock.url, key: "mock-drifted", workflow: "generate", edit })
    expect(text).toMatch(/✗ schema check/)
    expect(code).toBe(1)
  })

  it("polls as seldom as Runway asks, outside of the tests", () => {
    const text = readFileSync(workflowFile, "utf8")
    const waits = [...text.matchAll(/retryAfter: (\d+)/g)].map(([, seconds]) => Number(seconds))
    expect(waits).toEqual([5])
  })
})

describe("the contract's links", () => {
  it("lead from an accepted job to its task, with the id that was answered", () => {
    const { components, paths } = parse(readFileSync("openapi/cometapi-runway.yaml", "utf8"))
    const { task } = components.responses.Accepted.links
    expect(task.parameters).toEqual({ id: "$response.body#/id" })
    expect(paths["/runwayml/v1/tasks/{id}"].get.operationId).toBe(task.operationId)
    expect(paths["/runwayml/v1/tasks/{id}"].get.parameters[0]).toMatchObject({ name: "id", in: "path" })
  })
})
