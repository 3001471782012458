/**
 * What this project claims, and the tests that would show it to be false.
 *
 * A claim is one entry here. Its short form is what `npm test` runs anyway; the long form has more cases, by environment variables that its tests read. A test that
 * tries many cases says how many, and from which seed, in its `task.meta` (see `Table.ts`); any other test is one case.
 *
 * @module
 */

/** One claim. */
export interface Claim {
  /** What it is called on the command line. */
  readonly name?: string
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
    claim: "Answers of the corpus are read as they should be, and judged by the contract",
    files: ["test/client/task/corpus.test.ts", "test/contract/corpus.test.ts"]
  },
  {
    claim: "Nothing but the status decides the state of a task",
    files: ["test/client/task/odd-fields.test.ts"]
  },
  {
    claim: "No key and no signed URL is shown",
    files: ["test/client/shown.test.ts", "test/client/leaks.test.ts", "test/mock/safety.test.ts"]
  },
  {
    claim: "No id of an accepted job is lost when a program is interrupted, by an abort or by SIGTERM",
    files: ["test/client/interrupting.test.ts"],
    long: { LONG: "1" },
    seed: "42"
  },
  {
    claim:
      "The ledger's protocol pays once for an intent, in every state within the bounds, and its mutants are caught",
    files: ["test/ledger/model.test.ts"],
    long: { LEDGER_MODEL: "long" }
  },
  {
    claim: "A ledger keeps its promises in memory, in a file and in a database, and in PostgreSQL in the long form",
    files: ["test/ledger/ledger.test.ts", "test/ledger/file.test.ts", "test/ledger/postgres.test.ts"],
    long: { LEDGER_POSTGRES: "1" }
  },
  {
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
    claim: "The mock keeps the contract, in the eyes of prism proxy, alone and with our client",
    files: ["test/mock/provider/referee.test.ts"]
  },
  {
    claim: "The job as an Arazzo document is true of the mock, in the eyes of Redocly's respect",
    files: ["test/contract/job.test.ts"]
  },
  {
    claim: "Runway's own SDK meets in the mock what it expects of the provider",
    files: ["test/referees/runway-sdk.test.ts", "test/contract/runway-types.test.ts"]
  },
  {
    claim: "Drift of the provider is found without spending anything",
    files: ["test/contract/drift.test.ts"]
  },
  {
    claim: "The proof of being offline finds whoever is not",
    files: ["test/repo/offline.test.ts"]
  }
]
