/**
 * A random story of a client and its provider, as data: what is called, what breaks, what is interrupted, and when the process dies.
 *
 * @module
 */
import * as Schema from "effect/Schema"
import type { Fault } from "../../../mock/src/index.ts"

const scenarios = [
  "happy",
  "slow",
  "throttled",
  "not-visible-yet",
  "stuck",
  "failed-safety-input",
  "failed-asset",
  "failed-internal",
  "cancelled",
  "success-without-output-then-output",
  "envelope",
  "envelope-then-bare",
  "row",
  "null-data",
  "unknown-status",
  "malformed"
] as const

const Intent = Schema.Literals([0, 1, 2])
const Which = Schema.Literals([0, 1, 2])

/** What can break, by a name that a person can read. */
export const faults = {
  "submit lost": { on: "submit", kind: "lost", once: true },
  "submit reset": { on: "submit", kind: "reset", once: true },
  "submit accepted and reset": { on: "submit", kind: "reset", accepted: true, once: true },
  "submit stalls": { on: "submit", kind: "stall", once: true },
  "submit cut": { on: "submit", kind: "cut", once: true },
  "submit dripped": { on: "submit", kind: "drip", once: true },
  "submit a page": { on: "submit", kind: "html", once: true },
  "submit limited": { on: "submit", kind: "status", status: 429, retryAfter: 3, once: true },
  "submit limited for long": { on: "submit", kind: "status", status: 429, first: 9 },
  "submit overloaded": { on: "submit", kind: "status", status: 503, example: "overloaded", once: true },
  "submit 500": { on: "submit", kind: "status", status: 500, once: true },
  "submit accepted and 408": { on: "submit", kind: "status", status: 408, accepted: true, once: true },
  "submit accepted and 502": { on: "submit", kind: "status", status: 502, accepted: true, once: true },
  "poll lost": { on: "poll", kind: "lost", once: true },
  "poll stalls": { on: "poll", kind: "stall", once: true },
  "poll cut": { on: "poll", kind: "cut", first: 2 },
  "poll a page": { on: "poll", kind: "html", once: true },
  "poll limited": { on: "poll", kind: "status", status: 429, first: 3 },
  "poll 503": { on: "poll", kind: "status", status: 503, first: 3 }
} satisfies Record<string, Fault>
const faultNames = Object.keys(faults) as ReadonlyArray<keyof typeof faults>

const Command = Schema.Union([
  Schema.Struct({ do: Schema.Literal("generate"), intent: Intent }),
  Schema.Struct({ do: Schema.Literal("submit"), intent: Intent }),
  Schema.Struct({ do: Schema.Literal("wait"), task: Which }),
  Schema.Struct({ do: Schema.Literal("poll"), task: Which }),
  Schema.Struct({ do: Schema.Literal("break"), fault: Schema.Literals(faultNames) }),
  Schema.Struct({ do: Schema.Literal("advance"), seconds: Schema.Literals([1, 7, 31, 70, 200]) }),
  Schema.Struct({ do: Schema.Literal("interrupt"), call: Which }),
  Schema.Struct({ do: Schema.Literal("restart") })
])
export type Command = typeof Command.Type

export const Story = Schema.Struct({
  /** Whether a ledger stands behind the client. Without one, nothing is known after a restart but what the caller had been told. */
  ledger: Schema.Boolean,
  /** What becomes of the job of each intent. */
  scenarios: Schema.Tuple([Schema.Literals(scenarios), Schema.Literals(scenarios), Schema.Literals(scenarios)]),
  commands: Schema.Array(Command).check(Schema.isMaxLength(14))
})
export type Story = typeof Story.Type
