import { spawnSync } from "node:child_process"
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join, resolve } from "node:path"
import { afterEach, beforeEach, describe, expect, it } from "vitest"
import { parse } from "yaml"
import manifest from "../../mock/package.json" with { type: "json" }
import { headers, performance } from "../mock/Support.ts"

// The action and the container file are for machines that are not here. What of them is a shell's or a file's is tried: the steps run in bash, with files in the
// place of GitHub's, and whatever is named has to be there.

interface Step {
  readonly name?: string
  readonly uses?: string
  readonly run?: string
  readonly env?: Readonly<Record<string, string>>
}
interface Action {
  readonly inputs: Readonly<Record<string, { readonly default: string }>>
  readonly outputs: Readonly<Record<string, { readonly value: string }>>
  readonly runs: { readonly using: string; readonly steps: ReadonlyArray<Step & { readonly id?: string }> }
}
const read = <A>(file: string): A => parse(readFileSync(file, "utf8"))

/** A job: what its steps write into GitHub's files is there for the next one. */
class Job {
  readonly folder = mkdtempSync(join(tmpdir(), "action-"))
  readonly outputs = new Map<string, string>()
  readonly #env = new Map<string, string>()

  file = (name: string): string => {
    const path = join(this.folder, name)
    return existsSync(path) ? readFileSync(path, "utf8") : ""
  }

