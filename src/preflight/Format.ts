/**
 * What a file is by its first bytes, whatever a server calls it.
 *
 * It knows the formats that the provider takes, and what servers send in their place; of any other it says nothing.
 *
 * @module
 */

/** A format that is recognised. `page` is a text that begins like HTML, XML or JSON: an error document, most of the time. */
export type Format = "jpeg" | "png" | "webp" | "gif" | "mp4" | "matroska" | "ogg" | "avi" | "page"

/** How many bytes it takes to tell. */
export const enough = 16

const letters = (bytes: Uint8Array, from: number, length: number): string =>
  String.fromCharCode(...bytes.subarray(from, from + length))

const starts = (bytes: Uint8Array, ...beginning: ReadonlyArray<number>): boolean =>
  beginning.every((byte, index) => bytes[index] === byte)

/** The format of a file, if it is one of those. */
export const of = (bytes: Uint8Array): Format | undefined => {
  if (starts(bytes, 0xff, 0xd8, 0xff)) return "jpeg"
  if (starts(bytes, 0x89, 0x50, 0x4e, 0x47)) return "png"
  if (starts(bytes, 0x1a, 0x45, 0xdf, 0xa3)) return "matroska"
  const [first, riff] = [letters(bytes, 0, 4), letters(bytes, 8, 4)]
  if (first === "RIFF") return riff === "WEBP" ? "webp" : riff === "AVI " ? "avi" : undefined
  if (first === "GIF8") return "gif"
  if (first === "OggS") return "ogg"
  if (/^(ftyp|styp|moov|mdat|wide|pnot)$/.test(letters(bytes, 4, 4))) return "mp4"
  return /^\s*[<{]/.test(letters(bytes, 0, enough)) ? "page" : undefined
}

/** What kind of asset a format is; nothing for a page. */
export const kindOf = (format: Format): "image" | "video" | undefined => {
  if (format === "page") return undefined
  return /^(jpeg|png|webp|gif)$/.test(format) ? "image" : "video"
}

/** The formats that stand behind a Content-Type. */
export const formatsOf: Readonly<Record<string, ReadonlyArray<Format>>> = {
  "image/jpeg": ["jpeg"],
  "image/jpg": ["jpeg"],
  "image/png": ["png"],
  "image/webp": ["webp"],
  "video/mp4": ["mp4"],
  "video/quicktime": ["mp4"],
  "video/3gpp": ["mp4"],
  "video/webm": ["matroska"],
  "video/x-matroska": ["matroska"],
  "video/ogg": ["ogg"]
}
