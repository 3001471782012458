// This file is auto-generated from the contract by `npm run generate`

import * as Schema from "effect/Schema"

export type Duration = string
export const Duration = Schema.String.annotate({ message: 'Expected a duration such as "45 seconds"' }).check(
  Schema.isPattern(new globalThis.RegExp("^\\d+(\\.\\d+)? (millis?|seconds?|minutes?|hours?|days?)$", "u")).annotate({
    expected: "a string matching the RegExp ^\\d+(\\.\\d+)? (millis?|seconds?|minutes?|hours?|days?)$",
    identifier: "Duration",
    message: 'Expected a duration such as "45 seconds"'
  })
)

export type TimeSpan = string
export const TimeSpan = Schema.String.annotate({
  message: 'Expected a duration above zero, such as "45 seconds"'
}).check(
  Schema.isPattern(
    new globalThis.RegExp("^(\\d*[1-9]\\d*(\\.\\d+)?|0+\\.0*[1-9]\\d*) (millis?|seconds?|minutes?|hours?|days?)$", "u")
  ).annotate({
    expected:
      "a string matching the RegExp ^(\\d*[1-9]\\d*(\\.\\d+)?|0+\\.0*[1-9]\\d*) (millis?|seconds?|minutes?|hours?|days?)$",
    identifier: "TimeSpan",
    message: 'Expected a duration above zero, such as "45 seconds"'
  })
)

export type Instant = string
export const Instant = Schema.String.annotate({ identifier: "Instant" })

export type Operation = "submit" | "poll" | "asset" | "other"
export const Operation = Schema.Literals(["submit", "poll", "asset", "other"]).annotate({ identifier: "Operation" })

export type ClockKind = "real" | "virtual" | "manual"
export const ClockKind = Schema.Literals(["real", "virtual", "manual"]).annotate({ identifier: "ClockKind" })

export type RequiredFields = "full" | "minimal"
export const RequiredFields = Schema.Literals(["full", "minimal"]).annotate({ identifier: "RequiredFields" })

export type Sum = { readonly jobs: number; readonly dollars: number } & { readonly [x: string]: Schema.Json }
export const Sum = Schema.StructWithRest(Schema.Struct({ jobs: Schema.Int, dollars: Schema.Finite }), [
  Schema.Record(Schema.String, Schema.Json.annotate({ expected: "JSON value" }))
]).annotate({ identifier: "Sum" })

export type Shape = "bare" | "envelope" | "row"
export const Shape = Schema.Literals(["bare", "envelope", "row"]).annotate({ identifier: "Shape" })

export type RecordedDeviation = {
  readonly answer: string
  readonly severity: "wrong" | "new"
  readonly at: string
  readonly problem: string
} & { readonly [x: string]: Schema.Json }
export const RecordedDeviation = Schema.StructWithRest(
  Schema.Struct({
    answer: Schema.String,
    severity: Schema.Literals(["wrong", "new"]),
    at: Schema.String,
    problem: Schema.String
  }),
  [Schema.Record(Schema.String, Schema.Json.annotate({ expected: "JSON value" }))]
).annotate({ identifier: "RecordedDeviation" })

export type FaultTarget = "submit" | "poll" | "asset"
export const FaultTarget = Schema.Literals(["submit", "poll", "asset"]).annotate({
  identifier: "FaultTarget",
  message: "Expected submit, poll or asset"
})

export type FaultNth = number
export const FaultNth = Schema.Int.check(
  Schema.isGreaterThanOrEqualTo(1).annotate({ expected: "a value greater than or equal to 1", identifier: "FaultNth" })
)

export type FaultFirst = number
export const FaultFirst = Schema.Int.check(
  Schema.isGreaterThanOrEqualTo(1).annotate({
    expected: "a value greater than or equal to 1",
    identifier: "FaultFirst"
  })
)

export type FaultRate = number
export const FaultRate = Schema.Finite.check(
  Schema.isGreaterThanOrEqualTo(0).annotate({ expected: "a value greater than or equal to 0" })
).check(
  Schema.isLessThanOrEqualTo(1).annotate({ expected: "a value less than or equal to 1", identifier: "FaultRate" })
)

export type FaultOnce = boolean
export const FaultOnce = Schema.Boolean.annotate({ identifier: "FaultOnce" })

export type Account = { readonly concurrency?: number; readonly daily?: number }
export const Account = Schema.Struct({
  concurrency: Schema.optionalKey(
    Schema.Int.check(Schema.isGreaterThanOrEqualTo(1).annotate({ expected: "a value greater than or equal to 1" }))
  ),
  daily: Schema.optionalKey(
    Schema.Int.check(Schema.isGreaterThanOrEqualTo(0).annotate({ expected: "a value greater than or equal to 0" }))
  )
}).annotate({ identifier: "Account" })

export type RecordTarget = {
  readonly from: string
  readonly out?: string
  readonly redactHosts?: ReadonlyArray<string>
  readonly videoLimit?: number
}
export const RecordTarget = Schema.Struct({
  from: Schema.String.check(Schema.isMinLength(1).annotate({ expected: "a value with a length of at least 1" })),
  out: Schema.optionalKey(
    Schema.String.check(Schema.isMinLength(1).annotate({ expected: "a value with a length of at least 1" }))
  ),
  redactHosts: Schema.optionalKey(Schema.Array(Schema.String)),
  videoLimit: Schema.optionalKey(
    Schema.Finite.check(Schema.isGreaterThanOrEqualTo(0).annotate({ expected: "a value greater than or equal to 0" }))
  )
}).annotate({ identifier: "RecordTarget" })

export type Failure = { readonly as?: string }
export const Failure = Schema.Struct({
  as: Schema.optionalKey(
    Schema.String.check(Schema.isMinLength(1).annotate({ expected: "a value with a length of at least 1" }))
  )
}).annotate({ identifier: "Failure" })

