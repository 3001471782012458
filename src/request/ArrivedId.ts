/**
 * The new task's id in whatever arrived of an answer to a paid request: whole or cut off, with something before, behind or around it.
 *
 * It reads JSON as far as it goes and invents nothing: half an id is none, and the id of a request, an account or an error is not the
 * task's. Whether a job was accepted is not decided here.
 *
 * @module
 */

/** A value as far as it arrived. A number is kept as its digits, because an id beyond 2^53 would be rounded. */
type Value = Text | Digits | Container | List
interface Text {
  readonly _tag: "Text"
  readonly text: string
}
interface Digits {
  readonly _tag: "Digits"
  readonly text: string
}
interface Container {
  readonly _tag: "Container"
  readonly fields: Map<string, Value>
}
interface List {
  readonly _tag: "List"
  readonly items: Array<Value>
}

/** The task's id, or nothing. `succeeded` says whether the answer's status is a success: in other answers an error's id is more likely. */
export const arrivedId = (text: string, succeeded: boolean): string | undefined => {
  // Nearly every answer, and then there is nothing to look for.
  const only = onlyId.exec(text)?.[1]
  if (only !== undefined && !saysNothing.test(only)) return only
  if (isPage.test(text)) return undefined
  const documents = read(text)
  // Beside an error, `id` is the error's, and only what is called the task's id is the task's.
  const idOf = !succeeded && documents.flatMap(containersOf).some(saysWhatWentWrong) ? calledTaskId : ownId
  return (
    shallowest(documents, idOf, (name) => answerNames.has(name)) ??
    shallowest(documents, idOf, (name) => !otherNames.has(name)) ??
    (succeeded ? documents.map(unnamedId).find((found) => found !== undefined) : undefined)
  )
}

/** The answer as the contract has it: an object that holds the id and nothing else. */
const onlyId = /^\s*\{\s*"id"\s*:\s*"([\w.:-]+)"\s*\}\s*$/

