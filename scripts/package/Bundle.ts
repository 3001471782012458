/**
 * Makes one file of a program and of everything that it needs from other packages, so that Node does not have to look for hundreds of modules
 * each time it starts, and keeps the licences of what was taken along.
 *
 * The files are not minified, so that a stack trace can be read.
 *
 * @module
 */
import { chmod, readdir, readFile, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { type Plugin, rolldown } from "rolldown"

interface Program {
  /** The file that it begins with. */
  readonly input: string
  /** The name that it gets. */
  readonly name: string
  readonly format: "esm" | "cjs"
}

/** A script for both Node and browsers, which exports by writing to `this`: the bundler would make nothing of that. */
const exportsByThis = /\(this\.(\w+) \|\| \(this\.\1 = \{\}\)\)/g

const namedExports: Plugin = {
  name: "named-exports",
  transform: (code) =>
    code.search(exportsByThis) < 0 ? null : code.replace(exportsByThis, "(exports.$1 || (exports.$1 = {}))")
}

/** The folder of the package that a module belongs to; nothing for one of our own. */
const packageOf = (module: string): string | undefined =>
  /^.*\/node_modules\/(?:@[^/]+\/)?[^/]+(?=\/)/.exec(module)?.[0]

/** Writes the bundle into a folder. Returns the folders of the packages that were taken along. */
export const bundle = async ({ input, name, format }: Program, folder: string): Promise<ReadonlyArray<string>> => {
  const built = await rolldown({
    input: { [name]: input },
    platform: "node",
    plugins: [namedExports],
    transform: { target: "node20.19" }
  })
  const ending = format === "cjs" ? "cjs" : "js"
  const { output } = await built.write({
    dir: folder,
    format,
    // Of a file that is all other people's, nobody looks for the source here.
    sourcemap: format === "esm",
    entryFileNames: `[name].${ending}`,
    chunkFileNames: `[name]-[hash].${ending}`
  })
  // As npm makes a command when it is installed.
  for (const { fileName, ...file } of output)
    if (file.type === "chunk" && file.isEntry && file.code.startsWith("#!")) await chmod(join(folder, fileName), 0o755)
  const modules = output.flatMap((file) => (file.type === "chunk" ? file.moduleIds : []))
  return [...new Set(modules.flatMap((module) => packageOf(module) ?? []))]
}

/** What a package says of its licence: the texts that it comes with, else its name for it. */
const licenceOf = async (folder: string): Promise<string> => {
  const { name, version, license, author } = JSON.parse(await readFile(join(folder, "package.json"), "utf8"))
  const files = (await readdir(folder)).filter((file) => /^(licen[cs]e|copying|notice)/i.test(file)).sort()
  const texts = await Promise.all(files.map((file) => readFile(join(folder, file), "utf8")))
  if (license === undefined && texts.length === 0) throw new Error(`${name} says nothing of its licence`)
  const by = typeof author === "string" ? author : (author?.name ?? "")
  const said = texts.length > 0 ? texts.map((text) => text.trim()).join("\n\n") : by
  return `${name} ${version}${license === undefined ? "" : ` (${license})`}\n\n${said}\n`
}

/** Writes the licences of these packages into one file. */
export const writeLicences = async (folders: ReadonlyArray<string>, file: string): Promise<void> => {
  const licences = await Promise.all([...new Set(folders)].map(licenceOf))
  const rule = `\n${"-".repeat(80)}\n\n`
  const head = "Parts of these packages are in the files of this one. Each comes under its own licence:\n"
  await writeFile(file, [head, ...[...new Set(licences)].sort()].join(rule))
}