export type PlainFaultKind = "reset" | "lost" | "stall" | "truncated" | "html" | "redirect" | "empty"
export const PlainFaultKind = Schema.Literals([
  "reset",
  "lost",
  "stall",
  "truncated",
  "html",
  "redirect",
  "empty"
]).annotate({ identifier: "PlainFaultKind" })

export type FaultKind =
  | "status"
  | "reset"
  | "lost"
  | "stall"
  | "drip"
  | "truncated"
  | "cut"
  | "html"
  | "redirect"
  | "empty"
  | "content-type"
  | "oversized"
  | "latency"
export const FaultKind = Schema.Literals([
  "status",
  "reset",
  "lost",
  "stall",
  "drip",
  "truncated",
  "cut",
  "html",
  "redirect",
  "empty",
  "content-type",
  "oversized",
  "latency"
]).annotate({
  identifier: "FaultKind",
  message:
    "Expected a kind of fault, one of status, reset, lost, stall, drip, truncated, cut, html, redirect, empty, content-type, oversized, latency"
})

export type Violation = {
  readonly location: ReadonlyArray<string>
  readonly severity: string
  readonly code?: string | number
  readonly message: string
} & { readonly [x: string]: Schema.Json }
export const Violation = Schema.StructWithRest(
  Schema.Struct({
    location: Schema.Array(Schema.String),
    severity: Schema.String,
    code: Schema.optionalKey(Schema.Union([Schema.String, Schema.Finite])),
    message: Schema.String
  }),
  [Schema.Record(Schema.String, Schema.Json.annotate({ expected: "JSON value" }))]
).annotate({ identifier: "Violation" })

export type EntryAnswer = {
  readonly status: number
  readonly headers: { readonly [x: string]: string }
  readonly body?: Schema.Json
} & { readonly [x: string]: Schema.Json }
export const EntryAnswer = Schema.StructWithRest(
  Schema.Struct({
    status: Schema.Int,
    headers: Schema.Record(Schema.String, Schema.String),
    body: Schema.optionalKey(Schema.Json.annotate({ expected: "JSON value" }))
  }),
  [Schema.Record(Schema.String, Schema.Json.annotate({ expected: "JSON value" }))]
).annotate({ identifier: "EntryAnswer" })

export type FindingKind =
  | "duplicate-submission"
  | "poll-too-fast"
  | "poll-after-end"
  | "retry-after-ignored"
  | "version-header-missing"
  | "contract-violation"
  | "never-collected"
  | "paid-orphan"
export const FindingKind = Schema.Literals([
  "duplicate-submission",
  "poll-too-fast",
  "poll-after-end",
  "retry-after-ignored",
  "version-header-missing",
  "contract-violation",
  "never-collected",
  "paid-orphan"
]).annotate({ identifier: "FindingKind" })

export type Intent = { readonly sent: number; readonly accepted: number; readonly taskIds: ReadonlyArray<string> } & {
  readonly [x: string]: Schema.Json
}
export const Intent = Schema.StructWithRest(
  Schema.Struct({ sent: Schema.Int, accepted: Schema.Int, taskIds: Schema.Array(Schema.String) }),
  [Schema.Record(Schema.String, Schema.Json.annotate({ expected: "JSON value" }))]
).annotate({ identifier: "Intent" })

export type NearMiss = { readonly request: number; readonly differences: ReadonlyArray<string> } & {
  readonly [x: string]: Schema.Json
}
export const NearMiss = Schema.StructWithRest(
  Schema.Struct({ request: Schema.Int, differences: Schema.Array(Schema.String) }),
  [Schema.Record(Schema.String, Schema.Json.annotate({ expected: "JSON value" }))]
).annotate({ identifier: "NearMiss" })

export type Problem = {
  readonly type: string
  readonly title: string
  readonly status: number
  readonly detail: string
} & { readonly [x: string]: Schema.Json }
export const Problem = Schema.StructWithRest(
  Schema.Struct({ type: Schema.String, title: Schema.String, status: Schema.Int, detail: Schema.String }),
  [Schema.Record(Schema.String, Schema.Json.annotate({ expected: "JSON value" }))]
).annotate({ identifier: "Problem" })

export type State = {
  readonly state: string
  readonly status?: number
  readonly for?: Duration
  readonly polls?: number
  readonly with?: { readonly [x: string]: Schema.Json }
}
export const State = Schema.Struct({
  state: Schema.String.check(Schema.isMinLength(1).annotate({ expected: "a value with a length of at least 1" })),
  status: Schema.optionalKey(Schema.Int),
  for: Schema.optionalKey(Duration),
  polls: Schema.optionalKey(
    Schema.Int.check(Schema.isGreaterThanOrEqualTo(1).annotate({ expected: "a value greater than or equal to 1" }))
  ),
  with: Schema.optionalKey(Schema.Record(Schema.String, Schema.Json.annotate({ expected: "JSON value" })))
}).annotate({ identifier: "State" })

export type Seed = { readonly id?: string; readonly scenario?: string; readonly at?: Duration }
export const Seed = Schema.Struct({
  id: Schema.optionalKey(
    Schema.String.annotate({ message: "Expected an id of 1 to 200 letters, digits and any of _ . ~ : -" }).check(
      Schema.isPattern(new globalThis.RegExp("^[A-Za-z0-9][A-Za-z0-9_.~:-]{0,199}$", "u")).annotate({
        expected: "a string matching the RegExp ^[A-Za-z0-9][A-Za-z0-9_.~:-]{0,199}$",
        message: "Expected an id of 1 to 200 letters, digits and any of _ . ~ : -"
      })
    )
  ),
  scenario: Schema.optionalKey(
    Schema.String.check(Schema.isMinLength(1).annotate({ expected: "a value with a length of at least 1" }))
  ),
  at: Schema.optionalKey(Duration)
}).annotate({ identifier: "Seed" })

export type ReplaySource = { readonly from: string; readonly maxAge?: Duration }
export const ReplaySource = Schema.Struct({
  from: Schema.String.check(Schema.isMinLength(1).annotate({ expected: "a value with a length of at least 1" })),
  maxAge: Schema.optionalKey(Duration)
}).annotate({ identifier: "ReplaySource" })