  /** Runs an action's steps as GitHub would, except that everything is installed already. */
  use(
    folder: string,
    inputs: Readonly<Record<string, string>> = {}
  ): { readonly status: number; readonly said: string } {
    const action = read<Action>(join(folder, "action.yml"))
    expect(action.runs.using).toBe("composite")
    let said = ""
    for (const { name, run = "", env = {} } of action.runs.steps) {
      if (name === "Install") continue
      const filled = (text: string) =>
        text.replace(/\$\{\{ inputs\.(\w+) \}\}/g, (_, input) => inputs[input] ?? action.inputs[input]?.default ?? "?")
      const step = spawnSync("bash", ["--noprofile", "--norc", "-eo", "pipefail", "-c", run], {
        encoding: "utf8",
        env: {
          PATH: process.env["PATH"],
          RUNNER_TEMP: this.folder,
          GITHUB_ACTION_PATH: resolve(folder),
          GITHUB_ENV: join(this.folder, "env"),
          GITHUB_OUTPUT: join(this.folder, "output"),
          GITHUB_STEP_SUMMARY: join(this.folder, "summary"),
          ...Object.fromEntries(this.#env),
          ...Object.fromEntries(Object.entries(env).map(([key, text]) => [key, filled(text)]))
        }
      })
      for (const [file, map] of [["env", this.#env] as const, ["output", this.outputs] as const])
        for (const [, key = "", value = ""] of this.file(file).matchAll(/^(\w+)=(.*)$/gm)) map.set(key, value)
      said += step.stdout + step.stderr
      if (step.status !== 0) return { status: step.status ?? -1, said }
    }
    return { status: 0, said }
  }

  end(): void {
    const pid = Number(this.#env.get("RUNWAY_MOCK_PID"))
    try {
      if (pid > 0) process.kill(pid)
    } catch {
      // It has ended already.
    }
    rmSync(this.folder, { recursive: true })
  }
}

describe("the action", () => {
  let job: Job
  beforeEach(() => {
    job = new Job()
  })
  afterEach(() => job.end())

  /** A program that pays twice for one thing. */
  const payTwice = async (url: string) => {
    for (const _ of [1, 2])
      await fetch(`${url}/runwayml/v1/character_performance`, {
        method: "POST",
        headers: headers("test-shop"),
        body: JSON.stringify(performance)
      })
  }

  it("starts a mock, says where it is, reports what was found and stops it", async () => {
    expect(job.use("mock/action", { clock: "manual", args: "--concurrency 2 --daily 9" })).toMatchObject({ status: 0 })
    const url = job.outputs.get("url") ?? ""
    expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/)
    expect(await (await fetch(`${url}/_mock/health`)).json()).toMatchObject({ status: "ok", clock: "manual" })
    const account = await fetch(`${url}/_mock/account`, { headers: headers("test-shop") })
    expect(await account.json()).toEqual({ concurrency: 2, daily: 9 })
    await payTwice(url)
    const { status, said } = job.use("mock/action/report")
    expect(status).toBe(1)
    expect(said).toMatch(/^test-shop: The client did [\s\S]*- duplicate-submission: /)
    expect(job.file("summary")).toMatch(/^### Runway mock\n\n {4}test-shop: /)
    expect(job.outputs.get("clean")).toBe("false")
    await expect
      .poll(
        () =>
          fetch(url).then(
            () => "up",
            () => "down"
          ),
        { timeout: 30_000 }
      )
      .toBe("down")
  })

  it("fails for no finding where that is asked for, and lets the kinds pass that are allowed", async () => {
    job.use("mock/action")
    await payTwice(job.outputs.get("url") ?? "")
    const { status, said } = job.use("mock/action/report", { fail: "false", allow: "never-collected" })
    expect([status, job.outputs.get("clean")]).toEqual([0, "false"])
    expect(said).toContain("duplicate-submission")
    expect(said).not.toContain("never-collected")
  })

  it("says so where no request came", () => {
    job.use("mock/action")
    const { status, said } = job.use("mock/action/report")
    expect([status, said]).toEqual([0, "The mock received no request. Does your program use RUNWAY_MOCK_URL?\n"])
  })

  it("says why where the mock does not start, and leaves nothing behind", () => {
    const { status, said } = job.use("mock/action", { args: "--scenario hapy" })
    expect(status).toBe(1)
    expect(said).toContain("::error title=Runway mock::The mock did not start")
    expect(said).toContain('there is no scenario \\"hapy\\"')
    expect(job.outputs.size).toBe(0)
  })

  it.each(["mock/action", "mock/action/report"])(
    "%s: its outputs are of its own steps, and its inputs are used",
    (folder) => {
      const { inputs, outputs, runs } = read<Action>(join(folder, "action.yml"))
      for (const { value } of Object.values(outputs)) {
        const [, id] = /^\$\{\{ steps\.(\w+)\.outputs\.\w+ \}\}$/.exec(value) ?? []
        expect(runs.steps.map((step) => step.id)).toContain(id)
      }
      const text = JSON.stringify(runs)
      for (const name of Object.keys(inputs)) expect(text).toContain(`inputs.${name} `)
      // An input that stands in a script's text could end a command and begin another.
      for (const { run = "" } of runs.steps) expect(run).not.toContain("${{")
    }
  )
})

describe("the workflows", () => {
  const workflows = readdirSync(".github/workflows").map((name) => join(".github/workflows", name))

  it.each(workflows)("%s names only actions of this repository that are there", (file) => {
    const { jobs } = read<{ readonly jobs: Readonly<Record<string, { readonly steps?: ReadonlyArray<Step> }>> }>(file)
    const local = Object.values(jobs).flatMap(({ steps = [] }) =>
      steps.flatMap(({ uses = "" }) => (uses.startsWith("./") ? [uses] : []))
    )
    expect(local.filter((uses) => !existsSync(join(uses, "action.yml")))).toEqual([])
  })
})

describe("the container file", () => {
  const text = readFileSync("mock/Dockerfile", "utf8")
  const lines = text.replace(/\\\n/g, " ").split("\n")
  const instruction = (name: string) => lines.filter((line) => line.startsWith(`${name} `))

  it("starts the program that the package has, and its health check asks for a control that there is", () => {
    const [, list = "[]"] = /^ENTRYPOINT (.*)$/.exec(instruction("ENTRYPOINT")[0] ?? "") ?? []
    const command: ReadonlyArray<string> = JSON.parse(list)
    const source = manifest.bin["cometapi-runway-mock"]
    expect(command[1]).toBe(join("node_modules", manifest.name, source.replace(/^src/, "lib").replace(/ts$/, "js")))
    expect(command.slice(2)).toEqual(["--host", "0.0.0.0"])
    expect(text).toContain("http://127.0.0.1:4010/_mock/health")
  })

  it("is nobody special's at the end, and installs the effect that the repository has", () => {
    expect(instruction("USER")).toEqual(["USER node"])
    const { version } = JSON.parse(readFileSync("node_modules/effect/package.json", "utf8"))
    expect(text).toContain(`effect@${version}`)
  })

  it("copies the repository without what a machine made, and packs what the build writes", () => {
    expect(instruction("COPY")).toContain("COPY . .")
    expect(readFileSync("mock/Dockerfile.dockerignore", "utf8").split("\n")).toContain("**/node_modules")
  })
})
