import { assert, it } from "@effect/vitest"
import * as Contract from "../../mock/src/contract/Contract.ts"
import { inBrowser, unloaded, visit } from "./Visit.ts"

/** The contract with one more paid operation, as the provider's family has it. */
const sibling = {
  operationId: "createImageToVideo",
  summary: "Start an image to video",
  parameters: [{ name: "X-Other", in: "header", required: true, example: "7", schema: { type: "string" } }],
  requestBody: {
    content: {
      "application/json": {
        schema: {},
        examples: { portrait: { summary: "A portrait", value: { promptText: "walk" } } }
      }
    }
  },
  responses: { "200": { description: "Accepted.", content: {} } }
}

inBrowser("the page and the contract", () => {
  it("has in its reference both operations, every answer and every named example", () =>
    visit(
      async ({ page }) => {
        const wanted = Contract.examples.map(({ operationId, status, name }) => `${operationId} ${status} ${name}`)
        await page.locator("[data-operation=getTask]").waitFor()
        const shown = await page.evaluate(() =>
          [...document.querySelectorAll("#contract .answer [data-example]")].map((example) =>
            [
              example.closest("[data-operation]")?.getAttribute("data-operation"),
              example.closest(".answer")?.querySelector(".badge")?.textContent,
              example.getAttribute("data-example")
            ].join(" ")
          )
        )
        assert.deepStrictEqual(shown.sort(), wanted.toSorted())
        assert.isAbove(wanted.length, 40)
        const text = await page.locator("[data-operation=createCharacterPerformance]").innerText()
        assert.match(text, /seed integer required · format "int64" · minimum 0 · maximum 4294967295/)
        await page.locator("#control > summary").click()
        await page.locator("[data-operation=injectFault]").waitFor()
      },
      { path: "/#reference" }
    ))

  it("offers a paid operation that was added to the contract, under its own path and headers", () =>
    visit(
      async ({ page }) => {
        await page.getByText("Body of the POST").click()
        const example = page.locator("#example")
        await example.selectOption({ label: "Start an image to video: A portrait" })
        const request = page.waitForRequest(
          (request) => request.method() === "POST" && request.url().includes("/runwayml/")
        )
        await page.locator("#start").click()
        const sent = await request
        assert.strictEqual(new URL(sent.url()).pathname, "/runwayml/v1/image_to_video")
        assert.strictEqual(await sent.headerValue("x-other"), "7")
        assert.deepStrictEqual(sent.postDataJSON(), { promptText: "walk" })
      },
      {
        trouble: [unloaded],
        before: (page) =>
          page.route("**/_mock/contract.json", async (route) => {
            const response = await route.fetch()
            const contract = await response.json()
            const paths = { ...contract.paths, "/runwayml/v1/image_to_video": { post: sibling } }
            await route.fulfill({ response, json: { ...contract, paths } })
          })
      }
    ))
})
