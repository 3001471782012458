/**
 * Something the person at the terminal can put right, in words for them and without a stack trace.
 *
 * @module
 */
import * as Schema from "effect/Schema"

export class Complaint extends Schema.TaggedError<Complaint>("cometapi-runway/cli/Complaint")("Complaint", {
  text: Schema.String
}) {
  override get message() {
    return this.text
  }
}
