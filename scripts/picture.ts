/**
 * `npm run picture`: runs `cometapi-runway generate --mock` and draws what it printed as `docs/images/generate.svg`, the README's picture.
 *
 * Nothing in the picture is written by hand. A test compares its lines with what the command prints now.
 *
 * @module
 */
import { spawnSync } from "node:child_process"
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { pathToFileURL } from "node:url"

/** What was drawn and what was typed. */
export const file = "docs/images/generate.svg"
const typed = "$ npx cometapi-runway generate --mock"

const lineHeight = 20
const margin = 20
const charWidth = 8.45

const escaped = (text: string) => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;")

/** What the command prints, line by line; its folder is shown as a reader's. */
export const printed = (): ReadonlyArray<string> => {
  const folder = mkdtempSync(join(tmpdir(), "cometapi-runway-picture-"))
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [join(import.meta.dirname, "../src/cli/main.ts"), "generate", "--mock"],
    { cwd: folder, encoding: "utf8", env: { ...process.env, NO_COLOR: "1", FORCE_COLOR: undefined } }
  )
  rmSync(folder, { recursive: true })
  if (status !== 0) throw new Error(`the command ended with ${status}: ${stderr}`)
  // Standard error is the progress, standard output the result: a terminal shows the result before the last hint.
  const [hint = "", ...progress] = stderr.trimEnd().split("\n").reverse()
  return [...progress.reverse(), stdout.trimEnd(), hint].map((line) => line.replaceAll(folder, "/home/you/films"))
}

const colour = (line: string) => {
  if (line.startsWith("$")) return "#ffffff"
  if (/^SUCCEEDED|\.mp4$/.test(line)) return "#7ee787"
  return /^(PENDING|RUNNING|waiting)/.test(line) ? "#79c0ff" : "#c9d1d9"
}

/** The lines as a picture of a terminal. */
export const drawn = (lines: ReadonlyArray<string>): string => {
  const all = [typed, ...lines]
  const width = Math.ceil(Math.max(...all.map((line) => line.length)) * charWidth + 2 * margin)
  const height = all.length * lineHeight + 2 * margin
  const texts = all.map(
    (line, index) =>
      `  <text x="${margin}" y="${margin + (index + 0.75) * lineHeight}" fill="${colour(line)}">${escaped(line)}</text>`
  )
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img"`,
    `  font-family="ui-monospace, SFMono-Regular, Menlo, Consolas, monospace" font-size="14" xml:space="preserve">`,
    `  <title>${escaped(typed.slice(2))}</title>`,
    `  <rect width="100%" height="100%" rx="8" fill="#0d1117"/>`,
    ...texts,
    "</svg>",
    ""
  ].join("\n")
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  writeFileSync(file, drawn(printed()))
  console.log(`${file} is drawn`)
}
