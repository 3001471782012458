/**
 * A task's id as the name of a file: injective, and safe from whatever the id holds.
 *
 * An id is the provider's text, and nothing here touches the disk. The id must not choose a folder, hide a file, look like an option or a device, or be too long for a disk.
 *
 * @module
 */
import * as Hash from "effect/Hash"

/** The kinds of video that a name may say; the first is taken where nothing is known. */
export const extensions = ["mp4", "webm", "mov"] as const
export type Extension = (typeof extensions)[number]

/** A name without an ending. UUIDs stay as they are; in others every odd character is written as `%` and its code. */
export const fromId = (id: string): string => {
  // No dot is left, so no `..`, no hidden file and no ending of the provider's choice.
  const encoded = encodeURIComponent(id.toWellFormed()).replace(/[.*]/g, percent)
  const name = /^([-~]|(con|prn|aux|nul|com\d|lpt\d)$)/i.test(encoded) ? encoded.replace(/^./, percent) : encoded
  return name.length <= maxLength ? name : `${name.slice(0, maxLength - 9)}~${(Hash.string(id) >>> 0).toString(16)}`
}

const maxLength = 120

const percent = (character: string): string => `%${character.charCodeAt(0).toString(16).toUpperCase()}`

/** The ending for a video: by its type, or else by its URL's path; never any other text of theirs. */
export const extension = (contentType: string | null, url: string): Extension => {
  const type = contentType?.split(";")[0]?.trim().toLowerCase() ?? ""
  const ending = /\.(\w+)$/.exec(URL.parse(url)?.pathname ?? "")?.[1]?.toLowerCase()
  return types[type] ?? extensions.find((known) => known === ending) ?? extensions[0]
}

const types: Readonly<Record<string, Extension>> = {
  "video/mp4": "mp4",
  "video/webm": "webm",
  "video/quicktime": "mov"
}
