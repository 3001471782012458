/**
 * The Chinese README says what the English one says: the same headings, code, tables and links, and no section of the English text has changed since its
 * translation was last read against it. What the words mean is for a person to judge; `README.zh-CN.sections.json` holds what that person has read.
 *
 * After both are changed: `TRANSLATED=1 npx vitest run test/repo/translation.test.ts`.
 */
import { createHash } from "node:crypto"
import { readFileSync, writeFileSync } from "node:fs"
import { expect, it } from "vitest"

const record = "test/repo/README.zh-CN.sections.json"
const english = readFileSync("README.md", "utf8")
const chinese = readFileSync("README.zh-CN.md", "utf8")

const sections = (text: string) => text.split(/^(?=## )/m)
const titleOf = (section: string) => section.split("\n", 1)[0] ?? ""
const digest = (text: string) => createHash("sha256").update(text).digest("hex").slice(0, 16)
const matches = (text: string, pattern: RegExp) => text.match(pattern) ?? []

/** What both must have, whatever the language. Each page links to the other one. */
const shape = (section: string) => ({
  level: matches(titleOf(section), /^#+/g),
  code: matches(section, /^```[\s\S]*?^```/gm),
  links: matches(section, /(?<=\]\()[^)]+/g)
    .map((link) => (/^README(\.zh-CN)?\.md$/.test(link) ? "the other language" : link))
    .sort(),
  rows: matches(section, /^\|/gm).length,
  inline: matches(section.replaceAll(/^```[\s\S]*?^```/gm, ""), /`[^`]+`/g).sort(),
  bold: matches(section, /\*\*[^*]+\*\*/g).length
})

/** Both languages, section by section. */
const read = () =>
  Object.fromEntries(
    sections(english).map((section, index) => [
      titleOf(section),
      { english: digest(section), chinese: digest(sections(chinese)[index] ?? "") }
    ])
  )

it("the Chinese README has the English one's sections, code, links and tables", () => {
  expect(sections(chinese).map(shape)).toEqual(sections(english).map(shape))
})

it("no section of either README has changed without the other having been read against it", () => {
  if (process.env["TRANSLATED"] === "1") writeFileSync(record, `${JSON.stringify(read(), undefined, 2)}\n`)
  const known: ReturnType<typeof read> = JSON.parse(readFileSync(record, "utf8"))
  const changed = Object.entries(read()).flatMap(([title, { english, chinese }]) => {
    const before = known[title]
    if (before?.english === english && before.chinese === chinese) return []
    const file = before?.english === english ? "README.zh-CN.md" : "README.md"
    return [`${file} has changed in "${title}": bring the other language up to date, then record it with TRANSLATED=1`]
  })
  expect(changed).toEqual([])
})
