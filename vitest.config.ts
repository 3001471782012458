import { defineConfig } from "vitest/config"

/**
 * What takes long: tests that start many processes, and proofs. Of everything that they look into, one short test stays in `npm test`.
 *
 * `npx vitest run FILE` runs any file, whichever list it is on.
 */
const long = [
  "test/cli/{again,batch,batch-ends,batch-memory,ledger,refusals,signals,terminal}.test.ts",
  "test/contract/drift.test.ts",
  "test/durable/**/*.test.ts",
  "test/generation/plugin.test.ts",
  "test/ledger/{model,postgres,processes}.test.ts",
  "test/guides/guides.test.ts",
  "test/mcp/server.test.ts",
  "test/mock/{command,control/refusals,record/memory}.test.ts",
  "test/preflight/hostile.test.ts",
  "test/proof/{any-operation,secrets}.test.ts",
  "test/proof/fuzz/mutants.test.ts",
  "test/proof/{matrix,model}/*.test.ts",
  "test/repo/{action,contract-examples,diff}.test.ts"
]

/**
 * Of what is not long, what starts processes, compiles TypeScript or runs a generator: few files, and much of the time. `npm test` runs it too, `npm run test:fast` leaves it out.
 */
const slow = [
  "test/{archive/folder,contract/generated,generation/size}.test.ts",
  "test/cli/*.test.ts",
  "test/client/{download/limits,interrupting,printed}.test.ts",
  "test/mock/{fixture,manual}.test.ts",
  "test/mock/provider/referee.test.ts",
  "test/repo/{changesets,directions,docs,offline,project}.test.ts"
]

/** What another command runs, with a configuration of its own. */
const elsewhere = ["test/package/**", "test/page/**"]

export default defineConfig({
  test: {
    // One more than the cores of a small machine: the command's tests mostly wait for its processes.
    maxWorkers: 3,
    // Files share a worker's modules, none of which keeps state between tests: loading Prism and Effect anew for each takes a quarter of the time.
    isolate: false,
    // No test measures time; this only ends one that hangs, on a machine however busy.
    testTimeout: 60_000,
    hookTimeout: 60_000,
    projects: [
      {
        extends: true,
        test: { name: "fast", include: ["{test,examples}/**/*.test.ts"], exclude: [...elsewhere, ...long, ...slow] }
      },
      { extends: true, test: { name: "slow", include: slow, exclude: long } },
      { extends: true, test: { name: "long", include: long } }
    ]
  }
})
