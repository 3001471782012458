/**
 * The scenarios that the mock brings along. Each is data; a caller's own is written in the same words.
 *
 * The times are in the mock's time: a test clock, or `scale`, makes them pass at once.
 */
import { compile, type Scenario, type Script } from "./Scenario.ts"

/** About a minute from the POST to a finished video, told by Runway's own task. */
const happy: Scenario = {
  name: "happy",
  shape: "bare",
  timeline: [
    { state: "task-not-exist", for: "2 seconds" },
    { state: "pending", for: "8 seconds" },
    { state: "running", for: "50 seconds" },
    { state: "succeeded" }
  ]
}

/** The same life, told by the gateway's envelope. */
const envelope: Scenario = {
  name: "envelope",
  shape: "envelope",
  timeline: [
    { state: "task-not-exist", for: "2 seconds" },
    { state: "envelope-submitted", for: "3 seconds" },
    { state: "envelope-queued", for: "5 seconds" },
    { state: "envelope-in-progress", for: "50 seconds" },
    { state: "envelope-success" }
  ]
}

/** The built-in scenarios, by name. */
export const builtIn: ReadonlyMap<string, Scenario> = new Map(
  [happy, envelope].map((scenario) => [scenario.name, scenario] as const)
)

/**
 * The script that a key asks for by its name: `mock-envelope`, or `mock-envelope-` and anything.
 *
 * Any other key is just a key, also one like `mock-key`. Where two names fit, the longer one is meant.
 */
export const scriptForKey = (key: string): Script | undefined => {
  const name = [...builtIn.keys()]
    .filter((known) => key === `mock-${known}` || key.startsWith(`mock-${known}-`))
    .sort((one, other) => other.length - one.length)[0]
  const scenario = name === undefined ? undefined : builtIn.get(name)
  if (scenario === undefined) return undefined
  const script = compile(scenario)
  return "steps" in script ? script : undefined
}
