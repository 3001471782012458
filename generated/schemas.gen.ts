// This file is auto-generated from the contract by `npm run generate`

import * as Schema from "effect/Schema"

export type RunwayVersion = string
export const RunwayVersion = Schema.String.annotate({ message: "Expected a date like 2024-11-06" }).check(
  Schema.isPattern(new globalThis.RegExp("^[0-9]{4}-[0-9]{2}-[0-9]{2}$", "u")).annotate({
    expected: "a string matching the RegExp ^[0-9]{4}-[0-9]{2}-[0-9]{2}$",
    identifier: "RunwayVersion",
    message: "Expected a date like 2024-11-06"
  })
)

export type AssetUri = string
export const AssetUri = Schema.String.annotate({
  message:
    "Expected a public https:// URL of 13 to 2048 characters, with a host name (in ASCII, no IP address) and without spaces"
})
  .check(
    Schema.isMinCodePoints(13).annotate({
      expected: "a string with at least 13 code points",
      message:
        "Expected a public https:// URL of 13 to 2048 characters, with a host name (in ASCII, no IP address) and without spaces"
    })
  )
  .check(
    Schema.isMaxCodePoints(2048).annotate({
      expected: "a string with at most 2048 code points",
      message:
        "Expected a public https:// URL of 13 to 2048 characters, with a host name (in ASCII, no IP address) and without spaces"
    })
  )
  .check(
    Schema.isPattern(
      new globalThis.RegExp(
        "^[Hh][Tt][Tt][Pp][Ss]:[/]{2}([A-Za-z0-9._~%!$&'()*+,;=:-]*@)?([A-Za-z0-9_-]+[.])*[A-Za-z][A-Za-z0-9_-]*[.]?(:[0-9]{1,4}|:[1-5][0-9]{4}|:6[0-4][0-9]{3}|:65[0-4][0-9]{2}|:655[0-2][0-9]|:6553[0-5])?([/?#][^\\s\\u0000-\\u001f\\u007f-\\u009f]*)?$",
        "u"
      )
    ).annotate({
      expected:
        "a string matching the RegExp ^[Hh][Tt][Tt][Pp][Ss]:[/]{2}([A-Za-z0-9._~%!$&'()*+,;=:-]*@)?([A-Za-z0-9_-]+[.])*[A-Za-z][A-Za-z0-9_-]*[.]?(:[0-9]{1,4}|:[1-5][0-9]{4}|:6[0-4][0-9]{3}|:65[0-4][0-9]{2}|:655[0-2][0-9]|:6553[0-5])?([/?#][^\\s\\u0000-\\u001f\\u007f-\\u009f]*)?$",
      identifier: "AssetUri",
      message:
        "Expected a public https:// URL of 13 to 2048 characters, with a host name (in ASCII, no IP address) and without spaces"
    })
  )

export type Ratio = string
export const Ratio = Schema.String.annotate({
  default: "1280:720",
  message:
    "Expected WIDTH:HEIGHT in pixels, one of 1280:720, 720:1280, 960:960, 1104:832, 832:1104, 1584:672 or another that the provider accepts"
}).check(
  Schema.isPattern(new globalThis.RegExp("^[1-9][0-9]{2,3}:[1-9][0-9]{2,3}$", "u")).annotate({
    expected: "a string matching the RegExp ^[1-9][0-9]{2,3}:[1-9][0-9]{2,3}$",
    identifier: "Ratio",
    message:
      "Expected WIDTH:HEIGHT in pixels, one of 1280:720, 720:1280, 960:960, 1104:832, 832:1104, 1584:672 or another that the provider accepts"
  })
)

export type ContentModeration = { readonly publicFigureThreshold?: "auto" | "low" }
export const ContentModeration = Schema.Struct({
  publicFigureThreshold: Schema.optionalKey(Schema.Literals(["auto", "low"]))
}).annotate({ default: { publicFigureThreshold: "auto" }, identifier: "ContentModeration" })

