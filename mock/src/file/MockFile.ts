/**
 * `mock.json`: how a mock is to behave, read from a file that people write by hand, and checked so that each mistake is told where it is.
 *
 * Its form is the component `MockFile` of the control contract. All mistakes are found at once. It changes no mock, and it reads the file once.
 *
 * @module
 */
import { readFileSync } from "node:fs"
import { dirname, resolve } from "node:path"
import * as Predicate from "effect/Predicate"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import * as SchemaIssue from "effect/SchemaIssue"
import * as Schemas from "../../../generated/mock-control/schemas.gen.ts"
import type * as Api from "../../../generated/mock-control/types.gen.ts"
import * as Contract from "../contract/Contract.ts"
import * as Fault from "../faults/Fault.ts"
import { BrokenFile } from "../MockError.ts"
import { builtIn } from "../world/BuiltInScenarios.ts"
import * as Scenario from "../world/Scenario.ts"
import { expectedAt, namesAt, type Path } from "./Expected.ts"

/** One mistake, and where it is. */
interface Mistake {
  readonly at: string
  readonly problem: string
}

/** A place as people write it: `keys["test-*"].faults[0].kind`. */
const written = (path: Path): string =>
  path.reduce<string>((text, name) => {
    if (typeof name === "number") return `${text}[${name}]`
    if (!/^[A-Za-z_$][\w$]*$/.test(String(name))) return `${text}[${JSON.stringify(String(name))}]`
    return text === "" ? String(name) : `${text}.${String(name)}`
  }, "")

const mistake = (path: Path, problem: string): Mistake => ({ at: written(path), problem })

/** How many letters have to be changed, added or left out to make one word of another. */
const distance = (a: string, b: string): number => {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index)
  for (const [index, letter] of [...a].entries()) {
    const next = [index + 1]
    for (const [column, other] of [...b].entries())
      next.push(
        Math.min(
          (next[column] ?? 0) + 1,
          (row[column + 1] ?? 0) + 1,
          (row[column] ?? 0) + (letter.toLowerCase() === other.toLowerCase() ? 0 : 1)
        )
      )
    row = next
  }
  return row[b.length] ?? 0
}

/** The word that was probably meant. */
const nearest = (word: string, known: ReadonlyArray<string>): string | undefined => {
  const [best] = known.map((name) => ({ name, far: distance(word, name) })).sort((a, b) => a.far - b.far)
  return best !== undefined && best.far <= Math.max(1, Math.ceil(word.length / 3)) ? best.name : undefined
}

const unknownName = (word: string, known: ReadonlyArray<string>): string => {
  const meant = nearest(word, known)
  const names = known.join(", ")
  return meant === undefined ? `known here: ${names}` : `did you mean "${meant}"? Known here: ${names}`
}

const longestShown = 60

const shown = (value: unknown): string => {
  const text = JSON.stringify(value) ?? String(value)
  return text.length > longestShown ? `${text.slice(0, longestShown)}…` : text
}

const valueAt = (value: unknown, path: Path): unknown =>
  path.reduce<unknown>(
    (inner, name) => (Predicate.isObjectOrArray(inner) ? Reflect.get(inner, name) : undefined),
    value
  )

const problemOf = (value: unknown, path: Path): string => {
  const name = path.at(-1)
  const outside = path.slice(0, -1)
  const known = namesAt(outside)
  if (typeof name === "string" && known.length > 0 && !known.includes(name))
    return `is not known: ${unknownName(name, known)}`
  const actual = valueAt(value, path)
  return actual === undefined
    ? `is missing; it must be ${expectedAt(path)}`
    : `must be ${expectedAt(path)}; got ${shown(actual)}`
}

const formatter = SchemaIssue.makeFormatterStandardSchemaV1()

/** What is wrong with the form of the file. */
const formMistakes = (value: unknown): ReadonlyArray<Mistake> => {
  const decoded = Schema.decodeUnknownResult(Schemas.MockFile, { onExcessProperty: "error", errors: "all" })(value)
  if (Result.isSuccess(decoded)) return []
  return formatter(decoded.failure.issue).issues.map(({ path = [] }) => {
    const place = path.map((part) => (Predicate.isObjectKeyword(part) && "key" in part ? part.key : part))
    return mistake(place, problemOf(value, place))
  })
}

/** The items of a list that have the right form, each with its place. The others are mistakes already. */
function* itemsOf<S extends Schema.ConstraintDecoder<unknown>>(
  schema: S,
  list: unknown,
  path: Path
): Generator<readonly [Path, S["Type"]]> {
  if (!Array.isArray(list)) return
  const decode = Schema.decodeUnknownResult(schema, { onExcessProperty: "error" })
  for (const [index, item] of list.entries()) {
    const decoded = decode(item)
    if (Result.isSuccess(decoded)) yield [[...path, index], decoded.success]
  }
}

const faultMistakes = (list: unknown, path: Path): ReadonlyArray<Mistake> =>
  [...itemsOf(Schemas.Fault, list, path)].flatMap(([place, fault]) =>
    Result.match(Fault.check(fault), {
      onSuccess: () => [],
      onFailure: ({ problem }) => [mistake(place, `cannot happen: ${problem}`)]
    })
  )

const scenarioMistakes = (list: unknown): ReadonlyArray<Mistake> => {
  const first = new Map<string, Path>()
  return [...itemsOf(Schemas.Scenario, list, ["scenarios"])].flatMap(([place, scenario]) => {
    const before = first.get(scenario.name)
    if (before !== undefined)
      return [mistake([...place, "name"], `is "${scenario.name}", and so is that of ${written(before)}`)]
    first.set(scenario.name, place)
    return Result.match(Scenario.compile(scenario), {
      onSuccess: () => [],
      onFailure: ({ problem }) => [mistake(place, `cannot be played: ${problem}`)]
    })
  })
}

