/** How to look at what may be anything, because somebody else wrote it. Nothing here throws. */

/** A piece of a URL without its percent encoding, or as it is where that is broken. */
export const decoded = (text: string): string => {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

/** What a value has under this name, if it has anything there. */
export const field = (value: unknown, name: string): unknown =>
  (typeof value === "object" && value !== null) || typeof value === "function" ? Reflect.get(value, name) : undefined
