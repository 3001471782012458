/**
 * The character performance that the flags of a command line describe.
 *
 * The one file of the command that knows the operation's fields and its example in the contract. It checks only what the flags mean
 * together; the values are checked by `CharacterPerformance.validate`.
 *
 * @module
 */
import { Flag } from "effect/cli"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import contract from "../../generated/contract.gen.json" with { type: "json" }
import type * as CharacterPerformance from "../CharacterPerformance.ts"
import { defined } from "../Defined.ts"
import { Complaint } from "./Complaint.ts"

const url = (name: string, description: string) =>
  Flag.String(name).pipe(Flag.withMetavar("url"), Flag.withDescription(description), Flag.optional)

/** The flags that describe an input. */
export const described = {
  character: url(
    "character",
    "The character, an image or a video, as a public https:// URL. Default: the documentation's example"
  ),
  reference: url("reference", "The performance, a video of 3 to 30 seconds, as a public https:// URL"),
  characterType: Flag.Literals("character-type", ["image", "video"]).pipe(
    Flag.withDescription("What the character is. Default: told from the end of its URL"),
    Flag.optional
  ),
  bodyControl: Flag.Boolean("body-control").pipe(
    Flag.withDescription("Transfer the body's movement too. Default: yes"),
    Flag.optional
  ),
  expressionIntensity: Flag.Int("expression-intensity").pipe(
    Flag.withDescription("From 1 to 5; 3 is moderate and good to start with. Default: 1, the weakest"),
    Flag.optional
  ),
  seed: Flag.Int("seed").pipe(Flag.withDescription("From 0 to 4294967295. Default: 1"), Flag.optional),
  ratio: Flag.String("ratio").pipe(
    Flag.withMetavar("width:height"),
    Flag.withDescription("1280:720, 720:1280, 960:960, 1104:832, 832:1104 or 1584:672. Default: 1280:720"),
    Flag.optional
  )
}

export interface InputFlags {
  readonly character: Option.Option<string>
  readonly reference: Option.Option<string>
  readonly characterType: Option.Option<"image" | "video">
  readonly bodyControl: Option.Option<boolean>
  readonly expressionIntensity: Option.Option<number>
  readonly seed: Option.Option<number>
  readonly ratio: Option.Option<string>
}

const examples =
  contract.paths["/runwayml/v1/character_performance"].post.requestBody.content["application/json"].examples
const sourceExample = examples["source-document"].value

/** The paid request that an input becomes. */
export const operation = "POST /runwayml/v1/character_performance"

/** Whether the flags name no files, so that the documentation's example is meant. */
export const isExample = ({ character, reference }: Pick<InputFlags, "character" | "reference">): boolean =>
  Option.isNone(character) && Option.isNone(reference)

/** The input that the flags describe: the documentation's example where they name no files. */
export const inputOf = (flags: InputFlags): Effect.Effect<CharacterPerformance.Input, Complaint> => {
  const [character, reference] = [Option.getOrUndefined(flags.character), Option.getOrUndefined(flags.reference)]
  if ((character === undefined) !== (reference === undefined)) {
    return Effect.fail(
      new Complaint({
        text: "--character and --reference go together: give both, or neither for the documentation's example."
      })
    )
  }
  const assets =
    character === undefined || reference === undefined
      ? sourceExample
      : {
          character: { type: Option.getOrElse(flags.characterType, () => typeOf(character)), uri: character },
          reference: { type: "video", uri: reference }
        }
  const settings = defined({
    bodyControl: Option.getOrUndefined(flags.bodyControl),
    expressionIntensity: Option.getOrUndefined(flags.expressionIntensity),
    seed: Option.getOrUndefined(flags.seed),
    ratio: Option.getOrUndefined(flags.ratio)
  })
  // The contract's check follows before anything is sent, and speaks of these fields by the same names.
  return Effect.succeed({ ...assets, ...settings } as CharacterPerformance.Input)
}

/** What an asset is, told from the end of its URL. */
export const typeOf = (uri: string): "image" | "video" =>
  /\.(png|jpe?g|webp|gif|avif)([?#]|$)/i.test(uri) ? "image" : "video"
