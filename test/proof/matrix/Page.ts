/**
 * Tables of docs/faults.md: written between two marks, or compared with what stands there.
 *
 * @module
 */
import { readFileSync, writeFileSync } from "node:fs"

const file = "docs/faults.md"

/** A table in Markdown. */
export const table = (head: ReadonlyArray<string>, rows: ReadonlyArray<ReadonlyArray<string>>): string =>
  [head, head.map(() => "---"), ...rows].map((cells) => `| ${cells.join(" | ")} |`).join("\n")

const between = (mark: string): RegExp => new RegExp(`(<!-- ${mark} -->\\n\\n)[\\s\\S]*?(\\n\\n<!-- /${mark} -->)`)

/** What stands between a mark and its end. With `MATRIX_WRITE` the new text is put there first. */
export const standing = (mark: string, text: string): string => {
  const page = readFileSync(file, "utf8")
  if (process.env["MATRIX_WRITE"] !== undefined)
    writeFileSync(
      file,
      page.replace(between(mark), (_, before, after) => before + text + after)
    )
  const [found = "", before = "", after = ""] = between(mark).exec(readFileSync(file, "utf8")) ?? []
  return found.slice(before.length, found.length - after.length)
}
