/**
 * Something the person at the terminal can put right, in words for them and without a stack trace.
 *
 * @module
 */
import * as Data from "effect/Data"

export class Complaint extends Data.TaggedError("Complaint")<{ readonly message: string }> {}
