// @ts-check
/**
 * How a program in some language starts a job and looks at it here, as text to copy.
 *
 * The paths, headers, bodies and names come from the contract. The only key in a snippet is the one that the page suggests to everybody.
 *
 * @module
 */

/** @import { Job, Snippet, Submission, Target } from "./Types.ts" */

export const suggestedKey = "my-key"

/** JSON with a line for each field, and what is inside a field on that line. @param {unknown} value @param {number} indent */
const json = (value, indent) => {
  const space = " ".repeat(indent)
  const lines = Object.entries(value ?? {}).map(([name, field]) => {
    const inner = JSON.stringify(field, undefined, 1).replace(/\n\s*/g, " ")
    return `${space}  "${name}": ${inner}`
  })
  return `{\n${lines.join(",\n")}\n${space}}`
}

/** JSON as JavaScript is usually written. @param {unknown} value @param {number} indent */
const literal = (value, indent) => json(value, indent).replace(/"([a-zA-Z]\w*)": /g, "$1: ")

/** JSON as Python is written. @param {unknown} value @param {number} indent */
const python = (value, indent) =>
  json(value, indent).replace(
    /(: |\s)(true|false|null)(?=,?\n)/g,
    (_, before, word) => `${before}${{ true: "True", false: "False", null: "None" }[/** @type {"true"} */ (word)]}`
  )

/** @param {Job} submission @param {Target} poll @param {string} origin */
const curl = ({ path, headers, example }, poll, origin) => {
  const lines = [
    `curl -sS ${origin}${path} \\`,
    `  -H 'Authorization: Bearer ${suggestedKey}' \\`,
    ...Object.entries(headers).map(([name, value]) => `  -H '${name}: ${value}' \\`),
    "  -H 'Content-Type: application/json' \\",
    `  -d '${json(example, 2).replaceAll("'", `'\\''`)}'`,
    "",
    "# then, with the id it answers:",
    `# curl -sS ${origin}${poll.path.replace(/\{\w+\}/, "ID")} -H 'Authorization: Bearer ${suggestedKey}'`
  ]
  return lines.join("\n")
}

/** @param {Job} submission @param {Target} poll @param {string} origin */
const pythonOf = ({ path, headers, example }, poll, origin) => {
  const all = { Authorization: `Bearer ${suggestedKey}`, ...headers, "Content-Type": "application/json" }
  return [
    "import json, time, urllib.error, urllib.request",
    "",
    `URL = "${origin}"`,
    `HEADERS = ${python(all, 0)}`,
    "",
    "def call(path, body=None):",
    "    data = None if body is None else json.dumps(body).encode()",
    "    try:",
    "        with urllib.request.urlopen(urllib.request.Request(URL + path, data, HEADERS)) as answer:",
    "            return json.load(answer)",
    "    except urllib.error.HTTPError as error:",
    "        return json.load(error)",
    "",
    `body = ${python(example, 0)}`,
    `task = call("${path}", body)`,
    "while True:",
    "    time.sleep(5)",
    `    now = call(f"${poll.path.replace(/\{\w+\}/, "{task['id']}")}")`,
    "    print(now)",
    '    if now.get("status") in ("SUCCEEDED", "FAILED", "CANCELLED"):',
    "        break"
  ].join("\n")
}

/** @param {Job} submission @param {Target} _ @param {string} origin */
const effect = ({ name, example }, _, origin) =>
  [
    `import { ${name}, Runway } from "cometapi-runway"`,
    'import { Effect } from "effect"',
    "",
    `const program = ${name}.generate(${literal(example, 0)})`,
    "",
    `const runway = Runway.layer({ apiKey: "${suggestedKey}", baseUrl: "${origin}" })`,
    "console.log(await Effect.runPromise(program.pipe(Effect.provide(runway))))"
  ].join("\n")

/** @param {Job} submission @param {Target} _ @param {string} origin */
const sdk = ({ name, path, example }, _, origin) =>
  [
    'import RunwayML from "@runwayml/sdk"',
    "",
    `const client = new RunwayML({ apiKey: "${suggestedKey}", baseURL: "${origin}${path.replace(/\/v1\/.*/, "")}" })`,
    "",
    `const task = await client.${name.charAt(0).toLowerCase()}${name.slice(1)}`,
    `  .create(${literal(example, 2)})`,
    "  .waitForTaskOutput()",
    "console.log(task.output)"
  ].join("\n")

/** @type {ReadonlyArray<{ name: string, of: typeof curl }>} */
const languages = [
  { name: "curl", of: curl },
  { name: "Python", of: pythonOf },
  { name: "Effect", of: effect },
  { name: "@runwayml/sdk", of: sdk }
]

/** @param {{ value: unknown }} example */
const sizeOf = ({ value }) => JSON.stringify(value).length

/** The shortest body that the contract knows, in each language. @param {Submission | undefined} submission @param {Target} poll @param {string} origin @returns {Array<Snippet>} */
export const snippetsOf = (submission, poll, origin) => {
  const [example] = submission?.examples.toSorted((a, b) => sizeOf(a) - sizeOf(b)) ?? []
  if (submission === undefined || example === undefined) return []
  const job = { ...submission, example: example.value }
  return languages.map(({ name, of }) => ({ name, text: of(job, poll, origin) }))
}
