/**
 * Something the person at the terminal can put right, in words for them and without a stack trace.
 *
 * @module
 */
import * as Schema from "effect/Schema"
import { type End, ends } from "./ExitCode.ts"

const isEnd = (end: string): end is End => Object.hasOwn(ends, end)

export class Complaint extends Schema.TaggedError<Complaint>("cometapi-runway/cli/Complaint")("Complaint", {
  text: Schema.String,
  /** How the command ends with it, see `ExitCode.ts`. Left out where a flag or a file is wrong. */
  end: Schema.optionalKey(Schema.String.pipe(Schema.refine(isEnd))),
  /** The task it is about. */
  taskId: Schema.optionalKey(Schema.String)
}) {
  override get message() {
    return this.text
  }
}