export type Cost = { readonly credits: number } & { readonly [x: string]: Schema.Json }
export const Cost = Schema.StructWithRest(Schema.Struct({ credits: Schema.Finite }), [
  Schema.Record(Schema.String, Schema.Json.annotate({ expected: "JSON value" }))
]).annotate({ identifier: "Cost" })

export type RowStatus = "NOT_START" | "SUBMITTED" | "QUEUED" | "IN_PROGRESS" | "FAILURE" | "SUCCESS" | "UNKNOWN"
export const RowStatus = Schema.Literals([
  "NOT_START",
  "SUBMITTED",
  "QUEUED",
  "IN_PROGRESS",
  "FAILURE",
  "SUCCESS",
  "UNKNOWN"
]).annotate({ identifier: "RowStatus" })

export type UnixSeconds = number | null
export const UnixSeconds = Schema.Union([Schema.Int, Schema.Null]).annotate({
  format: "int64",
  identifier: "UnixSeconds"
})

export type BareStatus = "PENDING" | "THROTTLED" | "RUNNING" | "SUCCEEDED" | "FAILED" | "CANCELLED"
export const BareStatus = Schema.Literals([
  "PENDING",
  "THROTTLED",
  "RUNNING",
  "SUCCEEDED",
  "FAILED",
  "CANCELLED"
]).annotate({ identifier: "BareStatus" })

export type WrappedError = {
  readonly error: {
    readonly message: string
    readonly type?: string | null
    readonly param?: string | null
    readonly code?: string | number | null
  } & { readonly [x: string]: Schema.Json }
} & { readonly [x: string]: Schema.Json }
export const WrappedError = Schema.StructWithRest(
  Schema.Struct({
    error: Schema.StructWithRest(
      Schema.Struct({
        message: Schema.String,
        type: Schema.optionalKey(Schema.Union([Schema.String, Schema.Null])),
        param: Schema.optionalKey(Schema.Union([Schema.String, Schema.Null])),
        code: Schema.optionalKey(Schema.Union([Schema.String, Schema.Finite, Schema.Null]))
      }),
      [Schema.Record(Schema.String, Schema.Json.annotate({ expected: "JSON value" }))]
    )
  }),
  [Schema.Record(Schema.String, Schema.Json.annotate({ expected: "JSON value" }))]
).annotate({ identifier: "WrappedError" })

export type FlatError = { readonly code: string | number; readonly message: string; readonly data?: Schema.Json } & {
  readonly [x: string]: Schema.Json
}
export const FlatError = Schema.StructWithRest(
  Schema.Struct({
    code: Schema.Union([Schema.String, Schema.Finite]),
    message: Schema.String,
    data: Schema.optionalKey(Schema.Json.annotate({ expected: "JSON value" }))
  }),
  [Schema.Record(Schema.String, Schema.Json.annotate({ expected: "JSON value" }))]
).annotate({ identifier: "FlatError" })

export type NativeError = {
  readonly error: string
  readonly issues?: ReadonlyArray<
    { readonly code?: string; readonly path?: ReadonlyArray<string | number>; readonly message?: string } & {
      readonly [x: string]: Schema.Json
    }
  >
  readonly docUrl?: string
} & { readonly [x: string]: Schema.Json }
export const NativeError = Schema.StructWithRest(
  Schema.Struct({
    error: Schema.String,
    issues: Schema.optionalKey(
      Schema.Array(
        Schema.StructWithRest(
          Schema.Struct({
            code: Schema.optionalKey(Schema.String),
            path: Schema.optionalKey(Schema.Array(Schema.Union([Schema.String, Schema.Finite]))),
            message: Schema.optionalKey(Schema.String)
          }),
          [Schema.Record(Schema.String, Schema.Json.annotate({ expected: "JSON value" }))]
        )
      )
    ),
    docUrl: Schema.optionalKey(Schema.String)
  }),
  [Schema.Record(Schema.String, Schema.Json.annotate({ expected: "JSON value" }))]
).annotate({ identifier: "NativeError" })

