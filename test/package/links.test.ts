import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, describe, expect, it } from "vitest"
import { repositoryOf, withAbsoluteLinks } from "../../scripts/package/Repository.ts"

const root = mkdtempSync(join(tmpdir(), "links-"))
afterAll(() => rmSync(root, { recursive: true }))
mkdirSync(join(root, "docs/images"), { recursive: true })
for (const file of ["README.md", "docs/a.md", "docs/images/a.svg"]) writeFileSync(join(root, file), "")

const repository = repositoryOf({ repository: { url: "git+https://github.com/me/mine.git" } })
const web = "https://github.com/me/mine"
const published = (text: string, path = "README.md") => withAbsoluteLinks(text, repository, { root, path })

describe("a published page", () => {
  it.each([
    ["[a](docs/a.md#part)", `[a](${web}/blob/HEAD/docs/a.md#part)`],
    ["[a](./docs)", `[a](${web}/tree/HEAD/docs)`],
    ["![a](docs/images/a.svg)", `![a](${web}/raw/HEAD/docs/images/a.svg)`],
    ["[![a](docs/images/a.svg)](docs/a.md)", `[![a](${web}/raw/HEAD/docs/images/a.svg)](${web}/blob/HEAD/docs/a.md)`],
    ['<img src="docs/images/a.svg">', `<img src="${web}/raw/HEAD/docs/images/a.svg">`],
    ['<a href="docs/a.md">', `<a href="${web}/blob/HEAD/docs/a.md">`],
    ["[a]: docs/a.md", `[a]: ${web}/blob/HEAD/docs/a.md`]
  ])("shows %s as an address", (text, address) => {
    expect(published(text)).toBe(address)
  })

  it("finds a link from where the page stands", () => {
    expect(published("[up](../README.md) [beside](a.md)", "docs/a.md")).toBe(
      `[up](${web}/blob/HEAD/README.md) [beside](${web}/blob/HEAD/docs/a.md)`
    )
  })

  it.each([
    "[a](#part)",
    "[a](https://example.com/x.md)",
    "[a](mailto:a@b.c)",
    "`[a](docs/a.md)`",
    "```md\n[a](nothing.md)\n```"
  ])("leaves %s as it is", (text) => {
    expect(published(text)).toBe(text)
  })

  it("is not published with a link to what does not exist, or to what is outside of the repository", () => {
    expect(() => published("[a](docs/b.md)")).toThrow("README.md links to docs/b.md, which does not exist")
    expect(() => published("[a](../../etc/passwd)")).toThrow("does not exist in the repository")
  })
})

describe("the repository's address", () => {
  it.each([undefined, "https://github.com/me/mine", "git+https://example.com/me/mine.git"])(
    "is refused as %s",
    (url) => {
      expect(() => repositoryOf({ repository: url === undefined ? {} : { url } })).toThrow("repository.url must be")
    }
  )
})