/** The scenarios that can be asked for by name; nothing where a recording may have any name. */
const namesOf = (value: unknown): ReadonlyArray<string> | undefined => {
  if (valueAt(value, ["replay"]) !== undefined) return undefined
  const own = valueAt(value, ["scenarios"])
  const names = Array.isArray(own) ? own.map((scenario: unknown) => valueAt(scenario, ["name"])) : []
  return [...builtIn.keys(), ...names.filter(Predicate.isString)]
}

const keyMistakes = (
  value: unknown,
  pattern: string,
  unknownScenario: (path: Path) => ReadonlyArray<Mistake>
): ReadonlyArray<Mistake> => {
  const path = ["keys", pattern]
  const ids = new Set<string>()
  const tasks = [...itemsOf(Schemas.Seed, valueAt(value, [...path, "tasks"]), [...path, "tasks"])]
  return [
    ...unknownScenario([...path, "scenario"]),
    ...faultMistakes(valueAt(value, [...path, "faults"]), [...path, "faults"]),
    ...tasks.flatMap(([place, { id }]) => {
      const isTaken = id !== undefined && ids.has(id)
      if (id !== undefined) ids.add(id)
      const taken = isTaken ? [mistake([...place, "id"], `is "${id}", as that of a task before it`)] : []
      return [...taken, ...unknownScenario([...place, "scenario"])]
    })
  ]
}

/** What makes no sense although its form is right. */
const senseMistakes = (value: unknown, others: ReadonlyArray<string>): ReadonlyArray<Mistake> => {
  const named = namesOf(value)
  const names = named && [...named, ...others]
  const unknownScenario = (path: Path): ReadonlyArray<Mistake> => {
    const name = valueAt(value, path)
    if (names === undefined || typeof name !== "string" || name === "" || names.includes(name)) return []
    return [mistake(path, `is "${name}", and there is no such scenario: ${unknownName(name, names)}`)]
  }
  const keys = valueAt(value, ["keys"])
  const prices = valueAt(value, ["prices"])
  const paid = Contract.routesOf("submit").map(({ operationId }) => operationId)
  return [
    ...unknownScenario(["scenario"]),
    ...scenarioMistakes(valueAt(value, ["scenarios"])),
    ...faultMistakes(valueAt(value, ["faults"]), ["faults"]),
    ...(Predicate.isReadonlyObject(keys) ? Object.keys(keys) : []).flatMap((pattern) =>
      keyMistakes(value, pattern, unknownScenario)
    ),
    ...(Predicate.isReadonlyObject(prices) ? Object.keys(prices) : [])
      .filter((name) => !paid.includes(name))
      .map((name) => mistake(["prices", name], `is no paid operation: ${unknownName(name, paid)}`))
  ]
}

/** Where a text stops being JSON, as line and column. Some versions of Node tell that themselves. */
const placeIn = (text: string, message: string): string => {
  const position = /at position (\d+)/.exec(message)?.[1]
  const at = position === undefined ? text.length : Number(position)
  const lines = text.slice(0, at).split("\n")
  return `line ${lines.length}, column ${(lines.at(-1)?.length ?? 0) + 1}`
}

const parse = (text: string): Result.Result<unknown, Mistake> => {
  try {
    return Result.succeed(JSON.parse(text.replace(/^\uFEFF/, "")))
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error)
    const why = message.replace(/ (in JSON )?at position .*$/s, "").replace(/, .*is not valid JSON$/s, "")
    return Result.fail({
      at: placeIn(text, message),
      problem: `is no JSON: ${why} (JSON has no comments, and no comma after the last item)`
    })
  }
}

/** Whether the file has this form; its mistakes were looked for before. */
const isRight = (value: unknown, mistakes: ReadonlyArray<Mistake>): value is Api.MockFile =>
  mistakes.length === 0 && Predicate.isReadonlyObject(value)

/** The checked content of a file; `others` are names of scenarios that it may use too. */
const check = (
  text: string,
  file: string,
  others: ReadonlyArray<string> = []
): Result.Result<Api.MockFile, BrokenFile> => {
  const parsed = parse(text)
  if (Result.isFailure(parsed)) return Result.fail(new BrokenFile({ file, mistakes: [parsed.failure] }))
  const value = parsed.success
  const mistakes = Predicate.isReadonlyObject(value)
    ? [...formMistakes(value), ...senseMistakes(value, others)]
    : [{ at: "the file", problem: `must be an object, in { }; got ${shown(value)}` }]
  return isRight(value, mistakes) ? Result.succeed(value) : Result.fail(new BrokenFile({ file, mistakes }))
}

/** The paths in a file as they are from here; in the file they are relative to it. */
const located = ({ state, replay, record, ...rest }: Api.MockFile, file: string): Api.MockFile => {
  const at = (path: string) => resolve(dirname(file), path)
  return {
    ...rest,
    ...(state === undefined ? {} : { state: at(state) }),
    ...(replay === undefined ? {} : { replay: { ...replay, from: at(replay.from) } }),
    ...(record === undefined ? {} : { record: { ...record, out: at(record.out ?? "recordings") } })
  }
}

/** Reads a file. It fails with all of its mistakes at once. */
export const read = (file: string, others: ReadonlyArray<string> = []): Result.Result<Api.MockFile, BrokenFile> => {
  try {
    return Result.map(check(readFileSync(file, "utf8"), file, others), (content) => located(content, file))
  } catch (error) {
    const why = error instanceof Error && "code" in error && error.code === "ENOENT" ? "it is not there" : String(error)
    return Result.fail(new BrokenFile({ file, mistakes: [{ at: "the file", problem: `cannot be read: ${why}` }] }))
  }
}
