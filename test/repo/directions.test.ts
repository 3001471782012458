import { spawnSync } from "node:child_process"
import { cpSync, mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import * as Schema from "effect/Schema"
import { beforeAll, describe, expect, it } from "vitest"

const Report = Schema.fromJsonString(
  Schema.Struct({
    summary: Schema.Struct({
      violations: Schema.Array(
        Schema.Struct({ from: Schema.String, to: Schema.String, rule: Schema.Struct({ name: Schema.String }) })
      )
    })
  })
)

/** A module for each import: two imports of one module would be told apart only by what they name. */
type Case = readonly [place: string, source: string]

/** A folder with the repository's floors and packages and no module but the planted ones. */
const withoutModules = (): string => {
  const root = realpathSync(mkdtempSync(join(tmpdir(), "directions-")))
  mkdirSync(join(root, "mock"))
  for (const file of ["package.json", "mock/package.json", "tsconfig.json", ".dependency-cruiser.mjs"]) {
    cpSync(file, join(root, file))
  }
  mkdirSync(join(root, "node_modules/@effect"), { recursive: true })
  for (const library of ["effect", "@effect/platform-node"]) {
    symlinkSync(realpathSync(join("node_modules", library)), join(root, "node_modules", library))
  }
  symlinkSync(root, join(root, "node_modules/cometapi-runway"))
  symlinkSync(join(root, "mock"), join(root, "node_modules/cometapi-runway-mock"))
  for (const index of ["src/index.ts", "mock/src/index.ts"]) write(root, index, "export {}\n")
  return root
}

const write = (root: string, place: string, text: string): void => {
  mkdirSync(dirname(join(root, place)), { recursive: true })
  writeFileSync(join(root, place), text)
}

/** What the check of the floors says of these modules. */
const violations = (files: Readonly<Record<string, string>>) => {
  const root = withoutModules()
  try {
    for (const [place, text] of Object.entries(files)) write(root, place, text)
    const folders = ["src", "mock/src", "scripts", "test"]
    for (const folder of folders) mkdirSync(join(root, folder), { recursive: true })
    const { stdout } = spawnSync(
      "depcruise",
      ["--config", ".dependency-cruiser.mjs", "--output-type", "json", ...folders],
      { cwd: root, encoding: "utf8", maxBuffer: 1 << 26 }
    )
    return Schema.decodeSync(Report)(stdout).summary.violations
  } finally {
    rmSync(root, { recursive: true })
  }
}

const target = (place: string, source: string) => join(dirname(place), source)

/** Those of the imports, as text, that the check refuses. */
const refusedOf = (cases: ReadonlyArray<Case>): ReadonlySet<string> => {
  const imported = cases.flatMap(([place, source]) => (source.startsWith(".") ? [target(place, source)] : []))
  const files = {
    ...Object.fromEntries(imported.map((file) => [file, "export {}\n"])),
    ...Object.fromEntries(
      [...Map.groupBy(cases, ([place]) => place)].map(([place, all]) => [
        place,
        all.map(([, source]) => `import "${source}"\n`).join("")
      ])
    )
  }
  const found = violations(files).filter(({ rule }) => rule.name !== "no import cycles")
  const isRefused = ([place, source]: Case) =>
    found.some(
      ({ from, to }) => from === place && (source.startsWith(".") ? to === target(place, source) : names(to, source))
    )
  return new Set(cases.filter(isRefused).map(([place, source]) => `${place} ${source}`))
}

/** Whether a resolved path is a package's module by this name. */
const names = (path: string, source: string): boolean => {
  if (source.startsWith("node:")) return path === source.slice("node:".length)
  if (source === "cometapi-runway") return path === "src/index.ts"
  if (source === "cometapi-runway-mock") return path === "mock/src/index.ts"
  if (source === "effect") return path.endsWith("node_modules/effect/dist/index.js")
  if (source.startsWith("effect/"))
    return path.endsWith(`node_modules/effect/dist/${source.slice("effect/".length)}.js`)
  return path.includes(
    `node_modules/${source
      .split("/")
      .slice(0, source.startsWith("@") ? 2 : 1)
      .join("/")}/`
  )
}

/** Every import below. The check judges each at its place, and all of them in one run, because a run takes longer than all that it looks at. */
const planted: Array<Case> = []
let refused: ReadonlySet<string> = new Set()
beforeAll(() => {
  refused = refusedOf(planted)
})

/** Says of each import, in a test of its own, that the check refuses it, or that it does not. */
const expectEach = (title: string, isRefused: boolean, cases: ReadonlyArray<Case>): void => {
  planted.push(...cases)
  it.each(cases)(title, (place, source) => {
    expect(refused.has(`${place} ${source}`)).toBe(isRefused)
  })
}

describe("the direction of imports", () => {
  expectEach("%s may not import %s", true, [
    ["src/Task.ts", "cometapi-runway-mock"],
    ["src/Task.ts", "../mock/src/index.ts"],
    ["src/Task.ts", "./cli/Cli.ts"],
    ["src/Task.ts", "../test/support/Provider.ts"],
    ["src/Task.ts", "effect"],
    ["src/Task.ts", "node:fs"],
    ["src/cli/Cli.ts", "cometapi-runway-mock"],
    ["mock/src/world/World.ts", "../../../src/Task.ts"],
    ["mock/src/world/World.ts", "cometapi-runway"],
    ["scripts/generate.ts", "../src/index.ts"],
    ["scripts/generate.ts", "../mock/src/contract/Contract.ts"]
  ])

  expectEach("%s may import %s", false, [
    ["src/Task.ts", "../generated/schemas.gen.ts"],
    ["src/Task.ts", "effect/Effect"],
    ["src/cli/Cli.ts", "../Task.ts"],
    ["src/cli/Mock.ts", "cometapi-runway-mock"],
    ["mock/src/world/World.ts", "./Scenario.ts"],
    ["mock/src/world/World.ts", "../../../generated/schemas.gen.ts"],
    ["test/contract/first-path.test.ts", "cometapi-runway-mock"]
  ])

  // The floors of the client, from the top down: each may import what stands below it and nothing above it.
  expectEach("%s may not import %s, which is no floor below it", true, [
    ["src/index.ts", "./cli/Cli.ts"],
    ["src/CharacterPerformance.ts", "./index.ts"],
    ["src/CharacterPerformance.ts", "./cli/Described.ts"],
    ["src/Job.ts", "./CharacterPerformance.ts"],
    ["src/Task.ts", "./Job.ts"],
    ["src/Wait.ts", "./Task.ts"],
    ["src/Runway.ts", "./Wait.ts"],
    ["src/Runway.ts", "./download/Download.ts"],
    ["src/Submission.ts", "./Runway.ts"],
    ["src/Submission.ts", "./Reading.ts"],
    ["src/Reading.ts", "./Submission.ts"],
    ["src/Settings.ts", "./Runway.ts"],
    ["src/download/Download.ts", "../Submission.ts"],
    ["src/download/Host.ts", "../Runway.ts"],
    ["src/request/Exchange.ts", "../Submission.ts"],
    ["src/request/Input.ts", "../download/Host.ts"],
    ["src/request/Retry.ts", "../CharacterPerformance.ts"],
    ["src/RunwayError.ts", "./request/Answer.ts"],
    ["src/RunwayError.ts", "./ledger/Ledger.ts"],
    ["src/ledger/Ledger.ts", "../RunwayError.ts"],
    ["src/ledger/Rules.ts", "../request/Attempt.ts"],
    ["src/Purchase.ts", "./Submission.ts"],
    ["src/request/Attempt.ts", "../ledger/Ledger.ts"],
    ["src/Poll.ts", "./Wait.ts"],
    ["src/Poll.ts", "./Options.ts"],
    ["src/Options.ts", "./Settings.ts"],
    ["src/Options.ts", "./Wait.ts"],
    ["src/Options.ts", "./download/Options.ts"],
    ["src/Time.ts", "./Poll.ts"],
    ["src/task/Snapshot.ts", "../RunwayError.ts"],
    ["src/task/WireTask.ts", "../request/Answer.ts"],
    ["src/Shown.ts", "./task/Snapshot.ts"],
    ["src/promise/PaidJob.ts", "../promise.ts"],
    ["src/promise/PaidJob.ts", "../download/Download.ts"],
    ["src/promise/PaidJob.ts", "@effect/platform-node/NodePath"],
    ["src/promise/Disk.ts", "../Runway.ts"],
    ["src/promise/Disk.ts", "node:fs"],
    ["src/Job.ts", "./promise/PaidJob.ts"],
    ["src/CharacterPerformance.ts", "./promise.ts"],
    ["src/Bindings.ts", "./request/Attempt.ts"],
    // The rules for every floor hold on each of them.
    ["src/request/Attempt.ts", "node:https"],
    ["src/task/Snapshot.ts", "cometapi-runway-mock"],
    ["src/Wait.ts", "effect"],
    ["src/download/Download.ts", "../../mock/src/index.ts"],
    ["src/request/Attempt.ts", "../../test/support/Provider.ts"]
  ])

  expectEach("%s may import %s, a floor below it", false, [
    ["src/CharacterPerformance.ts", "./Job.ts"],
    ["src/ImageToVideo.ts", "./Job.ts"],
    ["src/ImageToVideo.ts", "./request/Input.ts"],
    ["src/promise.ts", "./CharacterPerformance.ts"],
    ["src/promise/PaidOperation.ts", "../Job.ts"],
    ["src/promise/Disk.ts", "../download/Download.ts"],
    ["src/promise/Disk.ts", "@effect/platform-node/NodePath"],
    ["src/Job.ts", "./Task.ts"],
    ["src/Task.ts", "./download/Download.ts"],
    ["src/Wait.ts", "./Runway.ts"],
    ["src/Settings.ts", "./Options.ts"],
    ["src/Job.ts", "./Options.ts"],
    ["src/Options.ts", "./Poll.ts"],
    ["src/Poll.ts", "./Time.ts"],
    ["src/Runway.ts", "./Submission.ts"],
    ["src/Submission.ts", "./request/Exchange.ts"],
    ["src/download/Host.ts", "../request/Answer.ts"],
    ["src/download/Options.ts", "../Options.ts"],
    ["src/download/Download.ts", "./Host.ts"],
    ["src/request/Answer.ts", "../RunwayError.ts"],
    ["src/RunwayError.ts", "./task/Snapshot.ts"],
    ["src/RunwayError.ts", "./ledger/LedgerError.ts"],
    ["src/Submission.ts", "./Purchase.ts"],
    ["src/Purchase.ts", "./ledger/Ledger.ts"],
    ["src/ledger/LedgerSql.ts", "../Shown.ts"],
    ["src/task/Snapshot.ts", "../Shown.ts"],
    ["src/task/WireTask.ts", "../../generated/schemas.gen.ts"]
  ])

  it("no two modules may import each other, and a module that no floor names is refused where it is imported", () => {
    const found = violations({
      "src/download/One.ts": `import { two } from "./Two.ts"\nexport const one = () => two\n`,
      "src/download/Two.ts": `import type { one } from "./One.ts"\nexport const two = (): typeof one | undefined => undefined\n`,
      "src/download/Three.ts": `import { two } from "./Four.ts"\nexport const three = () => two\n`,
      "src/download/Four.ts": "export const two = 2\n",
      "src/Task.ts": `import "./NewRoom.ts"\n`,
      "src/NewRoom.ts": "export {}\n"
    })
    const rulesOf = (module: string) => found.filter(({ from }) => from === module).map(({ rule }) => rule.name)
    expect(rulesOf("src/download/One.ts")).toContain("no import cycles")
    expect(rulesOf("src/download/Three.ts")).toEqual([])
    expect(rulesOf("src/Task.ts")).toEqual(["no room without a floor"])
  })
})

describe("the floors of the mock", () => {
  expectEach("%s may not import %s", true, [
    ["mock/src/testing/TestWorld.ts", "../index.ts"],
    ["mock/src/RunwayMock.ts", "./testing/TestWorld.ts"],
    ["mock/src/RunwayMock.ts", "./index.ts"],
    ["mock/src/doors/Fetch.ts", "../RunwayMock.ts"],
    ["mock/src/doors/Fetch.ts", "../control/Control.ts"],
    ["mock/src/control/Control.ts", "../doors/Guard.ts"],
    ["mock/src/control/Control.ts", "../Options.ts"],
    ["mock/src/provider/Provider.ts", "../control/Control.ts"],
    ["mock/src/provider/Provider.ts", "../doors/Fetch.ts"],
    ["mock/src/recording/Recorder.ts", "../doors/Fetch.ts"],
    ["mock/src/recording/Recorder.ts", "../control/Control.ts"],
    ["mock/src/recording/Replay.ts", "../Options.ts"],
    ["mock/src/provider/Provider.ts", "../recording/Replay.ts"],
    ["mock/src/world/Scenario.ts", "../recording/Replay.ts"],
    ["mock/src/MockError.ts", "./recording/Replay.ts"],
    ["mock/src/world/World.ts", "../provider/Provider.ts"],
    ["mock/src/record/Journal.ts", "../world/World.ts"],
    ["mock/src/faults/Fault.ts", "../record/Report.ts"],
    ["mock/src/contract/Contract.ts", "../faults/Fault.ts"],
    ["mock/src/contract/Contract.ts", "../RunwayMock.ts"],
    ["mock/src/Time.ts", "./contract/Contract.ts"],
    ["mock/src/Unknown.ts", "./Options.ts"],
    // What no part of the mock may import is refused on every floor.
    ["mock/src/contract/Contract.ts", "../../../src/Task.ts"],
    ["mock/src/Time.ts", "cometapi-runway"]
  ])

  expectEach("%s may import %s", false, [
    ["mock/src/testing/TestWorld.ts", "../RunwayMock.ts"],
    ["mock/src/RunwayMock.ts", "./control/Control.ts"],
    ["mock/src/doors/HttpServer.ts", "../provider/Incoming.ts"],
    ["mock/src/control/ControlApi.ts", "./Control.ts"],
    ["mock/src/Options.ts", "./recording/Replay.ts"],
    ["mock/src/recording/Recorder.ts", "../provider/Prism.ts"],
    ["mock/src/provider/Provider.ts", "../world/World.ts"],
    ["mock/src/world/World.ts", "../record/Journal.ts"],
    ["mock/src/record/Report.ts", "../faults/Delivery.ts"],
    ["mock/src/faults/Delivery.ts", "../contract/Answer.ts"],
    ["mock/src/contract/Contract.ts", "../Unknown.ts"]
  ])
})