export type KeptAtMost = {
  readonly worlds?: number
  readonly tasks?: number
  readonly journal?: number
  readonly idle?: Duration
}
export const KeptAtMost = Schema.Struct({
  worlds: Schema.optionalKey(
    Schema.Int.check(Schema.isGreaterThanOrEqualTo(1).annotate({ expected: "a value greater than or equal to 1" }))
  ),
  tasks: Schema.optionalKey(
    Schema.Int.check(Schema.isGreaterThanOrEqualTo(1).annotate({ expected: "a value greater than or equal to 1" }))
  ),
  journal: Schema.optionalKey(
    Schema.Int.check(Schema.isGreaterThanOrEqualTo(1).annotate({ expected: "a value greater than or equal to 1" }))
  ),
  idle: Schema.optionalKey(Duration)
}).annotate({ identifier: "KeptAtMost" })

export type Advance = { readonly by: Duration }
export const Advance = Schema.Struct({ by: Duration }).annotate({ identifier: "Advance" })

export type Task = {
  readonly id: string
  readonly scenario: string
  readonly state: string
  readonly shape: string
  readonly status?: string
  readonly progress?: number
  readonly ended: boolean
  readonly createdAt: Instant
  readonly age: number
  readonly polls: number
  readonly collected: boolean
  readonly output?: string
  readonly body: Schema.Json
} & { readonly [x: string]: Schema.Json }
export const Task = Schema.StructWithRest(
  Schema.Struct({
    id: Schema.String,
    scenario: Schema.String,
    state: Schema.String,
    shape: Schema.String,
    status: Schema.optionalKey(Schema.String),
    progress: Schema.optionalKey(Schema.Finite),
    ended: Schema.Boolean,
    createdAt: Instant,
    age: Schema.Finite,
    polls: Schema.Int,
    collected: Schema.Boolean,
    output: Schema.optionalKey(Schema.String),
    body: Schema.Json.annotate({ expected: "JSON value" })
  }),
  [Schema.Record(Schema.String, Schema.Json.annotate({ expected: "JSON value" }))]
).annotate({ identifier: "Task" })

export type ExpectedRequests = {
  readonly operation: Operation
  readonly task?: string
  readonly status?: number
  readonly body?: Schema.Json
  readonly count?: number
  readonly atLeast?: number
  readonly atMost?: number
}
export const ExpectedRequests = Schema.Struct({
  operation: Operation,
  task: Schema.optionalKey(
    Schema.String.check(Schema.isMinLength(1).annotate({ expected: "a value with a length of at least 1" }))
  ),
  status: Schema.optionalKey(
    Schema.Int.check(
      Schema.isGreaterThanOrEqualTo(100).annotate({ expected: "a value greater than or equal to 100" })
    ).check(Schema.isLessThanOrEqualTo(599).annotate({ expected: "a value less than or equal to 599" }))
  ),
  body: Schema.optionalKey(Schema.Json.annotate({ expected: "JSON value" })),
  count: Schema.optionalKey(
    Schema.Int.check(Schema.isGreaterThanOrEqualTo(0).annotate({ expected: "a value greater than or equal to 0" }))
  ),
  atLeast: Schema.optionalKey(
    Schema.Int.check(Schema.isGreaterThanOrEqualTo(0).annotate({ expected: "a value greater than or equal to 0" }))
  ),
  atMost: Schema.optionalKey(
    Schema.Int.check(Schema.isGreaterThanOrEqualTo(0).annotate({ expected: "a value greater than or equal to 0" }))
  )
}).annotate({ identifier: "ExpectedRequests" })

export type Health = {
  readonly status: "ok"
  readonly version: string
  readonly uptime: number
  readonly worlds: number
  readonly tasks: number
  readonly clock: ClockKind
  readonly scale: number
} & { readonly [x: string]: Schema.Json }
export const Health = Schema.StructWithRest(
  Schema.Struct({
    status: Schema.Literal("ok"),
    version: Schema.String,
    uptime: Schema.Finite,
    worlds: Schema.Int,
    tasks: Schema.Int,
    clock: ClockKind,
    scale: Schema.Finite
  }),
  [Schema.Record(Schema.String, Schema.Json.annotate({ expected: "JSON value" }))]
).annotate({ identifier: "Health" })

export type Clock = { readonly now: Instant; readonly clock: ClockKind; readonly scale: number } & {
  readonly [x: string]: Schema.Json
}
export const Clock = Schema.StructWithRest(Schema.Struct({ now: Instant, clock: ClockKind, scale: Schema.Finite }), [
  Schema.Record(Schema.String, Schema.Json.annotate({ expected: "JSON value" }))
]).annotate({ identifier: "Clock" })

export type Requirements = { readonly required: RequiredFields }
export const Requirements = Schema.Struct({ required: RequiredFields }).annotate({ identifier: "Requirements" })

export type Money = {
  readonly accepted: Sum
  readonly collected: Sum
  readonly orphaned: Sum
  readonly paidTwice: Sum
} & { readonly [x: string]: Schema.Json }
export const Money = Schema.StructWithRest(
  Schema.Struct({ accepted: Sum, collected: Sum, orphaned: Sum, paidTwice: Sum }),
  [Schema.Record(Schema.String, Schema.Json.annotate({ expected: "JSON value" }))]
).annotate({ identifier: "Money" })

export type Recording = {
  readonly name: string
  readonly recordedAt: string
  readonly age: number
  readonly deviations: ReadonlyArray<RecordedDeviation>
  readonly neverAsked: ReadonlyArray<string>
  readonly unsaved: ReadonlyArray<string>
} & { readonly [x: string]: Schema.Json }
export const Recording = Schema.StructWithRest(
  Schema.Struct({
    name: Schema.String,
    recordedAt: Schema.String,
    age: Schema.Finite,
    deviations: Schema.Array(RecordedDeviation),
    neverAsked: Schema.Array(Schema.String),
    unsaved: Schema.Array(Schema.String)
  }),
  [Schema.Record(Schema.String, Schema.Json.annotate({ expected: "JSON value" }))]
).annotate({ identifier: "Recording" })

