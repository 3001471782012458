/**
 * Assets given as plain URLs: what kind each is, told from the ending of its path.
 *
 * An ending that says nothing is refused with the words to write instead; nothing is guessed, and no URL is opened.
 *
 * @module
 */
import * as Effect from "effect/Effect"
import type { Character, Reference } from "../../generated/types.gen.ts"
import type * as CharacterPerformance from "../CharacterPerformance.ts"
import { InvalidInput, type Problem, RunwayError } from "../RunwayError.ts"
import { unreadable } from "../request/Input.ts"
import * as Shown from "../Shown.ts"

/** A character performance's input, whose assets may be plain URLs. */
export interface Input extends Omit<CharacterPerformance.Input, "character" | "reference"> {
  /** The subject to animate: the URL of an image or a video that its ending tells, or the two fields written out. */
  readonly character: string | Readonly<Character>
  /** The clip that supplies the performance: the URL of a video, or the two fields written out. */
  readonly reference: string | Readonly<Reference>
}

const kinds: Readonly<Record<"image" | "video", ReadonlySet<string>>> = {
  image: new Set(["jpg", "jpeg", "jfif", "png", "webp", "gif", "avif", "heic", "heif", "bmp", "tif", "tiff"]),
  video: new Set(["mp4", "m4v", "mov", "qt", "webm", "mkv", "avi", "mpg", "mpeg", "ogv", "3gp"])
}

/** What the ending of a URL's path says. */
const kindOf = (url: string): "image" | "video" | undefined => {
  const ending = /\.(\w+)$/.exec(URL.parse(url)?.pathname ?? "")?.[1]?.toLowerCase() ?? ""
  return kinds.image.has(ending) ? "image" : kinds.video.has(ending) ? "video" : undefined
}

const operation = "POST /runwayml/v1/character_performance"

/** The input with its assets written out. */
export const writtenOut = (input: Input): Effect.Effect<CharacterPerformance.Input, RunwayError> =>
  Effect.catchDefect(
    Effect.suspend(() => write(input)),
    (error) => Effect.fail(unreadable(operation, error))
  )

const write = (input: Input): Effect.Effect<CharacterPerformance.Input, RunwayError> => {
  // A JavaScript caller's input may be anything; what is no object is refused by the contract's check.
  if (typeof input !== "object" || input === null) return Effect.succeed(input)
  const [first, ...rest] = problemsOf(input)
  if (first !== undefined) {
    const reason = new InvalidInput({ problems: [first, ...rest] })
    return Effect.fail(new RunwayError({ operation, reason }))
  }
  const { character, reference } = input
  return Effect.succeed({
    ...input,
    character: typeof character === "string" ? { type: kindOf(character) ?? "image", uri: character } : character,
    reference: typeof reference === "string" ? { type: "video", uri: reference } : reference
  })
}

const problemsOf = ({ character, reference }: Input): ReadonlyArray<Problem> => {
  const problems: Array<Problem> = []
  if (typeof character === "string" && kindOf(character) === undefined) {
    problems.push({
      path: "character",
      message: `the ending of ${Shown.value(character)} does not tell whether it is an image or a video: write { type: "image", uri } or { type: "video", uri }`
    })
  }
  // A reference is a video whatever its ending is, unless the ending says otherwise.
  if (typeof reference === "string" && kindOf(reference) === "image") {
    problems.push({ path: "reference", message: `expected a video, got the image ${Shown.value(reference)}` })
  }
  return problems
}