export type CharacterImage = { readonly type: "image"; readonly uri: AssetUri }
export const CharacterImage = Schema.Struct({ type: Schema.Literal("image"), uri: AssetUri }).annotate({
  identifier: "CharacterImage"
})

export type CharacterVideo = { readonly type: "video"; readonly uri: AssetUri }
export const CharacterVideo = Schema.Struct({ type: Schema.Literal("video"), uri: AssetUri }).annotate({
  identifier: "CharacterVideo"
})

export type Reference = { readonly type: "video"; readonly uri: AssetUri }
export const Reference = Schema.Struct({ type: Schema.Literal("video"), uri: AssetUri }).annotate({
  identifier: "Reference",
  message: 'Expected { type: "video", uri: "https://…" }'
})

export type TaskAccepted = { readonly id: string; readonly estimatedCost?: Cost | null } & {
  readonly [x: string]: Schema.Json
}
export const TaskAccepted = Schema.StructWithRest(
  Schema.Struct({
    id: Schema.String.check(Schema.isMinLength(1).annotate({ expected: "a value with a length of at least 1" })),
    estimatedCost: Schema.optionalKey(Schema.Union([Cost, Schema.Null]))
  }),
  [Schema.Record(Schema.String, Schema.Json.annotate({ expected: "JSON value" }))]
).annotate({ identifier: "TaskAccepted" })

export type BareTask = {
  readonly id: string
  readonly status: BareStatus | string
  readonly createdAt?: string | null
  readonly progress?: number | string | null
  readonly output?: ReadonlyArray<string> | string | null
  readonly failure?: string | null
  readonly failureCode?: string | null
  readonly estimatedCost?: Cost | null
  readonly cost?: Cost | null
} & { readonly [x: string]: Schema.Json }
export const BareTask = Schema.StructWithRest(
  Schema.Struct({
    id: Schema.String.check(Schema.isMinLength(1).annotate({ expected: "a value with a length of at least 1" })),
    status: Schema.Union([BareStatus, Schema.String]),
    createdAt: Schema.optionalKey(Schema.Union([Schema.String, Schema.Null])),
    progress: Schema.optionalKey(Schema.Union([Schema.Finite, Schema.String, Schema.Null])),
    output: Schema.optionalKey(Schema.Union([Schema.Array(Schema.String), Schema.String, Schema.Null])),
    failure: Schema.optionalKey(Schema.Union([Schema.String, Schema.Null])),
    failureCode: Schema.optionalKey(Schema.Union([Schema.String, Schema.Null])),
    estimatedCost: Schema.optionalKey(Schema.Union([Cost, Schema.Null])),
    cost: Schema.optionalKey(Schema.Union([Cost, Schema.Null]))
  }),
  [Schema.Record(Schema.String, Schema.Json.annotate({ expected: "JSON value" }))]
).annotate({ identifier: "BareTask" })

export type ErrorAnswer = WrappedError | FlatError | NativeError
export const ErrorAnswer = Schema.Union([WrappedError, FlatError, NativeError]).annotate({ identifier: "ErrorAnswer" })

export type Character = CharacterImage | CharacterVideo
export const Character = Schema.Union([CharacterImage, CharacterVideo], { mode: "oneOf" }).annotate({
  identifier: "Character",
  message: 'Expected { type: "image" | "video", uri: "https://…" }'
})

