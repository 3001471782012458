/**
 * What this project claims, and the tests that would show it to be false.
 *
 * A claim is one entry here. Its short form is what `npm test` and `npm run test:long` run anyway; the long form has more cases, by environment variables that its tests read. A test that
 * tries many cases says how many, and from which seed, in its `task.meta` (see `Table.ts`); any other test is one case.
 *
 * @module
 */

/** One claim. */
export interface Claim {
  /** What it is called on the command line: `npm run proof -- fuzz`. Several claims may share a name. */
  readonly name: string
  readonly claim: string
  /** What vitest is to run. */
  readonly files: ReadonlyArray<string>
  /** What the tests read in the environment to try more cases. Left out where the long form is the short one. */
  readonly long?: Readonly<Record<string, string>>
  /** Where the cases come from, for tests that do not say so themselves. */
  readonly seed?: string
}

export const claims: ReadonlyArray<Claim> = [
  {
    name: "corpus",
    claim: "Answers of the corpus are read as they should be, and judged by the contract",
    files: ["test/client/request/corpus.test.ts", "test/client/task/corpus.test.ts", "test/contract/corpus.test.ts"]
  },
  {
    name: "fuzz",
    claim:
      "Whatever a server sends or a caller passes, each call ends in a typed result in time, pays once, loses no id and shows no secret",
    files: ["test/proof/fuzz/server.test.ts", "test/proof/fuzz/caller.test.ts", "test/proof/fuzz/mutants.test.ts"],
    long: { FUZZ_CASES: "100000" }
  },
  {
    name: "model",
    claim:
      "In random stories of submissions, faults, interruptions and restarts an intent is paid once, and each accepted job comes to its end or is listed",
    files: ["test/proof/model/model.test.ts"],
    long: { MODEL_STORIES: "5000" }
  },
  {
    name: "matrix",
    claim: "Every fault of the mock comes to what docs/faults.md says, with each operation over real sockets",
    files: ["test/proof/matrix/matrix.test.ts"],
    long: { MATRIX: "long" }
  },
  {
    name: "status",
    claim: "Nothing but the status decides the state of a task",
    files: ["test/client/task/odd-fields.test.ts"]
  },
  {
    name: "secrets",
    claim: "No key and no signed URL is shown",
    files: [
      "test/proof/secrets.test.ts",
      "test/client/shown.test.ts",
      "test/client/leaks.test.ts",
      "test/mock/safety.test.ts"
    ]
  },
  {
    name: "interrupt",
    claim: "No id of an accepted job is lost when a program is interrupted, by an abort or by SIGTERM",
    files: ["test/client/interrupting.test.ts"],
    long: { LONG: "1" },
    seed: "42"
  },
  {
    name: "ledger",
    claim:
      "The ledger's protocol pays once for an intent, in every state within the bounds, and its mutants are caught",
    files: ["test/ledger/model.test.ts"],
    long: { LEDGER_MODEL: "long" }
  },
  {
    name: "ledger",
    claim: "A ledger keeps its promises in memory, in a file and in a database, and in PostgreSQL in the long form",
    files: ["test/ledger/ledger.test.ts", "test/ledger/file.test.ts", "test/ledger/postgres.test.ts"],
    long: { LEDGER_POSTGRES: "1" }
  },
  {
    name: "ledger",
    claim: "The ledger pays once for an intent while its processes are killed, ended and frozen",
    files: ["test/ledger/processes.test.ts"],
    long: { LEDGER_CHAOS: "20" },
    seed: "1"
  },
  {
    name: "command",
    claim: "However the command is ended from outside, no id of an accepted job is lost",
    files: ["test/cli/signals.test.ts"],
    long: { COMMAND_ENDS: "20" }
  },
  {
    name: "batch",
    claim: "A batch that is killed, with one request in five going wrong, goes on and pays for each line once",
    files: ["test/cli/batch-ends.test.ts", "test/cli/batch-memory.test.ts"],
    long: { BATCH_LINES: "10000" }
  },
  {
    name: "prism",
    claim: "The mock keeps the contract, in the eyes of prism proxy, alone and with our client",
    files: ["test/mock/provider/referee.test.ts"]
  },
  {
    name: "job",
    claim: "The job as an Arazzo document is true of the mock, in the eyes of Redocly's respect",
    files: ["test/contract/job.test.ts"]
  },
  {
    name: "sdk",
    claim: "Runway's own SDK meets in the mock what it expects of the provider",
    files: ["test/referees/runway-sdk.test.ts", "test/referees/runway-sdk-own.test.ts"]
  },
  {
    name: "drift",
    claim:
      "Drift of the provider is found without spending anything, and so is a change of the contract since the last tag",
    files: ["test/contract/drift.test.ts", "test/repo/diff.test.ts"]
  },
  {
    name: "offline",
    claim: "The proof of being offline finds whoever is not",
    files: ["test/repo/offline.test.ts"]
  },
  {
    name: "cluster",
    claim:
      "Durable jobs are paid once, and each ends or is listed, while three processes on PostgreSQL are killed and frozen",
    files: ["test/durable/embedded.test.ts", "test/durable/cluster.test.ts"],
    long: { CLUSTER_RUNS: "20" },
    seed: "101"
  },
  {
    name: "pace",
    claim:
      "Processes that share a Redis keep one pace together, go on without it while it is killed or frozen, and keep one pace again when it is back",
    files: ["test/client/request/limiter.test.ts", "test/durable/pace.test.ts"],
    long: { PACE_REDIS: "1", PACE_SECONDS: "20" }
  }
]