export type Fault =
  | {
      readonly on: FaultTarget
      readonly kind: "status"
      readonly nth?: FaultNth
      readonly first?: FaultFirst
      readonly rate?: FaultRate
      readonly once?: FaultOnce
      readonly accepted?: boolean
      readonly status: number
      readonly example?: string
      readonly retryAfter?: number
      readonly retryAfterAs?: "seconds" | "date" | "millis"
    }
  | {
      readonly on: FaultTarget
      readonly kind: "reset"
      readonly nth?: FaultNth
      readonly first?: FaultFirst
      readonly rate?: FaultRate
      readonly once?: FaultOnce
      readonly accepted?: boolean
    }
  | {
      readonly on: FaultTarget
      readonly kind: "lost"
      readonly nth?: FaultNth
      readonly first?: FaultFirst
      readonly rate?: FaultRate
      readonly once?: FaultOnce
      readonly accepted?: boolean
    }
  | {
      readonly on: FaultTarget
      readonly kind: "stall"
      readonly nth?: FaultNth
      readonly first?: FaultFirst
      readonly rate?: FaultRate
      readonly once?: FaultOnce
      readonly accepted?: boolean
    }
  | {
      readonly on: FaultTarget
      readonly kind: "truncated"
      readonly nth?: FaultNth
      readonly first?: FaultFirst
      readonly rate?: FaultRate
      readonly once?: FaultOnce
      readonly accepted?: boolean
    }
  | {
      readonly on: FaultTarget
      readonly kind: "html"
      readonly nth?: FaultNth
      readonly first?: FaultFirst
      readonly rate?: FaultRate
      readonly once?: FaultOnce
      readonly accepted?: boolean
    }
  | {
      readonly on: FaultTarget
      readonly kind: "redirect"
      readonly nth?: FaultNth
      readonly first?: FaultFirst
      readonly rate?: FaultRate
      readonly once?: FaultOnce
      readonly accepted?: boolean
    }
  | {
      readonly on: FaultTarget
      readonly kind: "empty"
      readonly nth?: FaultNth
      readonly first?: FaultFirst
      readonly rate?: FaultRate
      readonly once?: FaultOnce
      readonly accepted?: boolean
    }
  | {
      readonly on: FaultTarget
      readonly kind: "drip"
      readonly nth?: FaultNth
      readonly first?: FaultFirst
      readonly rate?: FaultRate
      readonly once?: FaultOnce
      readonly accepted?: true
      readonly bytes?: number
      readonly every?: TimeSpan
    }
  | {
      readonly on: FaultTarget
      readonly kind: "cut"
      readonly nth?: FaultNth
      readonly first?: FaultFirst
      readonly rate?: FaultRate
      readonly once?: FaultOnce
      readonly accepted?: boolean
      readonly bytes?: number
    }
  | {
      readonly on: FaultTarget
      readonly kind: "content-type"
      readonly nth?: FaultNth
      readonly first?: FaultFirst
      readonly rate?: FaultRate
      readonly once?: FaultOnce
      readonly accepted?: true
    }
  | {
      readonly on: FaultTarget
      readonly kind: "oversized"
      readonly nth?: FaultNth
      readonly first?: FaultFirst
      readonly rate?: FaultRate
      readonly once?: FaultOnce
      readonly accepted?: boolean
      readonly bytes?: number
    }
  | {
      readonly on: FaultTarget
      readonly kind: "latency"
      readonly nth?: FaultNth
      readonly first?: FaultFirst
      readonly rate?: FaultRate
      readonly once?: FaultOnce
      readonly accepted?: true
      readonly median: Duration
      readonly p99?: Duration
    }