/** The id in the address of a task, where an answer to a paid request says with `Location` what was made. */
export const locatedId = (location: string | null): string | undefined => {
  const [, written = ""] = /\/runwayml\/v1\/tasks\/([^/?#]+)\/?(?:[?#].*)?$/.exec(location ?? "") ?? []
  try {
    return named(decodeURIComponent(written))
  } catch {
    return undefined
  }
}

/** A page may hold scripts full of ids. */
const isPage = /^\s*<(!doctype|html|head|body|script|\?xml)\b/i

/** Names as all spellings share them: `task_id`, `taskId` and `TaskID` are one. */
const plain = (name: string): string => name.toLowerCase().replace(/[_\-\s]/g, "")

/** What answers are put into. A text there may be the answer as JSON text. */
const answerNames: ReadonlySet<string> = new Set([
  "data",
  "result",
  "results",
  "output",
  "response",
  "body",
  "payload",
  "task",
  "tasks",
  "items",
  "job"
])

/** What has an id of its own that is not the task's. */
const otherNames: ReadonlySet<string> = new Set(
  "error errors user account organisation organization org team project owner customer client tenant request req trace span meta metadata channel token key model session group plan billing character reference input webhook callback parent previous origin".split(
    " "
  )
)

/** The id that stands nearest to the top, looking only into what `enters` allows. */
const shallowest = (
  documents: ReadonlyArray<Value>,
  idOf: (container: Container) => string | undefined,
  enters: (name: string) => boolean
): string | undefined => {
  let level = documents
  while (level.length > 0) {
    const containers = level.flatMap(containersOf)
    const id = containers.map(idOf).find((found) => found !== undefined)
    if (id !== undefined) return id
    level = containers.flatMap(({ fields }) =>
      Array.from(fields).flatMap(([name, value]) => (enters(name) ? inside(name, value) : []))
    )
  }
  return undefined
}

/** A value's containers; lists are looked through. */
const containersOf = (value: Value): ReadonlyArray<Container> => {
  if (value._tag === "Container") return [value]
  // A list in a list is nobody's form of an answer, and might be very deep.
  return value._tag === "List" ? value.items.filter((item) => item._tag === "Container") : []
}

/** What stands in a field, also if it is JSON as a text. */
const inside = (name: string, value: Value): ReadonlyArray<Value> =>
  value._tag === "Text" && answerNames.has(name) && /^\s*[{[]/.test(value.text) ? read(value.text) : [value]

/** A container's own id: a text called so, a text in the place of the answer that has the form of an id, or digits. */
const ownId = (container: Container): string | undefined => {
  const id = container.fields.get("id")
  return textId(id) ?? calledTaskId(container) ?? digitsId(id) ?? unnamedId(container.fields.get("data"))
}

/** What a container calls the task's id, with these words. */
const calledTaskId = ({ fields }: Container): string | undefined => {
  const taskId = fields.get("taskid")
  return textId(taskId) ?? digitsId(taskId)
}

/** A text without a name of its own, if it has the form of an id. */
const unnamedId = (value: Value | undefined): string | undefined => (looksLikeId(value) ? textId(value) : undefined)

const textId = (value: Value | undefined): string | undefined =>
  value?._tag === "Text" ? named(value.text) : undefined

/** What a text names, if it names anything. */
const named = (text: string): string | undefined => {
  const name = text.trim()
  return name === "" || saysNothing.test(name) ? undefined : name
}

/** How programs write that there is nothing. */
const saysNothing = /^(null|undefined|none|nil|[0-]+)$/i

/** Zero is how a Go program writes that there is none. */
const digitsId = (value: Value | undefined): string | undefined =>
  value?._tag === "Digits" && /^[1-9]\d*$/.test(value.text) ? value.text : undefined

/** Whether a text that has no name is an id: one word with a digit in it, and no date. */
const looksLikeId = (value: Value | undefined): boolean =>
  value?._tag === "Text" &&
  /^\s*(?=\S*\d)[A-Za-z0-9][\w.:-]{7,}\s*$/.test(value.text) &&
  !/^\s*\d{4}-\d\d-\d\d/.test(value.text)

/** Whether a document names an error; then its id is the error's. */
const saysWhatWentWrong = ({ fields }: Container): boolean =>
  ["error", "errors", "message", "msg", "detail", "title", "reason"].some((name) => {
    const field = fields.get(name)
    return field !== undefined && !(field._tag === "Text" && field.text.trim() === "")
  })

/** A place in a text that is being read, and the containers that are open there. */
interface Reading {
  readonly text: string
  readonly documents: Array<Value>
  readonly open: Array<Container | List>
  at: number
  /** The name whose value comes next. */
  name: string | undefined
}

/** The JSON values in a text, as far as they arrived. What is no JSON is passed over. */
const read = (text: string): ReadonlyArray<Value> => {
  const reading: Reading = { text, documents: [], open: [], at: 0, name: undefined }
  // A text that is JSON once more, or all that there is. Elsewhere outside of values, a quotation mark is part of some sentence.
  const quoted = /^\s*"/.test(text) ? readText(text, text.indexOf('"')) : undefined
  if (quoted !== undefined) {
    if (/^\s*[{[]/.test(quoted.text)) return read(quoted.text)
    return text.slice(quoted.end).trim() === "" ? [{ _tag: "Text", text: quoted.text }] : []
  }
  while (reading.at < text.length) step(reading)
  return reading.documents
}

/** Reads what stands at the place: the beginning or end of a container, a text, a number, a word; or passes over a character. */
const step = (reading: Reading): void => {
  const { text, open, at } = reading
  const character = text.charAt(at)
  if (character === "{" || character === "[") {
    reading.at++
    begin(reading, character === "{" ? { _tag: "Container", fields: new Map() } : { _tag: "List", items: [] })
  } else if (open.length === 0) {
    reading.at++
  } else if (character === "}" || character === "]") {
    reading.at++
    open.pop()
    reading.name = undefined
  } else if (character === '"') {
    readQuoted(reading)
  } else {
    readBare(reading)
  }
}

/** Deeper than any answer. Below it nothing is read, so that a megabyte of brackets costs nothing. */
const deepest = 64

const begin = (reading: Reading, value: Container | List): void => {
  if (reading.open.length === deepest) reading.at = reading.text.length
  const around = reading.open.at(-1)
  // What begins where a name should stand belongs to nothing that was open: that was no JSON, or was never closed.
  if (around?._tag === "Container" && reading.name === undefined) reading.open.length = 0
  place(reading, value)
  reading.open.push(value)
}

/** Puts a value where it belongs. Of two with one name the later counts, as JSON is read everywhere. */
const place = (reading: Reading, value: Value): void => {
  const around = reading.open.at(-1)
  if (around === undefined) reading.documents.push(value)
  else if (around._tag === "List") around.items.push(value)
  else if (reading.name !== undefined) around.fields.set(plain(reading.name), value)
  reading.name = undefined
}

/** A text between quotation marks: a name if a colon follows, otherwise a value. If it is cut off, nothing can follow. */
const readQuoted = (reading: Reading): void => {
  const found = readText(reading.text, reading.at)
  reading.at = found?.end ?? reading.text.length
  if (found === undefined) return
  if (reading.name === undefined && isName(reading)) reading.name = found.text
  else place(reading, { _tag: "Text", text: found.text })
}

const isName = ({ text, open, at }: Reading): boolean => {
  colon.lastIndex = at
  return open.at(-1)?._tag === "Container" && colon.test(text)
}

const colon = /\s*:/y
const word = /[\w.+-]+/y
const digits = /^\d+$/

/** A number, a name without quotation marks, or a word such as `null`. A number at the very end may be cut off, so it is none. */
const readBare = (reading: Reading): void => {
  word.lastIndex = reading.at
  const found = word.exec(reading.text)?.[0]
  reading.at += found?.length ?? 1
  if (found === undefined) return
  if (reading.name === undefined && isName(reading)) reading.name = found
  else if (digits.test(found) && reading.at < reading.text.length) place(reading, { _tag: "Digits", text: found })
  else reading.name = undefined
}

/** The text that begins with the quotation mark at a place, and where it ends; nothing if it does not end. */
const readText = (text: string, from: number): { readonly text: string; readonly end: number } | undefined => {
  for (let at = from + 1; at < text.length; at++) {
    const character = text.charAt(at)
    if (character === "\\") at++
    else if (character === '"') return { text: unescaped(text.slice(from + 1, at)), end: at + 1 }
  }
  return undefined
}

const escapes: Readonly<Record<string, string>> = { n: "\n", r: "\r", t: "\t", b: "\b", f: "\f" }

const unescaped = (text: string): string =>
  text.replace(/\\(?:u([0-9a-f]{4})|([\s\S]))/gi, (_, code: string | undefined, character: string | undefined) =>
    code !== undefined ? String.fromCharCode(Number.parseInt(code, 16)) : (escapes[character ?? ""] ?? character ?? "")
  )
