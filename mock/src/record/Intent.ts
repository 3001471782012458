/**
 * Which requests mean the same paid thing: the same operation with the same body, whatever the order of its fields.
 *
 * It does not judge whether sending it twice was right: the report does.
 *
 * @module
 */
import { hash } from "node:crypto"
import * as Predicate from "effect/Predicate"

const withSortedFields = (_: string, value: unknown): unknown =>
  Predicate.isReadonlyObject(value)
    ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
    : value

/** A text that is the same for two requests that ask for the same, or nothing for a request without a readable body. */
export const intentOf = (operationId: string | undefined, body: unknown): string | undefined => {
  if (!Predicate.isObjectOrArray(body)) return undefined
  try {
    const sorted = JSON.stringify(body, withSortedFields)
    return hash("sha256", `${operationId} ${sorted}`, "hex")
  } catch {
    // The body is nested too deeply to be written down again, so the contract does not allow it.
    return undefined
  }
}