export const Fault = Schema.Union(
  [
    Schema.Struct({
      on: FaultTarget,
      kind: Schema.Literal("status"),
      nth: Schema.optionalKey(FaultNth),
      first: Schema.optionalKey(FaultFirst),
      rate: Schema.optionalKey(FaultRate),
      once: Schema.optionalKey(FaultOnce),
      accepted: Schema.optionalKey(Schema.Boolean),
      status: Schema.Int.check(
        Schema.isGreaterThanOrEqualTo(400).annotate({ expected: "a value greater than or equal to 400" })
      ).check(Schema.isLessThanOrEqualTo(599).annotate({ expected: "a value less than or equal to 599" })),
      example: Schema.optionalKey(
        Schema.String.check(Schema.isMinLength(1).annotate({ expected: "a value with a length of at least 1" }))
      ),
      retryAfter: Schema.optionalKey(
        Schema.Finite.check(
          Schema.isGreaterThanOrEqualTo(0).annotate({ expected: "a value greater than or equal to 0" })
        ).check(
          Schema.isLessThanOrEqualTo(1000000000).annotate({ expected: "a value less than or equal to 1000000000" })
        )
      ),
      retryAfterAs: Schema.optionalKey(Schema.Literals(["seconds", "date", "millis"]))
    }),
    Schema.Struct({
      on: FaultTarget,
      kind: Schema.Literal("reset"),
      nth: Schema.optionalKey(FaultNth),
      first: Schema.optionalKey(FaultFirst),
      rate: Schema.optionalKey(FaultRate),
      once: Schema.optionalKey(FaultOnce),
      accepted: Schema.optionalKey(Schema.Boolean)
    }),
    Schema.Struct({
      on: FaultTarget,
      kind: Schema.Literal("lost"),
      nth: Schema.optionalKey(FaultNth),
      first: Schema.optionalKey(FaultFirst),
      rate: Schema.optionalKey(FaultRate),
      once: Schema.optionalKey(FaultOnce),
      accepted: Schema.optionalKey(Schema.Boolean)
    }),
    Schema.Struct({
      on: FaultTarget,
      kind: Schema.Literal("stall"),
      nth: Schema.optionalKey(FaultNth),
      first: Schema.optionalKey(FaultFirst),
      rate: Schema.optionalKey(FaultRate),
      once: Schema.optionalKey(FaultOnce),
      accepted: Schema.optionalKey(Schema.Boolean)
    }),
    Schema.Struct({
      on: FaultTarget,
      kind: Schema.Literal("truncated"),
      nth: Schema.optionalKey(FaultNth),
      first: Schema.optionalKey(FaultFirst),
      rate: Schema.optionalKey(FaultRate),
      once: Schema.optionalKey(FaultOnce),
      accepted: Schema.optionalKey(Schema.Boolean)
    }),
    Schema.Struct({
      on: FaultTarget,
      kind: Schema.Literal("html"),
      nth: Schema.optionalKey(FaultNth),
      first: Schema.optionalKey(FaultFirst),
      rate: Schema.optionalKey(FaultRate),
      once: Schema.optionalKey(FaultOnce),
      accepted: Schema.optionalKey(Schema.Boolean)
    }),
    Schema.Struct({
      on: FaultTarget,
      kind: Schema.Literal("redirect"),
      nth: Schema.optionalKey(FaultNth),
      first: Schema.optionalKey(FaultFirst),
      rate: Schema.optionalKey(FaultRate),
      once: Schema.optionalKey(FaultOnce),
      accepted: Schema.optionalKey(Schema.Boolean)
    }),
    Schema.Struct({
      on: FaultTarget,
      kind: Schema.Literal("empty"),
      nth: Schema.optionalKey(FaultNth),
      first: Schema.optionalKey(FaultFirst),
      rate: Schema.optionalKey(FaultRate),
      once: Schema.optionalKey(FaultOnce),
      accepted: Schema.optionalKey(Schema.Boolean)
    }),
    Schema.Struct({
      on: FaultTarget,
      kind: Schema.Literal("drip"),
      nth: Schema.optionalKey(FaultNth),
      first: Schema.optionalKey(FaultFirst),
      rate: Schema.optionalKey(FaultRate),
      once: Schema.optionalKey(FaultOnce),
      accepted: Schema.optionalKey(Schema.Literal(true)),
      bytes: Schema.optionalKey(
        Schema.Int.check(Schema.isGreaterThanOrEqualTo(1).annotate({ expected: "a value greater than or equal to 1" }))
      ),
      every: Schema.optionalKey(TimeSpan)
    }),
    Schema.Struct({
      on: FaultTarget,
      kind: Schema.Literal("cut"),
      nth: Schema.optionalKey(FaultNth),
      first: Schema.optionalKey(FaultFirst),
      rate: Schema.optionalKey(FaultRate),
      once: Schema.optionalKey(FaultOnce),
      accepted: Schema.optionalKey(Schema.Boolean),
      bytes: Schema.optionalKey(
        Schema.Int.check(Schema.isGreaterThanOrEqualTo(1).annotate({ expected: "a value greater than or equal to 1" }))
      )
    }),
    Schema.Struct({
      on: FaultTarget,
      kind: Schema.Literal("content-type"),
      nth: Schema.optionalKey(FaultNth),
      first: Schema.optionalKey(FaultFirst),
      rate: Schema.optionalKey(FaultRate),
      once: Schema.optionalKey(FaultOnce),
      accepted: Schema.optionalKey(Schema.Literal(true))
    }),
    Schema.Struct({
      on: FaultTarget,
      kind: Schema.Literal("oversized"),
      nth: Schema.optionalKey(FaultNth),
      first: Schema.optionalKey(FaultFirst),
      rate: Schema.optionalKey(FaultRate),
      once: Schema.optionalKey(FaultOnce),
      accepted: Schema.optionalKey(Schema.Boolean),
      bytes: Schema.optionalKey(
        Schema.Int.check(Schema.isGreaterThanOrEqualTo(1).annotate({ expected: "a value greater than or equal to 1" }))
      )
    }),
    Schema.Struct({
      on: FaultTarget,
      kind: Schema.Literal("latency"),
      nth: Schema.optionalKey(FaultNth),
      first: Schema.optionalKey(FaultFirst),
      rate: Schema.optionalKey(FaultRate),
      once: Schema.optionalKey(FaultOnce),
      accepted: Schema.optionalKey(Schema.Literal(true)),
      median: Duration,
      p99: Schema.optionalKey(Duration)
    })
  ],
  { mode: "oneOf" }
).annotate({
  identifier: "Fault",
  message:
    "Expected a fault, whose kind is one of status, reset, lost, stall, drip, truncated, cut, html, redirect, empty, content-type, oversized, latency"
})

export type StatusFault = {
  readonly on: FaultTarget
  readonly kind: "status"
  readonly nth?: FaultNth
  readonly first?: FaultFirst
  readonly rate?: FaultRate
  readonly once?: FaultOnce
  readonly accepted?: boolean
  readonly status: number
  readonly example?: string
  readonly retryAfter?: number
  readonly retryAfterAs?: "seconds" | "date" | "millis"
}
export const StatusFault = Schema.Struct({
  on: FaultTarget,
  kind: Schema.Literal("status"),
  nth: Schema.optionalKey(FaultNth),
  first: Schema.optionalKey(FaultFirst),
  rate: Schema.optionalKey(FaultRate),
  once: Schema.optionalKey(FaultOnce),
  accepted: Schema.optionalKey(Schema.Boolean),
  status: Schema.Int.check(
    Schema.isGreaterThanOrEqualTo(400).annotate({ expected: "a value greater than or equal to 400" })
  ).check(Schema.isLessThanOrEqualTo(599).annotate({ expected: "a value less than or equal to 599" })),
  example: Schema.optionalKey(
    Schema.String.check(Schema.isMinLength(1).annotate({ expected: "a value with a length of at least 1" }))
  ),
  retryAfter: Schema.optionalKey(
    Schema.Finite.check(
      Schema.isGreaterThanOrEqualTo(0).annotate({ expected: "a value greater than or equal to 0" })
    ).check(Schema.isLessThanOrEqualTo(1000000000).annotate({ expected: "a value less than or equal to 1000000000" }))
  ),
  retryAfterAs: Schema.optionalKey(Schema.Literals(["seconds", "date", "millis"]))
}).annotate({ identifier: "StatusFault" })

