/**
 * What a failed task's code means: whose fault it was, and whether paying for another try could help.
 *
 * The list is Runway's and open (docs.dev.runwayml.com/errors/task-failures), so codes are matched by prefix. Nothing here acts: a
 * failed task is never submitted again unasked.
 *
 * @module
 */

/** Whose fault a failure is. */
export type Category = "safety-input" | "safety-output" | "asset" | "internal" | "third-party" | "unknown"

/** Whether a new, newly paid job with the same input could help. `later`: after a pause. */
export type NewJob = "no" | "unlikely" | "later"

export interface Classification {
  readonly category: Category
  readonly newJob: NewJob
  /** What to do, for people. */
  readonly advice: string
}

/** By prefix, the longest match first. */
const table: ReadonlyArray<readonly [prefix: string, Classification]> = [
  [
    "INPUT_PREPROCESSING.SAFETY",
    { category: "safety-input", newJob: "no", advice: "An input was moderated: change the character or the reference." }
  ],
  [
    "INPUT_PREPROCESSING.INTERNAL",
    { category: "internal", newJob: "later", advice: "The provider could not prepare the inputs: try a new job later." }
  ],
  [
    "SAFETY.INPUT",
    { category: "safety-input", newJob: "no", advice: "An input was moderated: change the character or the reference." }
  ],
  [
    "SAFETY.OUTPUT",
    { category: "safety-output", newJob: "no", advice: "The generated video was moderated: change the inputs." }
  ],
  ["SAFETY", { category: "safety-input", newJob: "no", advice: "The job was moderated: change the inputs." }],
  [
    "ASSET",
    {
      category: "asset",
      newJob: "no",
      advice:
        "An asset cannot be used: check its dimensions, its format, its length (3 to 30 seconds) and that its URL is public."
    }
  ],
  [
    "INTERNAL.BAD_OUTPUT",
    {
      category: "internal",
      newJob: "unlikely",
      advice: "The generation went wrong: other inputs may help, the same ones hardly."
    }
  ],
  ["INTERNAL", { category: "internal", newJob: "later", advice: "The provider failed: try a new job later." }],
  [
    "THIRD_PARTY",
    { category: "third-party", newJob: "later", advice: "A service behind the provider is down: try a new job later." }
  ]
]

/** Nothing is known, so no hope is raised: a new job costs money. */
const unknown: Classification = {
  category: "unknown",
  newJob: "unlikely",
  advice: "The provider gives no known reason: look at its words before you pay for a new job."
}

/** What a code means. Runway takes a missing code for an internal failure; here it stays unknown, as the gateway leaves codes out too. */
export const classify = (failureCode: string | undefined): Classification => {
  const code = (failureCode ?? "").toUpperCase()
  return table.find(([prefix]) => code === prefix || code.startsWith(`${prefix}.`))?.[1] ?? unknown
}
