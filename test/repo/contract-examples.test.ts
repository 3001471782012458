import { execFile, spawnSync } from "node:child_process"
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { RunwayMock } from "cometapi-runway-mock"
import { afterAll, describe, expect, it } from "vitest"

const folder = mkdtempSync(join(tmpdir(), "contract-test-"))
afterAll(() => rmSync(folder, { recursive: true }))

const home = join("examples", "contract-test", "python")
const command = `"${process.execPath}" "${join(process.cwd(), "mock", "src", "bin.ts")}"`

/** What `python3 -m unittest` says in a folder. */
const unittest = (cwd: string, env: Readonly<Record<string, string>>) =>
  new Promise<{ readonly code: number; readonly said: string }>((resolve) =>
    execFile(
      "python3",
      ["-B", "-W", "error", "-m", "unittest"],
      { cwd, env: { PATH: process.env["PATH"], ...env } },
      (error, out, err) => resolve({ code: error === null ? 0 : 1, said: out + err })
    )
  )

/** CI has Python; a machine without it need not. */
const missing = spawnSync("python3", ["--version"]).status !== 0 && process.env["CI"] === undefined

describe.skipIf(missing)("the Python program's contract tests", () => {
  it("fail for a program that sends a POST again whose answer was lost, and say what it paid", async () => {
    cpSync(home, folder, { recursive: true })
    const app = join(folder, "app.py")
    const right = readFileSync(app, "utf8")
    const naive = right.replace('raise OutcomeUnknown("no answer to the POST") from error', "continue")
    expect(naive).not.toBe(right)
    writeFileSync(app, naive)
    const { code, said } = await unittest(folder, { MOCK_COMMAND: command })
    expect(code).toBe(1)
    expect(said).toContain("FAIL: test_an_answer_that_is_lost_is_not_asked_for_again")
    expect(said).toContain("The same body was accepted, and charged, twice")
  })

  it("say so when the mock does not start", async () => {
    const { code, said } = await unittest(home, { MOCK_COMMAND: `${command} --scenario hapy` })
    expect(code).toBe(1)
    expect(said).toContain('the mock did not start: there is no scenario "hapy"')
  })

  it("pass with a mock that they start themselves", async () => {
    const { code, said } = await unittest(home, { MOCK_COMMAND: command })
    expect(said).toMatch(/Ran 7 tests in [\s\S]*\n\nOK\n$/)
    expect(code).toBe(0)
  })

  it("pass with one that runs already", async () => {
    await using mock = await RunwayMock.start({ port: 0, clock: "manual" })
    const { code, said } = await unittest(home, { MOCK_URL: mock.url })
    expect(said).toMatch(/Ran 7 tests in [\s\S]*\n\nOK\n$/)
    expect(code).toBe(0)
    expect(mock.worlds(), "they leave nothing behind").toEqual([])
  })
})

describe("the page about testing", () => {
  const page = readFileSync(join("docs", "testing.md"), "utf8")

  it("has a curl session that does what its comments say", async () => {
    const [, session = ""] = /### curl\n[\s\S]*?```sh\n([\s\S]*?)```/.exec(page) ?? []
    await using mock = await RunwayMock.start({ port: 0, clock: "manual" })
    const said = await new Promise<string>((resolve) =>
      execFile(
        "sh",
        ["-eu", "-c", session],
        { env: { PATH: process.env["PATH"], MOCK_URL: mock.url } },
        (error, out, err) => resolve(`${out}${err}${error === null ? "" : error.message}`)
      )
    )
    const told = [
      ...[
        '"id":"fault-1"',
        "curl ended with 52",
        '"status":"SUCCEEDED"',
        '"clean":true,"submissions":1,"accepted":1,"polls":12'
      ],
      ...['"clean":false,"submissions":2', '"kind":"duplicate-submission"']
    ]
    const places = told.map((text) => said.indexOf(text))
    expect(places, said).not.toContain(-1)
    expect(places, said).toEqual(places.toSorted((one, other) => one - other))
    expect(mock.worlds(), "its last line resets the world").toEqual([])
  })
})
