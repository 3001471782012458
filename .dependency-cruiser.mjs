/**
 * The floors of both packages, from top to bottom: a room (a file, or a folder when its path ends with "/") imports
 * from floors below its own, never from one above and never from another room beside it. `npm run check:floors`
 * reads this file.
 */
const client = [
  ["src/cli/"],
  ["src/mcp/"],
  ["src/index.ts", "src/promise.ts", "src/Archive.ts", "src/AssetStore.ts", "src/Ledger.ts", "src/Preflight.ts"],
  ["src/promise/"],
  ["src/CharacterPerformance.ts"],
  ["src/Job.ts"],
  ["src/Task.ts"],
  ["src/Wait.ts"],
  ["src/Runway.ts"],
  ["src/Stub.ts"],
  ["src/Settings.ts", "src/Submission.ts", "src/Reading.ts"],
  ["src/Purchase.ts"],
  ["src/archive/", "src/assets/", "src/preflight/"],
  ["src/download/"],
  ["src/Options.ts"],
  ["src/request/"],
  ["src/RunwayError.ts", "src/Poll.ts"],
  ["src/ledger/", "src/task/", "src/Finding.ts"],
  ["src/Bindings.ts", "src/FailureCode.ts", "src/Shown.ts", "src/Time.ts"],
  ["src/Defined.ts", "src/RequestHeaders.ts"],
  ["generated/"]
]

const mock = [
  ["mock/src/bin.ts", "mock/src/vitest.ts", "mock/src/jest.ts"],
  ["mock/src/Command.ts"],
  ["mock/src/index.ts"],
  ["mock/src/testing/"],
  ["mock/src/RunwayMock.ts"],
  ["mock/src/Configuration.ts"],
  ["mock/src/Options.ts"],
  ["mock/src/doors/", "mock/src/control/"],
  ["mock/src/recording/"],
  ["mock/src/provider/", "mock/src/file/", "mock/src/state/"],
  ["mock/src/world/"],
  ["mock/src/record/"],
  ["mock/src/faults/"],
  ["mock/src/contract/"],
  ["mock/src/MockError.ts", "mock/src/Time.ts", "mock/src/Unknown.ts", "mock/src/BundledFile.ts"],
  ["generated/"]
]

const durable = [
  ["durable/src/cli/"],
  ["durable/src/index.ts"],
  ["durable/src/Cluster.ts"],
  ["durable/src/Engine.ts", "durable/src/Runs.ts"],
  ["durable/src/Generate.ts"],
  ["durable/src/Claims.ts", "durable/src/Handover.ts"]
]

const pattern = (paths) =>
  `^(${paths.map((path) => (path.endsWith("/") ? path : `${path}$`)).join("|")})`.replaceAll(".", "\\.")

const rule = (name, comment, from, to) => ({ name, comment, severity: "error", from, to })

/** No floor imports from one above, and no room from another room of its floor. */
const floors = (list) =>
  list.flatMap((rooms, index) =>
    rooms.flatMap((room) => {
      const forbidden = [...list.slice(0, index).flat(), ...rooms.filter((other) => other !== room)]
      const comment = "Imports run down the floors of .dependency-cruiser.mjs, never up and never across."
      return forbidden.length === 0
        ? []
        : [rule(`${room} stands below`, comment, { path: pattern([room]) }, { path: pattern(forbidden) })]
    })
  )

const everyRoom = (list) => pattern(list.flat())

export default {
  forbidden: [
    ...floors(client),
    ...floors(mock),
    ...floors(durable),
    rule(
      "no room without a floor",
      "Give the new module a floor in .dependency-cruiser.mjs.",
      {},
      {
        path: "^(src|mock/src|durable/src)/",
        pathNot: [everyRoom(client), everyRoom(mock), everyRoom(durable)]
      }
    ),
    rule("no import cycles", "Data travels one way.", {}, { circular: true }),
    rule(
      "what reads and waits never downloads",
      "Only who saves a video pays for the downloader.",
      { path: "^src/(Runway|Wait)\\.ts$|^src/promise/(?!Disk\\.ts$)" },
      { path: "^src/download/" }
    ),
    rule(
      "the disk is apart from the client",
      "Disk.ts is loaded when a video is saved; it needs no service.",
      { path: "^src/promise/Disk\\.ts$" },
      { path: "^src/(Runway|Settings|Submission|Job)\\.ts$" }
    ),
    rule(
      "requests know nothing of the ledger",
      "Purchase.ts is where a request and the ledger meet; an error may carry the ledger's reasons.",
      { path: "^src/(request/|Poll\\.ts|RunwayError\\.ts)" },
      { path: "^src/ledger/", pathNot: "^src/ledger/LedgerError\\.ts$" }
    ),
    rule(
      "the client never meets the mock",
      "The client knows generated/ and nothing else of this repository; only the command's --mock loads the mock.",
      { path: "^src/", pathNot: "^src/cli/Mock\\.ts$" },
      { path: "^(mock|durable|test|scripts|openapi)/" }
    ),
    rule(
      "the mock never meets the client",
      "The mock is a second, independent reading of the contract.",
      { path: "^mock/" },
      { path: "^(src|durable|test|scripts)/" }
    ),
    rule(
      "durable jobs stand on the published client",
      "They know the client by its package's name and what that exports; only the command's --mock loads the mock.",
      { path: "^durable/", pathNot: "^durable/src/cli/Mock\\.ts$" },
      { path: "^(src/(?!(index|Archive|Ledger|promise|Bindings)\\.ts$)|mock|generated|test|scripts)" }
    ),
    rule(
      "the library runs anywhere",
      "Only the command and what writes to a disk may use Node.",
      { path: "^src/", pathNot: "^src/(cli/|promise/Disk\\.ts$)" },
      { path: ["@effect/platform-node"], dependencyTypes: ["npm-peer", "npm-dev", "npm", "npm-no-pkg"] }
    ),
    rule(
      "no module of Node in the library",
      "Only the command may import a module of Node directly.",
      { path: "^src/", pathNot: "^src/cli/" },
      { dependencyTypes: ["core"] }
    ),
    rule(
      "Effect by module",
      'Import a module, `import * as Effect from "effect/Effect"`, never the whole of Effect.',
      { path: "^(src|mock)/" },
      { path: "node_modules/(effect|@effect/platform-node)/dist/index\\." }
    ),
    rule(
      "generation stands before what it generates",
      "Scripts read the contract only.",
      { path: "^scripts/", pathNot: "^scripts/platforms/" },
      { path: "^(src|mock|generated)/" }
    )
  ],
  options: {
    doNotFollow: { path: "node_modules" },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: "tsconfig.json" },
    enhancedResolveOptions: { conditionNames: ["import", "default"], exportsFields: ["exports"] }
  }
}
