/**
 * The file that keeps tasks while the mock is stopped.
 *
 * It holds no key: a world is known by a hash of its key that was made with the file's own random salt. It is written whole, beside the
 * old one, which it then replaces, so that no crash leaves half of it. Only its owner may read it. It is for one mock at a time.
 *
 * @module
 */
import { randomBytes } from "node:crypto"
import { readFileSync } from "node:fs"
import { open, rename, rm } from "node:fs/promises"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import { BrokenState } from "../MockError.ts"
import { field } from "../Unknown.ts"
import { SavedWorld } from "../world/SavedWorld.ts"

/** Grows when the form of the file changes. */
const version = 1

const Content = Schema.Struct({
  version: Schema.Literal(version),
  salt: Schema.String.check(Schema.isPattern(/^[\da-f]{32}$/)),
  /** When it was written, on the machine's clock. */
  savedAt: Schema.Finite,
  worlds: Schema.Array(SavedWorld)
})

/** What is kept. */
export type Content = typeof Content.Type

/** What a file holds that is not there yet. */
const fresh = (): Content => ({ version, salt: randomBytes(16).toString("hex"), savedAt: 0, worlds: [] })

const advice = "move it away or delete it to begin without tasks"

const parse = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

const decode = (text: string): Result.Result<Content, string> => {
  const value = parse(text)
  if (value === undefined) return Result.fail(`it is no JSON: ${advice}`)
  const actual = field(value, "version")
  if (actual !== undefined && actual !== version)
    return Result.fail(`it has version ${String(actual)} and this mock knows version ${version}: ${advice}`)
  const decoded = Schema.decodeUnknownResult(Content, { onExcessProperty: "error" })(value)
  return Result.mapError(decoded, ({ message }) => `it is no file of this mock (${message.slice(0, 200)}): ${advice}`)
}

const reasonOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))

/** What was kept in a file. A file that is not there has kept nothing. */
export const read = (file: string): Result.Result<Content, BrokenState> => {
  const broken = (problem: string) => new BrokenState({ file, problem })
  try {
    return Result.mapError(decode(readFileSync(file, "utf8")), broken)
  } catch (error) {
    const isMissing = error instanceof Error && "code" in error && error.code === "ENOENT"
    return isMissing ? Result.succeed(fresh()) : Result.fail(broken(`it cannot be read: ${reasonOf(error)}`))
  }
}

/** Writes a file in place of the one that is there. */
const write = async (file: string, text: string): Promise<void> => {
  const beside = `${file}.${process.pid}.tmp`
  try {
    const handle = await open(beside, "w", 0o600)
    try {
      await handle.writeFile(text)
      await handle.sync()
    } finally {
      await handle.close()
    }
    await rename(beside, file)
  } catch (error) {
    await rm(beside, { force: true })
    throw error
  }
}

/** Changes are gathered for so long, in milliseconds. */
const shortestWait = 200

/** Keeps a file up to date. */
export class StateFile {
  readonly #file: string
  readonly #content: () => Content
  #timer: NodeJS.Timeout | undefined
  #writing: Promise<void> = Promise.resolve()
  #wait = shortestWait

  /** `content` is asked for when it is written. */
  constructor(file: string, content: () => Content) {
    this.#file = file
    this.#content = content
  }

  /** Something has changed: it is written soon. */
  changed(): void {
    if (this.#timer !== undefined) return
    this.#timer = setTimeout(() => {
      this.#timer = undefined
      this.save().catch((error: unknown) => console.warn(`cometapi-runway-mock: ${reasonOf(error)}`))
    }, this.#wait)
    this.#timer.unref()
  }

  /** Writes it now. Rejects with a `BrokenState` where that cannot be done. */
  save(): Promise<void> {
    clearTimeout(this.#timer)
    this.#timer = undefined
    const saving = this.#writing.then(async () => {
      const started = performance.now()
      try {
        await write(this.#file, `${JSON.stringify(this.#content())}\n`)
      } catch (error) {
        throw new BrokenState({ file: this.#file, problem: `it cannot be written: ${reasonOf(error)}` })
      }
      // Where there is so much that writing takes long, it is written more rarely.
      this.#wait = Math.max(shortestWait, 10 * (performance.now() - started))
    })
    this.#writing = saving.catch(() => {})
    return saving
  }
}
