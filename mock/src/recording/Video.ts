/**
 * The finished video of a real job, saved beside its recording.
 *
 * It is fetched once, without the key, from the address that the provider itself answered, and never more of it than the limit. That it
 * cannot be had is written into the recording and fails nothing.
 *
 * @module
 */
import * as Predicate from "effect/Predicate"
import * as TaskShape from "../contract/TaskShape.ts"
import { type Recording, writeVideo } from "./RecordingFile.ts"

/** What a recording says of its video. */
type SavedVideo = NonNullable<Recording["video"]>

const isVideo = (text: string): boolean => /^https?:\/\/[^\s?#]+\.(mp4|webm|mov|m4v)([?#].*)?$/i.test(text)

/** The texts of a value, wherever they stand. */
function* textsOf(value: unknown): Generator<string> {
  if (Predicate.isString(value)) yield value
  else if (Predicate.isObject(value)) for (const item of Object.values(value)) yield* textsOf(item)
}

/** The address of the output that an answer holds: where the contract has it, else the first video anywhere in it. */
export const outputIn = (body: unknown): string | undefined =>
  TaskShape.outputOf(body) ?? [...textsOf(body)].find(isVideo)

/** A host that has not sent everything by then is given up. */
const patience = 120_000

const read = async (url: string, limit: number): Promise<Uint8Array | string> => {
  const response = await fetch(url, { signal: AbortSignal.timeout(patience) })
  if (!response.ok) {
    await response.body?.cancel()
    return `its host answered ${response.status}`
  }
  const chunks: Array<Uint8Array> = []
  let size = 0
  // Leaving the loop cancels the rest of the body.
  for await (const chunk of response.body ?? []) {
    size += chunk.byteLength
    if (size > limit) return `it is larger than ${limit} bytes`
    chunks.push(chunk)
  }
  return new Uint8Array(Buffer.concat(chunks))
}

/** Saves the video, or says why it cannot be saved, in words that have no address in them. */
export const save = async (folder: string, name: string, url: string, limit: number): Promise<SavedVideo> => {
  try {
    const content = await read(url, limit)
    if (Predicate.isString(content)) return { missing: content }
    return { file: await writeVideo(folder, name, content), bytes: content.byteLength }
  } catch (error) {
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error
    const code =
      cause instanceof Error && "code" in cause ? String(cause.code) : cause instanceof Error ? cause.name : ""
    return { missing: `it could not be fetched (${code})` }
  }
}
