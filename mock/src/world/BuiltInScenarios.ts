/**
 * The scenarios that come with the mock. Each is data, and a caller's own scenario is written in the same form.
 *
 * No code here: `Scenario.ts` checks them. The times are in the mock's time, which a test clock, a virtual clock or `scale` lets pass fast.
 *
 * @module
 */
import type { Scenario, State } from "./Scenario.ts"

/** How nearly every task begins, in Runway's own shape and in the gateway's envelope. */
const invisible: State = { state: "task-not-exist", for: "2 seconds" }
const queued: ReadonlyArray<State> = [invisible, { state: "pending", for: "8 seconds" }]
const started: ReadonlyArray<State> = [...queued, { state: "running", for: "20 seconds" }]
const envelopeStarted: ReadonlyArray<State> = [
  invisible,
  { state: "envelope-submitted", for: "3 seconds" },
  { state: "envelope-queued", for: "5 seconds" },
  { state: "envelope-in-progress", for: "50 seconds" }
]

const scenarios: ReadonlyArray<Scenario> = [
  {
    name: "happy",
    about: "about a minute from the POST to a finished video",
    timeline: [...queued, { state: "running", for: "50 seconds" }, { state: "succeeded" }]
  },
  {
    name: "slow",
    about: "the same in a quarter of an hour",
    timeline: [
      invisible,
      { state: "pending", for: "2 minutes" },
      { state: "running", for: "13 minutes" },
      { state: "succeeded" }
    ]
  },
  {
    name: "throttled",
    about: "held back for two minutes, because the account runs as many jobs as it may",
    timeline: [
      invisible,
      { state: "throttled", for: "2 minutes" },
      { state: "pending", for: "8 seconds" },
      { state: "running", for: "50 seconds" },
      { state: "succeeded" }
    ]
  },
  {
    name: "not-visible-yet",
    about: "does not exist for the first half minute",
    timeline: [
      { state: "task-not-exist", for: "30 seconds" },
      { state: "running", for: "30 seconds" },
      { state: "succeeded" }
    ]
  },
  { name: "stuck", about: "runs and never ends", timeline: [...queued, { state: "running" }] },
  {
    name: "failed-safety-input",
    about: "fails: an input was moderated",
    timeline: [...queued, { state: "failed-safety-input" }]
  },
  {
    name: "failed-safety-output",
    about: "fails: the generated video was moderated",
    timeline: [...started, { state: "failed-safety-output" }]
  },
  {
    name: "failed-asset",
    about: "fails: an asset cannot be used",
    timeline: [...queued, { state: "failed-asset" }]
  },
  {
    name: "failed-internal",
    about: "fails: something went wrong inside the provider",
    timeline: [...started, { state: "failed" }]
  },
  { name: "cancelled", about: "is cancelled while it runs", timeline: [...started, { state: "cancelled" }] },
  {
    name: "success-without-output-then-output",
    about: "has succeeded for twenty seconds before its output is there",
    timeline: [...started, { state: "succeeded-without-output", for: "20 seconds" }, { state: "succeeded" }]
  },
  {
    name: "success-url-in-fail-reason",
    about: "succeeds in the envelope, with the output's URL in fail_reason",
    timeline: [...envelopeStarted, { state: "envelope-success-fail-reason" }]
  },
  {
    name: "envelope",
    about: "happy, told by the gateway's envelope",
    timeline: [...envelopeStarted, { state: "envelope-success" }]
  },
  {
    name: "envelope-then-bare",
    about: "an envelope while it is at work, Runway's own task once it is finished",
    timeline: [...envelopeStarted, { state: "succeeded" }]
  },
  {
    name: "row",
    about: "happy, told by the envelope's row without its envelope",
    timeline: [invisible, { state: "row", for: "58 seconds" }, { state: "row-success" }]
  },
  {
    name: "null-data",
    about: "an envelope around nothing for twenty seconds",
    timeline: [
      { state: "envelope-null", for: "20 seconds" },
      { state: "envelope-in-progress", for: "40 seconds" },
      { state: "envelope-success" }
    ]
  },
  {
    name: "unknown-status",
    about: "has a status that nobody knows while it is at work",
    timeline: [
      ...queued,
      { state: "running", for: "25 seconds", with: { status: "POSTPROCESSING" } },
      { state: "envelope-unknown", for: "25 seconds" },
      { state: "succeeded" }
    ]
  },
  {
    name: "malformed",
    about: "answers one poll with a task whose status is no text, outside the contract",
    outsideContract: true,
    timeline: [
      invisible,
      { state: "running", polls: 1, with: { status: 5 } },
      { state: "running", for: "20 seconds" },
      { state: "succeeded" }
    ]
  },
  {
    name: "expired-output",
    about: "happy, with an output whose URL works for one minute: a later poll has a fresh one",
    outputLasts: "1 minute",
    timeline: [...queued, { state: "running", for: "50 seconds" }, { state: "succeeded" }]
  }
]

/** The built-in scenarios, by name. */
export const builtIn: ReadonlyMap<string, Scenario> = new Map(
  scenarios.map((scenario) => [scenario.name, scenario] as const)
)
