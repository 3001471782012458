/**
 * An input on its way to becoming a request body: documented defaults filled in, then checked against the contract, before anything
 * is sent. It corrects no value: what breaks the contract is refused, with the name of every field at fault.
 *
 * @module
 */
import * as Effect from "effect/Effect"
import * as Predicate from "effect/Predicate"
import * as Schema from "effect/Schema"
import * as SchemaIssue from "effect/SchemaIssue"
import { defined } from "../Defined.ts"
import { InvalidInput, type Problem, RunwayError } from "../RunwayError.ts"
import * as Shown from "../Shown.ts"

/**
 * Makes a checker for one operation's request body. A field that is absent or undefined gets the default that the contract documents
 * for it; a field that the contract does not know is a problem, because the provider would ignore it and charge.
 */
export const checker = <Fields extends Schema.Struct.Fields>(
  operation: string,
  schema: Schema.Struct<Fields>
): ((
  input: object
) => Effect.Effect<Schema.Struct<Fields>["Type"], RunwayError, Schema.Struct<Fields>["DecodingServices"]>) => {
  const decode = Schema.decodeUnknownEffect(schema, { errors: "all", onExcessProperty: "error" })
  const defaults = Object.fromEntries(
    Object.keys(schema.fields).map((name) => [name, schema.fields[name]?.ast.annotations?.["default"]])
  )
  const check = (input: object) => {
    const body = Predicate.isObject(input) ? defined({ ...defaults, ...defined(input) }) : input
    return decode(body).pipe(
      Effect.mapError(({ issue }) => {
        const [first, ...rest] = problemsOf(body, issue)
        // A refusal without an issue cannot happen, and would still have to say something.
        return invalid(operation, [first ?? { path: "", message: "does not match the contract" }, ...rest])
      })
    )
  }
  return (input: object) =>
    Effect.catchDefect(
      Effect.suspend(() => check(input)),
      (error) => Effect.fail(unreadable(operation, error))
    )
}

/** What an input is whose fields throw when they are read, as those of a revoked proxy do. */
export const unreadable = (operation: string, error: unknown): RunwayError =>
  invalid(operation, [{ path: "", message: `cannot be read: ${Shown.line(Shown.thrown(error))}` }])

const invalid = (operation: string, problems: readonly [Problem, ...ReadonlyArray<Problem>]): RunwayError =>
  new RunwayError({ operation, reason: new InvalidInput({ problems }) })

const format = SchemaIssue.makeFormatterStandardSchemaV1({
  leafHook: (issue) => {
    if (issue._tag === "MissingKey") return "is required"
    if (issue._tag === "UnexpectedKey") return "is not a field of the contract; check its spelling"
    return SchemaIssue.defaultLeafHook(issue)
  }
})

/** What is wrong, each thing once: a value may break several rules that say the same. */
const problemsOf = (body: unknown, issue: SchemaIssue.Issue): ReadonlyArray<Problem> => {
  const problems = format(issue).issues.map(({ path = [], message }) => {
    const keys = path.map((step) => (typeof step === "object" ? step.key : step))
    const value = keys.reduce<unknown>((place, key) => (Predicate.isObject(place) ? place[key] : undefined), body)
    return {
      path: Shown.word(keys.map(String).join(".")),
      message: message.startsWith("Expected ")
        ? `expected ${message.slice("Expected ".length)}, got ${Shown.value(value)}`
        : message
    }
  })
  return problems.filter(
    (problem, index) =>
      problems.findIndex(({ path, message }) => path === problem.path && message === problem.message) === index
  )
}
