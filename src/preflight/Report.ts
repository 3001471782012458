/**
 * The result of a preflight: what was seen of each asset, and the findings about them.
 *
 * @module
 */
import * as Schema from "effect/Schema"
import { Finding } from "../Finding.ts"

/** What was seen of one asset. What could not be seen is absent. */
export const Asset = Schema.Struct({
  /** Where in the input, for example `reference.uri`. */
  field: Schema.String,
  /** Without its query, which may be a credential. */
  url: Schema.String,
  /** The Content-Type, without parameters. */
  type: Schema.optionalKey(Schema.String),
  /** How large it is, in bytes. */
  bytes: Schema.optionalKey(Schema.Finite),
  /** How long the video is. */
  seconds: Schema.optionalKey(Schema.Finite),
  /** The server's tag of these bytes. */
  etag: Schema.optionalKey(Schema.String)
})
export type Asset = typeof Asset.Type

export const Report = Schema.Struct({
  assets: Schema.Array(Asset),
  /** Empty: nothing speaks against paying. */
  findings: Schema.Array(Finding)
})
export type Report = typeof Report.Type