export type DripFault = {
  readonly on: FaultTarget
  readonly kind: "drip"
  readonly nth?: FaultNth
  readonly first?: FaultFirst
  readonly rate?: FaultRate
  readonly once?: FaultOnce
  readonly accepted?: true
  readonly bytes?: number
  readonly every?: TimeSpan
}
export const DripFault = Schema.Struct({
  on: FaultTarget,
  kind: Schema.Literal("drip"),
  nth: Schema.optionalKey(FaultNth),
  first: Schema.optionalKey(FaultFirst),
  rate: Schema.optionalKey(FaultRate),
  once: Schema.optionalKey(FaultOnce),
  accepted: Schema.optionalKey(Schema.Literal(true)),
  bytes: Schema.optionalKey(
    Schema.Int.check(Schema.isGreaterThanOrEqualTo(1).annotate({ expected: "a value greater than or equal to 1" }))
  ),
  every: Schema.optionalKey(TimeSpan)
}).annotate({ identifier: "DripFault" })

export type CutFault = {
  readonly on: FaultTarget
  readonly kind: "cut"
  readonly nth?: FaultNth
  readonly first?: FaultFirst
  readonly rate?: FaultRate
  readonly once?: FaultOnce
  readonly accepted?: boolean
  readonly bytes?: number
}
export const CutFault = Schema.Struct({
  on: FaultTarget,
  kind: Schema.Literal("cut"),
  nth: Schema.optionalKey(FaultNth),
  first: Schema.optionalKey(FaultFirst),
  rate: Schema.optionalKey(FaultRate),
  once: Schema.optionalKey(FaultOnce),
  accepted: Schema.optionalKey(Schema.Boolean),
  bytes: Schema.optionalKey(
    Schema.Int.check(Schema.isGreaterThanOrEqualTo(1).annotate({ expected: "a value greater than or equal to 1" }))
  )
}).annotate({ identifier: "CutFault" })

export type ContentTypeFault = {
  readonly on: FaultTarget
  readonly kind: "content-type"
  readonly nth?: FaultNth
  readonly first?: FaultFirst
  readonly rate?: FaultRate
  readonly once?: FaultOnce
  readonly accepted?: true
}
export const ContentTypeFault = Schema.Struct({
  on: FaultTarget,
  kind: Schema.Literal("content-type"),
  nth: Schema.optionalKey(FaultNth),
  first: Schema.optionalKey(FaultFirst),
  rate: Schema.optionalKey(FaultRate),
  once: Schema.optionalKey(FaultOnce),
  accepted: Schema.optionalKey(Schema.Literal(true))
}).annotate({ identifier: "ContentTypeFault" })

export type OversizedFault = {
  readonly on: FaultTarget
  readonly kind: "oversized"
  readonly nth?: FaultNth
  readonly first?: FaultFirst
  readonly rate?: FaultRate
  readonly once?: FaultOnce
  readonly accepted?: boolean
  readonly bytes?: number
}
export const OversizedFault = Schema.Struct({
  on: FaultTarget,
  kind: Schema.Literal("oversized"),
  nth: Schema.optionalKey(FaultNth),
  first: Schema.optionalKey(FaultFirst),
  rate: Schema.optionalKey(FaultRate),
  once: Schema.optionalKey(FaultOnce),
  accepted: Schema.optionalKey(Schema.Boolean),
  bytes: Schema.optionalKey(
    Schema.Int.check(Schema.isGreaterThanOrEqualTo(1).annotate({ expected: "a value greater than or equal to 1" }))
  )
}).annotate({ identifier: "OversizedFault" })

export type LatencyFault = {
  readonly on: FaultTarget
  readonly kind: "latency"
  readonly nth?: FaultNth
  readonly first?: FaultFirst
  readonly rate?: FaultRate
  readonly once?: FaultOnce
  readonly accepted?: true
  readonly median: Duration
  readonly p99?: Duration
}
export const LatencyFault = Schema.Struct({
  on: FaultTarget,
  kind: Schema.Literal("latency"),
  nth: Schema.optionalKey(FaultNth),
  first: Schema.optionalKey(FaultFirst),
  rate: Schema.optionalKey(FaultRate),
  once: Schema.optionalKey(FaultOnce),
  accepted: Schema.optionalKey(Schema.Literal(true)),
  median: Duration,
  p99: Schema.optionalKey(Duration)
}).annotate({ identifier: "LatencyFault" })

export type PlainFault = {
  readonly on: FaultTarget
  readonly kind: PlainFaultKind
  readonly nth?: FaultNth
  readonly first?: FaultFirst
  readonly rate?: FaultRate
  readonly once?: FaultOnce
  readonly accepted?: boolean
}
export const PlainFault = Schema.Struct({
  on: FaultTarget,
  kind: PlainFaultKind,
  nth: Schema.optionalKey(FaultNth),
  first: Schema.optionalKey(FaultFirst),
  rate: Schema.optionalKey(FaultRate),
  once: Schema.optionalKey(FaultOnce),
  accepted: Schema.optionalKey(Schema.Boolean)
}).annotate({ identifier: "PlainFault" })

export type EntryFault = {
  readonly ids: ReadonlyArray<string>
  readonly kinds: ReadonlyArray<FaultKind>
  readonly delay?: number
} & { readonly [x: string]: Schema.Json }
export const EntryFault = Schema.StructWithRest(
  Schema.Struct({
    ids: Schema.Array(Schema.String),
    kinds: Schema.Array(FaultKind),
    delay: Schema.optionalKey(Schema.Finite)
  }),
  [Schema.Record(Schema.String, Schema.Json.annotate({ expected: "JSON value" }))]
).annotate({ identifier: "EntryFault" })

