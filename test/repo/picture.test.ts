import { readFileSync } from "node:fs"
import { expect, it } from "vitest"
import { drawn, file, printed } from "../../scripts/picture.ts"

/** The same in every run: ids, ports and percentages are not. */
const shape = (svg: string): ReadonlyArray<string> => {
  const texts = [...svg.matchAll(/<text [^>]*>(.*)<\/text>/g)].map(([, line = ""]) =>
    line
      .replaceAll(/[0-9a-f]{8}-[0-9a-f-]{27}/g, "ID")
      .replaceAll(/127\.0\.0\.1:\d+/g, "HOST")
      .replaceAll(/\d+ %/g, "PERCENT")
      .replaceAll(/\d+ bytes/g, "BYTES")
  )
  return texts.filter((line, index) => line !== texts[index - 1])
}

it("the README's picture shows what the command prints (npm run picture draws it anew)", () => {
  const picture = shape(readFileSync(file, "utf8"))
  expect(picture).toContain("SUCCEEDED")
  expect(picture).toEqual(shape(drawn(printed())))
})
