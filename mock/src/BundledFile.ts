/**
 * A file that comes with the mock: read once, when it is first needed, with the tag by which a caller knows that it has it already.
 *
 * Which files there are is written in the source. Nothing of a request ever becomes part of a path. It stands at the top of the sources,
 * because its path to the package's folder counts on one level.
 *
 * @module
 */
import { createHash } from "node:crypto"
import { readFile } from "node:fs/promises"

export interface BundledFile {
  readonly bytes: Uint8Array<ArrayBuffer>
  readonly etag: string
}

/** Whether a caller has what this tag stands for already, by its `If-None-Match`: a star, or a list of tags, perhaps weak ones. */
export const isKnown = (ifNoneMatch: string | null, etag: string): boolean =>
  (ifNoneMatch ?? "").split(",").some((tag) => ["*", etag, `W/${etag}`].includes(tag.trim()))

/** The file at this path, which is one of the package's. */
export const bundledFile = (path: string): (() => Promise<BundledFile>) => {
  const load = async () => {
    // One level up in the repository, and in the published package too.
    const bytes = new Uint8Array(await readFile(new URL(`../${path}`, import.meta.url)))
    return { bytes, etag: `"${createHash("sha256").update(bytes).digest("hex").slice(0, 32)}"` }
  }
  let loading: Promise<BundledFile> | undefined
  return () => {
    loading ??= load()
    return loading
  }
}