export type Finding = {
  readonly kind: FindingKind
  readonly message: string
  readonly taskId?: string
  readonly requests: ReadonlyArray<number>
  readonly byFault?: boolean
} & { readonly [x: string]: Schema.Json }
export const Finding = Schema.StructWithRest(
  Schema.Struct({
    kind: FindingKind,
    message: Schema.String,
    taskId: Schema.optionalKey(Schema.String),
    requests: Schema.Array(Schema.Int),
    byFault: Schema.optionalKey(Schema.Boolean)
  }),
  [Schema.Record(Schema.String, Schema.Json.annotate({ expected: "JSON value" }))]
).annotate({ identifier: "Finding" })

export type Verification = {
  readonly ok: boolean
  readonly count: number
  readonly requests: ReadonlyArray<number>
  readonly nearMisses: ReadonlyArray<NearMiss>
  readonly dropped: number
  readonly text: string
} & { readonly [x: string]: Schema.Json }
export const Verification = Schema.StructWithRest(
  Schema.Struct({
    ok: Schema.Boolean,
    count: Schema.Int,
    requests: Schema.Array(Schema.Int),
    nearMisses: Schema.Array(NearMiss),
    dropped: Schema.Int,
    text: Schema.String
  }),
  [Schema.Record(Schema.String, Schema.Json.annotate({ expected: "JSON value" }))]
).annotate({ identifier: "Verification" })

export type Timeline = ReadonlyArray<State>
export const Timeline = Schema.Array(State)
  .annotate({ message: "Expected a timeline of 1 to 1000 states" })
  .check(
    Schema.isMinLength(1).annotate({
      expected: "a value with a length of at least 1",
      message: "Expected a timeline of 1 to 1000 states"
    })
  )
  .check(
    Schema.isMaxLength(1000).annotate({
      expected: "a value with a length of at most 1000",
      identifier: "Timeline",
      message: "Expected a timeline of 1 to 1000 states"
    })
  )

export type World = {
  readonly world: string
  readonly name?: string
  readonly scenario: string
  readonly tasks: number
  readonly requests: number
  readonly findings: number
  readonly faults: number
  readonly now: Instant
  readonly required: RequiredFields
  readonly money: Money
} & { readonly [x: string]: Schema.Json }
export const World = Schema.StructWithRest(
  Schema.Struct({
    world: Schema.String,
    name: Schema.optionalKey(Schema.String),
    scenario: Schema.String,
    tasks: Schema.Int,
    requests: Schema.Int,
    findings: Schema.Int,
    faults: Schema.Int,
    now: Instant,
    required: RequiredFields,
    money: Money
  }),
  [Schema.Record(Schema.String, Schema.Json.annotate({ expected: "JSON value" }))]
).annotate({ identifier: "World" })

export type Recordings = {
  readonly mode: "record" | "replay" | "none"
  readonly complete: boolean
  readonly recordings: ReadonlyArray<Recording>
  readonly unrecorded: ReadonlyArray<string>
  readonly text: string
} & { readonly [x: string]: Schema.Json }
export const Recordings = Schema.StructWithRest(
  Schema.Struct({
    mode: Schema.Literals(["record", "replay", "none"]),
    complete: Schema.Boolean,
    recordings: Schema.Array(Recording),
    unrecorded: Schema.Array(Schema.String),
    text: Schema.String
  }),
  [Schema.Record(Schema.String, Schema.Json.annotate({ expected: "JSON value" }))]
).annotate({ identifier: "Recordings" })

export type KeyRules = {
  readonly scenario?: string
  readonly faults?: ReadonlyArray<Fault>
  readonly account?: Account
  readonly required?: RequiredFields
  readonly tasks?: ReadonlyArray<Seed>
}
export const KeyRules = Schema.Struct({
  scenario: Schema.optionalKey(
    Schema.String.check(Schema.isMinLength(1).annotate({ expected: "a value with a length of at least 1" }))
  ),
  faults: Schema.optionalKey(Schema.Array(Fault)),
  account: Schema.optionalKey(Account),
  required: Schema.optionalKey(RequiredFields),
  tasks: Schema.optionalKey(Schema.Array(Seed))
}).annotate({ identifier: "KeyRules" })

export type InjectedFault = {
  readonly id: string
  readonly fault: Fault
  readonly seen: number
  readonly hits: number
} & { readonly [x: string]: Schema.Json }
export const InjectedFault = Schema.StructWithRest(
  Schema.Struct({ id: Schema.String, fault: Fault, seen: Schema.Int, hits: Schema.Int }),
  [Schema.Record(Schema.String, Schema.Json.annotate({ expected: "JSON value" }))]
).annotate({ identifier: "InjectedFault" })

export type Entry = {
  readonly number: number
  readonly at: Instant
  readonly operation: Operation
  readonly operationId?: string
  readonly method: string
  readonly path: string
  readonly taskId?: string
  readonly headers: { readonly [x: string]: string }
  readonly body?: Schema.Json
  readonly violations: ReadonlyArray<Violation>
  readonly answer?: EntryAnswer
  readonly fault?: EntryFault
  readonly took: number
} & { readonly [x: string]: Schema.Json }
export const Entry = Schema.StructWithRest(
  Schema.Struct({
    number: Schema.Int,
    at: Instant,
    operation: Operation,
    operationId: Schema.optionalKey(Schema.String),
    method: Schema.String,
    path: Schema.String,
    taskId: Schema.optionalKey(Schema.String),
    headers: Schema.Record(Schema.String, Schema.String),
    body: Schema.optionalKey(Schema.Json.annotate({ expected: "JSON value" })),
    violations: Schema.Array(Violation),
    answer: Schema.optionalKey(EntryAnswer),
    fault: Schema.optionalKey(EntryFault),
    took: Schema.Finite
  }),
  [Schema.Record(Schema.String, Schema.Json.annotate({ expected: "JSON value" }))]
).annotate({ identifier: "Entry" })

