/**
 * What a request that breaks the contract is answered: the provider's own form of a refusal, with what was wrong written into it.
 *
 * Whoever calls through an SDK sees the body of an answer and never its headers. It finds nothing wrong itself: Prism does.
 *
 * @module
 */
import * as Predicate from "effect/Predicate"
import type { Answer, Violation } from "../contract/Answer.ts"

const mostSentences = 5
const longestSentence = 300

/** What was wrong, in one text. */
const sentences = (violations: ReadonlyArray<Violation>): string => {
  const shown = violations.slice(0, mostSentences).map(({ message }) => message.slice(0, longestSentence))
  const left = violations.length - shown.length
  return [...shown, ...(left > 0 ? [`and ${left} more`] : [])].join("; ")
}

/** The field at fault, as the provider's `param` names it: `reference.uri`. */
const fieldOf = ({ location: [, ...place] }: Violation): string =>
  (place[0] === "body" ? place.slice(1) : place).join(".").slice(0, longestSentence)

/** A documented refusal with what was wrong in its message, where it has one, before the request's id. */
export const explained = (answer: Answer, violations: ReadonlyArray<Violation>): Answer => {
  const { body } = answer
  const wrong = violations.filter(({ severity }) => severity === "Error")
  const [first] = wrong
  if (first === undefined || !Predicate.hasProperty(body, "error")) return answer
  const { error } = body
  if (!Predicate.hasProperty(error, "message") || !Predicate.isString(error.message)) return answer
  const [said = ""] = error.message.split(" (request id: ", 1)
  // What is added is a text of the caller's in part, so it is put in by a function: it may have a "$" in it.
  const message = error.message.replace(said, () => `${said}: ${sentences(wrong)}`)
  const param = "param" in error ? { param: fieldOf(first) } : {}
  return { ...answer, body: { ...body, error: { ...error, message, ...param } } }
}
