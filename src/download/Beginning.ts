/**
 * How an answer begins: as a video, or as a page or an error document that calls itself one. It reads no headers.
 *
 * @module
 */

/** How much of an answer is held back at most while it is nothing but white space. */
const longest = 512

/** What the first bytes of an answer are. `Open` until something other than white space comes. */
export type Beginning = "Video" | "Page" | "Open"

/** No container of a video begins with white space, and none with these. */
export const of = (bytes: Uint8Array): Beginning => {
  const text = new TextDecoder().decode(bytes.subarray(0, longest), { stream: true }).trimStart()
  if (text === "") return bytes.length < longest ? "Open" : "Video"
  return /^[<{]/.test(text) ? "Page" : "Video"
}

/** Two pieces of a body as one. */
export const joined = (first: Uint8Array, second: Uint8Array): Uint8Array => {
  if (first.length === 0) return second
  const both = new Uint8Array(first.length + second.length)
  both.set(first)
  both.set(second, first.length)
  return both
}
