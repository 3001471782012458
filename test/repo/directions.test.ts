import { describe, expect, it } from "vitest"
import { planted } from "../support/Planted.ts"

const lint = planted()

/** The linter judges each import at its place: all of them in one run, because a run takes longer than all that it looks at. */
const judged = (cases: ReadonlyArray<readonly [place: string, source: string]>) => {
  const sources = new Map<string, Array<string>>()
  for (const [place, source] of cases) sources.set(place, [...(sources.get(place) ?? []), source])
  const line = (source: string, index: number) => `export { something as used${index} } from "${source}"\n`
  const files = Object.fromEntries([...sources].map(([place, all]) => [place, all.map(line).join("")]))
  let refused: ReadonlySet<string> | undefined
  return (place: string, source: string): boolean => {
    refused ??= new Set(
      lint(files)
        .findings.filter(({ rule }) => rule === "lint/style/noRestrictedImports")
        .map(({ place, line }) => `${place} ${sources.get(place)?.[line - 1]}`)
    )
    return refused.has(`${place} ${source}`)
  }
}

/** Says of each import, in a test of its own, that the linter refuses it, or that it does not. */
const expectEach = (
  title: string,
  refused: boolean,
  cases: ReadonlyArray<readonly [place: string, source: string]>
): void => {
  const refuses = judged(cases)
  it.each(cases)(title, (place, source) => {
    expect(refuses(place, source)).toBe(refused)
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

  it("no two modules of the client may import each other", () => {
    const one = `import { two } from "./Two.ts"\nexport const one = () => two\n`
    const two = `import { one } from "./One.ts"\nexport const two = () => one\n`
    const circle = lint({ "src/download/One.ts": one, "src/download/Two.ts": two })
    expect(circle.refused).toBe(true)
    expect(circle.said).toContain("noImportCycles")
    const line = lint({ "src/download/One.ts": one, "src/download/Two.ts": "export const two = 2\n" })
    expect(line.refused).toBe(false)
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
