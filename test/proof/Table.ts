/**
 * What came of the claims, as the one table that is printed and that docs/proof.md shows.
 *
 * A test that tries many cases writes `{ cases, seed }` into its `task.meta`; vitest's report carries it here. A failure is shown with the message of the test, which has
 * the seed and the smallest case where the test looks for one. A `note` in the `task.meta` is printed beside the table, for figures that it has no column for.
 *
 * @module
 */

/** What vitest's JSON report says, as far as it is read. */
export interface Report {
  readonly testResults: ReadonlyArray<{
    /** The file's path. */
    readonly name?: string
    readonly message?: string
    readonly status: string
    readonly assertionResults: ReadonlyArray<{
      readonly fullName: string
      readonly status: string
      readonly failureMessages?: ReadonlyArray<string> | null
      readonly meta?: { readonly cases?: number; readonly seed?: number | string; readonly note?: string }
    }>
  }>
}

/** One line of the table. */
export interface Row {
  readonly claim: string
  readonly cases: number
  readonly passed: number
  readonly failed: number
  readonly seed: string
  readonly seconds: number
  /** What went wrong, in the tests' own words. */
  readonly failures: ReadonlyArray<string>
  /** What the tests counted besides. */
  readonly notes: ReadonlyArray<string>
}

/** A claim's line. A file that could not be run or is not there, and a claim without any case, is a failure. */
export const rowOf = (
  claim: string,
  report: Report,
  seconds: number,
  seed?: string,
  files: ReadonlyArray<string> = []
): Row => {
  const tests = report.testResults
    .flatMap(({ assertionResults }) => assertionResults)
    .filter(({ status }) => status === "passed" || status === "failed")
  const count = (of: string) =>
    tests.filter(({ status }) => status === of).reduce((sum, { meta }) => sum + (meta?.cases ?? 1), 0)
  const broken = report.testResults.filter((file) => file.status === "failed" && file.assertionResults.length === 0)
  const missing = files.filter((file) => !report.testResults.some(({ name }) => name?.endsWith(`/${file}`)))
  const nothing = [
    ...(tests.length + broken.length === 0 ? ["no test was run"] : []),
    ...(report.testResults.some(({ name }) => name !== undefined) ? missing : []).map((file) => `${file} was not run`)
  ]
  const failures = [
    ...tests.flatMap(({ fullName, failureMessages }) => (failureMessages ?? []).map((text) => `${fullName}: ${text}`)),
    ...broken.map(({ message = "a file could not be run" }) => message),
    ...nothing
  ]
  const failed = count("failed") + broken.length + nothing.length
  const passed = count("passed")
  const seeds = new Set(tests.flatMap(({ meta }) => (meta?.seed === undefined ? [] : [String(meta.seed)])))
  const shown = seeds.size > 0 ? [...seeds].join(", ") : (seed ?? "")
  const skipped = report.testResults.flatMap(({ assertionResults }) => assertionResults).length - tests.length
  const notes = [
    ...tests.flatMap(({ meta }) => meta?.note ?? []),
    ...(skipped > 0 ? [`tests that were passed over here: ${skipped}`] : [])
  ]
  return { claim, cases: passed + failed, passed, failed, seed: shown, seconds, failures, notes }
}

/** The table, in Markdown. */
export const table = (rows: ReadonlyArray<Row>): string =>
  [
    "| claim | cases | passed | failed | seed | seconds |",
    "| --- | --: | --: | --: | --- | --: |",
    ...rows.map(
      ({ claim, cases, passed, failed, seed, seconds }) =>
        `| ${claim} | ${cases} | ${passed} | ${failed} | ${seed} | ${seconds.toFixed(1)} |`
    )
  ].join("\n")