export type Report = {
  readonly clean: boolean
  readonly submissions: number
  readonly accepted: number
  readonly polls: number
  readonly downloads: number
  readonly others: number
  readonly money: Money
  readonly intents: ReadonlyArray<Intent>
  readonly findings: ReadonlyArray<Finding>
  readonly dropped: number
  readonly text: string
} & { readonly [x: string]: Schema.Json }
export const Report = Schema.StructWithRest(
  Schema.Struct({
    clean: Schema.Boolean,
    submissions: Schema.Int,
    accepted: Schema.Int,
    polls: Schema.Int,
    downloads: Schema.Int,
    others: Schema.Int,
    money: Money,
    intents: Schema.Array(Intent),
    findings: Schema.Array(Finding),
    dropped: Schema.Int,
    text: Schema.String
  }),
  [Schema.Record(Schema.String, Schema.Json.annotate({ expected: "JSON value" }))]
).annotate({ identifier: "Report" })

export type Scenario = {
  readonly name: string
  readonly about?: string
  readonly shape?: Shape
  readonly timeline: Timeline
  readonly outputLasts?: TimeSpan
  readonly outsideContract?: boolean
  readonly recorded?: boolean
}
export const Scenario = Schema.Struct({
  name: Schema.String.check(Schema.isMinLength(1).annotate({ expected: "a value with a length of at least 1" })),
  about: Schema.optionalKey(Schema.String),
  shape: Schema.optionalKey(Shape),
  timeline: Timeline,
  outputLasts: Schema.optionalKey(TimeSpan),
  outsideContract: Schema.optionalKey(Schema.Boolean),
  recorded: Schema.optionalKey(Schema.Boolean)
}).annotate({ identifier: "Scenario" })

export type ScenarioChoice = {
  readonly name: string
  readonly about?: string
  readonly shape?: Shape
  readonly timeline?: Timeline
  readonly outputLasts?: TimeSpan
  readonly outsideContract?: boolean
}
export const ScenarioChoice = Schema.Struct({
  name: Schema.String.check(Schema.isMinLength(1).annotate({ expected: "a value with a length of at least 1" })),
  about: Schema.optionalKey(Schema.String),
  shape: Schema.optionalKey(Shape),
  timeline: Schema.optionalKey(Timeline),
  outputLasts: Schema.optionalKey(TimeSpan),
  outsideContract: Schema.optionalKey(Schema.Boolean)
}).annotate({ identifier: "ScenarioChoice" })

export type Journal = { readonly entries: ReadonlyArray<Entry>; readonly last: number; readonly dropped: number } & {
  readonly [x: string]: Schema.Json
}
export const Journal = Schema.StructWithRest(
  Schema.Struct({ entries: Schema.Array(Entry), last: Schema.Int, dropped: Schema.Int }),
  [Schema.Record(Schema.String, Schema.Json.annotate({ expected: "JSON value" }))]
).annotate({ identifier: "Journal" })

export type MockFile = {
  readonly $schema?: string
  readonly port?: number
  readonly host?: string
  readonly publicUrl?: string
  readonly control?: "loopback" | "anywhere"
  readonly state?: string
  readonly scenario?: string
  readonly scenarios?: ReadonlyArray<Scenario>
  readonly faults?: ReadonlyArray<Fault>
  readonly account?: Account
  readonly required?: RequiredFields
  readonly keys?: { readonly [x: string]: KeyRules }
  readonly prices?: { readonly [x: string]: number }
  readonly clock?: ClockKind
  readonly virtualStart?: string
  readonly scale?: number
  readonly seed?: number
  readonly replay?: ReplaySource
  readonly record?: RecordTarget
  readonly limits?: KeptAtMost
}
export const MockFile = Schema.Struct({
  $schema: Schema.optionalKey(Schema.String),
  port: Schema.optionalKey(
    Schema.Int.check(
      Schema.isGreaterThanOrEqualTo(0).annotate({ expected: "a value greater than or equal to 0" })
    ).check(Schema.isLessThanOrEqualTo(65535).annotate({ expected: "a value less than or equal to 65535" }))
  ),
  host: Schema.optionalKey(
    Schema.String.check(Schema.isMinLength(1).annotate({ expected: "a value with a length of at least 1" }))
  ),
  publicUrl: Schema.optionalKey(Schema.String),
  control: Schema.optionalKey(Schema.Literals(["loopback", "anywhere"])),
  state: Schema.optionalKey(
    Schema.String.check(Schema.isMinLength(1).annotate({ expected: "a value with a length of at least 1" }))
  ),
  scenario: Schema.optionalKey(
    Schema.String.check(Schema.isMinLength(1).annotate({ expected: "a value with a length of at least 1" }))
  ),
  scenarios: Schema.optionalKey(Schema.Array(Scenario)),
  faults: Schema.optionalKey(Schema.Array(Fault)),
  account: Schema.optionalKey(Account),
  required: Schema.optionalKey(RequiredFields),
  keys: Schema.optionalKey(Schema.Record(Schema.String, KeyRules)),
  prices: Schema.optionalKey(
    Schema.Record(
      Schema.String,
      Schema.Finite.check(Schema.isGreaterThanOrEqualTo(0).annotate({ expected: "a value greater than or equal to 0" }))
    )
  ),
  clock: Schema.optionalKey(ClockKind),
  virtualStart: Schema.optionalKey(Schema.String),
  scale: Schema.optionalKey(
    Schema.Finite.check(Schema.isGreaterThan(0).annotate({ expected: "a value greater than 0" }))
  ),
  seed: Schema.optionalKey(Schema.Finite),
  replay: Schema.optionalKey(ReplaySource),
  record: Schema.optionalKey(RecordTarget),
  limits: Schema.optionalKey(KeptAtMost)
}).annotate({ title: "mock.json", identifier: "MockFile" })
