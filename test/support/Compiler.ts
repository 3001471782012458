/**
 * TypeScript over files of a test, under this repository's own settings. What has been read and parsed for one compilation, the libraries' declarations
 * above all, is kept for the next ones of the same process.
 *
 * It knows no test, and judges nothing: it hands over what the compiler complains about.
 *
 * @module
 */
import { dirname, join } from "node:path"
import ts from "typescript"

const root = dirname(dirname(import.meta.dirname))

export interface Complaint {
  /** The file's path as the compiler has it, or nothing where the settings are at fault. */
  readonly file: string | undefined
  readonly line: number
  readonly text: string
}

export interface Compilation {
  readonly files: ReadonlyArray<string>
  /** What differs from `tsconfig.json`. */
  readonly options?: ts.CompilerOptions
  /** Texts that stand in for files, by path. */
  readonly replaced?: ReadonlyMap<string, string>
}

/** What is parsed depends on these settings too, so each set of them keeps its own. */
const kept = new Map<string, Map<string, ts.SourceFile | undefined>>()

const settings = (changed: ts.CompilerOptions): ts.CompilerOptions => {
  const { config } = ts.readConfigFile(join(root, "tsconfig.json"), ts.sys.readFile)
  const { options } = ts.parseJsonConfigFileContent({ ...config, files: [], include: [] }, ts.sys, root)
  return { ...options, ...changed, noEmit: true }
}

/** What the compiler complains about. */
export const compile = ({ files, options = {}, replaced = new Map() }: Compilation): ReadonlyArray<Complaint> => {
  const chosen = settings(options)
  const host = ts.createCompilerHost(chosen)
  const { fileExists, readFile, getSourceFile } = host
  host.fileExists = (file) => replaced.has(file) || fileExists(file)
  host.readFile = (file) => replaced.get(file) ?? readFile(file)
  const parsed = parsedUnder(options)
  host.getSourceFile = (file, ...rest) => {
    // Only what no test writes or replaces is sure to be the same next time.
    if (!file.includes("/node_modules/") || file.includes("/.cache/") || replaced.has(file))
      return getSourceFile(file, ...rest)
    if (!parsed.has(file)) parsed.set(file, getSourceFile(file, ...rest))
    return parsed.get(file)
  }
  return ts.getPreEmitDiagnostics(ts.createProgram(files, chosen, host)).map(({ file, messageText, start = 0 }) => ({
    file: file?.fileName,
    line: file === undefined ? 0 : file.getLineAndCharacterOfPosition(start).line + 1,
    text: ts.flattenDiagnosticMessageText(messageText, "\n")
  }))
}

const parsedUnder = (options: ts.CompilerOptions): Map<string, ts.SourceFile | undefined> => {
  const key = JSON.stringify(options)
  const known = kept.get(key) ?? new Map<string, ts.SourceFile | undefined>()
  kept.set(key, known)
  return known
}