export type TaskRow = {
  readonly task_id: string
  readonly action?: string | null
  readonly status: RowStatus | string
  readonly fail_reason?: string | null
  readonly result_url?: string | null
  readonly video_url?: string | null
  readonly submit_time?: UnixSeconds
  readonly start_time?: UnixSeconds
  readonly finish_time?: UnixSeconds
  readonly progress?: string | number | null
  readonly data?: BareTask | { readonly [x: string]: Schema.Json } | null
} & { readonly [x: string]: Schema.Json }
export const TaskRow = Schema.StructWithRest(
  Schema.Struct({
    task_id: Schema.String.check(Schema.isMinLength(1).annotate({ expected: "a value with a length of at least 1" })),
    action: Schema.optionalKey(Schema.Union([Schema.String, Schema.Null])),
    status: Schema.Union([RowStatus, Schema.String]),
    fail_reason: Schema.optionalKey(Schema.Union([Schema.String, Schema.Null])),
    result_url: Schema.optionalKey(Schema.Union([Schema.String, Schema.Null])),
    video_url: Schema.optionalKey(Schema.Union([Schema.String, Schema.Null])),
    submit_time: Schema.optionalKey(UnixSeconds),
    start_time: Schema.optionalKey(UnixSeconds),
    finish_time: Schema.optionalKey(UnixSeconds),
    progress: Schema.optionalKey(Schema.Union([Schema.String, Schema.Finite, Schema.Null])),
    data: Schema.optionalKey(
      Schema.Union([
        BareTask,
        Schema.Record(Schema.String, Schema.Json.annotate({ expected: "JSON value" })),
        Schema.Null
      ])
    )
  }),
  [Schema.Record(Schema.String, Schema.Json.annotate({ expected: "JSON value" }))]
).annotate({ identifier: "TaskRow" })

export type CharacterPerformanceRequest = {
  readonly character: Character
  readonly reference: Reference
  readonly bodyControl: boolean
  readonly expressionIntensity: number
  readonly seed: number
  readonly model: "act_two"
  readonly ratio: Ratio
  readonly contentModeration: ContentModeration
}
export const CharacterPerformanceRequest = Schema.Struct({
  character: Character,
  reference: Reference,
  bodyControl: Schema.Boolean.annotate({ default: true }),
  expressionIntensity: Schema.Number.annotate({ default: 1, message: "Expected an integer from 1 to 5" })
    .check(Schema.isInt().annotate({ expected: "an integer", message: "Expected an integer from 1 to 5" }))
    .check(
      Schema.isGreaterThanOrEqualTo(1).annotate({
        expected: "a value greater than or equal to 1",
        message: "Expected an integer from 1 to 5"
      })
    )
    .check(
      Schema.isLessThanOrEqualTo(5).annotate({
        expected: "a value less than or equal to 5",
        message: "Expected an integer from 1 to 5"
      })
    ),
  seed: Schema.Number.annotate({ default: 1, format: "int64", message: "Expected an integer from 0 to 4294967295" })
    .check(Schema.isInt().annotate({ expected: "an integer", message: "Expected an integer from 0 to 4294967295" }))
    .check(
      Schema.isGreaterThanOrEqualTo(0).annotate({
        expected: "a value greater than or equal to 0",
        message: "Expected an integer from 0 to 4294967295"
      })
    )
    .check(
      Schema.isLessThanOrEqualTo(4294967295).annotate({
        expected: "a value less than or equal to 4294967295",
        message: "Expected an integer from 0 to 4294967295"
      })
    ),
  model: Schema.Literal("act_two").annotate({ default: "act_two" }),
  ratio: Ratio,
  contentModeration: ContentModeration
}).annotate({ identifier: "CharacterPerformanceRequest" })

export type TaskEnvelope = {
  readonly code: "success"
  readonly message?: string | null
  readonly data: TaskRow | null
} & { readonly [x: string]: Schema.Json }
export const TaskEnvelope = Schema.StructWithRest(
  Schema.Struct({
    code: Schema.Literal("success"),
    message: Schema.optionalKey(Schema.Union([Schema.String, Schema.Null])),
    data: Schema.Union([TaskRow, Schema.Null])
  }),
  [Schema.Record(Schema.String, Schema.Json.annotate({ expected: "JSON value" }))]
).annotate({ identifier: "TaskEnvelope" })

export type TaskAnswer = TaskEnvelope | TaskRow | BareTask
export const TaskAnswer = Schema.Union([TaskEnvelope, TaskRow, BareTask]).annotate({ identifier: "TaskAnswer" })
