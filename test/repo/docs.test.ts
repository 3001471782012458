import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { join, relative } from "node:path"
import { scenarioNames } from "cometapi-runway-mock"
import ts from "typescript"
import { afterAll, describe, expect, it } from "vitest"
import { FaultKind, FindingKind } from "../../generated/mock-control/schemas.gen.ts"
import { compile } from "../support/Compiler.ts"

/** Every page and every source whose examples are promises. */
const pages = ["README.md", "README.zh-CN.md", "CONTRIBUTING.md", ...files("docs", ".md")]
const sources = [...files("src", ".ts"), ...files("mock/src", ".ts")]

function files(folder: string, ending: string): ReadonlyArray<string> {
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(ending))
    .map((name) => join(folder, name))
    .sort()
}

const blocks = (text: string): ReadonlyArray<string> =>
  [...text.matchAll(/```ts\n([\s\S]*?)```/g)].map(([, code = ""]) => code)

const examples = [
  // CONTRIBUTING's is for another place, in a repository with another contract: test/proof compiles and runs it there.
  // The Chinese README has the code of the English one, which translation.test.ts holds.
  ...pages
    .filter((page) => page !== "CONTRIBUTING.md" && page !== "README.zh-CN.md")
    .flatMap((page) =>
      blocks(readFileSync(page, "utf8")).map((code, index) => ({ name: `${page} #${index + 1}`, code }))
    ),
  ...sources.flatMap((source) =>
    [...readFileSync(source, "utf8").matchAll(/\/\*\*[\s\S]*?\*\//g)].flatMap(([comment], index) =>
      blocks(comment.replace(/^\s*\* ?/gm, "")).map((code) => ({ name: `${source} comment ${index + 1}`, code }))
    )
  )
]

/** What a reader's project need not have: examples may leave a result unused, and say `process.env.COMETAPI_KEY`. */
const forReaders = { noUnusedLocals: false, noPropertyAccessFromIndexSignature: false }

// Inside the repository, so that the packages resolve as they do for its own files.
mkdirSync("node_modules/.cache", { recursive: true })
const folder = mkdtempSync("node_modules/.cache/docs-")
afterAll(() => rmSync(folder, { recursive: true }))

describe("the examples of the documentation and the docstrings", () => {
  it("are many", () => {
    expect(examples.length).toBeGreaterThan(14)
  })

  it("all compile under the repository's own strict settings", () => {
    const names = new Map(
      examples.map(({ name, code }, index) => {
        const file = join(folder, `example-${index}.ts`)
        writeFileSync(file, `${code}\nexport {}\n`)
        return [file, name] as const
      })
    )
    const problems = compile({ files: [...names.keys()], options: forReaders }).map(
      ({ file = "", text }) => `${names.get(relative(".", file)) ?? file}: ${text}`
    )
    expect(problems).toEqual([])
  })

  it.each([
    ["docs/testing.md", "examples/mock.test.ts"],
    ["docs/testing.md", "examples/runway-sdk.test.ts"]
  ])("%s shows %s as it is", (page, file) => {
    const [, ...code] = readFileSync(file, "utf8").split("\n")
    expect(blocks(readFileSync(page, "utf8"))).toContain(code.join("\n"))
  })
})

describe("the pages", () => {
  it("link only to what is there", () => {
    const broken = pages.flatMap((page) =>
      [...readFileSync(page, "utf8").matchAll(/\]\((?!https?:)([^)#]+)/g)]
        .map(([, target = ""]) => join(page, "..", target))
        .filter((target) => ts.sys.fileExists(target) === false && ts.sys.directoryExists(target) === false)
    )
    expect(broken).toEqual([])
  })

  it("all stand in the index", () => {
    const index = readFileSync("docs/README.md", "utf8")
    const listed = [...index.matchAll(/\]\((?!https?:)([^)#]+)/g)].map(([, link = ""]) => join("docs", link))
    const own = files("docs", ".md").filter((page) => page !== "docs/README.md" && !page.startsWith("docs/decisions/"))
    expect(own.filter((page) => !listed.includes(page))).toEqual([])
  })

  it("name every reason that an error can have, and no other", () => {
    const union =
      /export const Reason = Schema\.Union\(\[([\s\S]*?)\]\)/.exec(readFileSync("src/RunwayError.ts", "utf8"))?.[1] ??
      ""
    const reasons = [...union.matchAll(/\w+/g)].map(([name]) => name)
    const named =
      /## Reasons([\s\S]*?)\n\n(?!\|)/.exec(
        readFileSync("docs/errors-and-retries.md", "utf8").replace("## Reasons\n\n", "## Reasons\n")
      )?.[1] ?? ""
    const told = named
      .split("\n")
      .flatMap((row) => [...(row.split("|")[1] ?? "").matchAll(/`(\w+)`/g)].map(([, name]) => name))
    expect(told.sort()).toEqual(reasons.sort())
  })

  /** What the first column of a page's table under a heading names. */
  const named = (page: string, heading: string): Array<string> => {
    const [, section = ""] = readFileSync(page, "utf8").split(`\n## ${heading}\n`)
    const [table = ""] = section.split("\n## ")
    return [...table.matchAll(/^\| ([^|]+) \|/gm)].flatMap(([, cell = ""]) =>
      [...cell.matchAll(/`([^`]+)`/g)].map(([, name = ""]) => name)
    )
  }

  it("name every scenario, fault and finding of the mock, and no other", () => {
    expect(named("docs/mock.md", "Scenarios")).toEqual([...scenarioNames])
    expect(named("docs/mock.md", "Faults").sort()).toEqual([...FaultKind.literals].sort())
    expect(named("docs/mock.md", "The report on your client").sort()).toEqual([...FindingKind.literals].sort())
  })

  it("name every flag of the mock's command, and no other", () => {
    const source = readFileSync("mock/src/Command.ts", "utf8")
    const flags = [
      ...source.matchAll(/(?:Flag\.(?:String|Literals|Finite|Int)|count|flag|text|number|choice)\(\s*"([\w-]+)"/g)
    ].map(([, name]) => `--${name}`)
    expect(named("docs/mock.md", "The command").sort()).toEqual(flags.sort())
  })

  it("define each of the house's words once, beside the file that has it", () => {
    const page = readFileSync("docs/words.md", "utf8")
    const rows = [...page.matchAll(/^\| (?!word|not|---)([^|]+) \| [^|]+ \| `([^`]+)` \|$/gm)].map(
      ([, words = "", file = ""]) => ({ words, file })
    )
    expect(rows.length).toBeGreaterThan(50)
    expect(rows.filter(({ file }) => !ts.sys.fileExists(file))).toEqual([])
    const all = rows.map(({ words }) => words)
    expect(all.filter((word, index) => all.indexOf(word) !== index)).toEqual([])
    // A name in code is declared in that file, or passed on by it.
    const strangers = rows.flatMap(({ words, file }) =>
      [...words.matchAll(/`(\w+)`/g)]
        .map(([, name = ""]) => name)
        .filter((name) => {
          const declared = new RegExp(`^(?:export )?(?:const|class|interface|type) (?:\\{[^}]*\\b)?${name}\\b`, "m")
          return !declared.test(readFileSync(file, "utf8"))
        })
        .map((name) => `${file}: ${name}`)
    )
    expect(strangers).toEqual([])
  })
})
