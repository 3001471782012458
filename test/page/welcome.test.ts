import { assert, it } from "@effect/vitest"
import type { Page } from "playwright-core"
import { clipboard, clipboardAllowed, inBrowser, run, visit } from "./Visit.ts"

const copied = async (page: Page, tab: string) => {
  await page.getByRole("tab", { name: tab, exact: true }).click()
  await page.getByRole("button", { name: `Copy ${tab} example` }).click()
  await page.getByText(`Copied: ${tab} example.`).waitFor()
  return clipboard(page)
}

inBrowser(
  "the first screen",
  () => {
    it("says where to send requests, with which key, and what a world is", () =>
      visit(async ({ page, mock }) => {
        await page.getByRole("button", { name: "Copy base URL and key" }).click()
        await page.getByText("Copied: base URL and key.").waitFor()
        assert.strictEqual(await clipboard(page), `export COMETAPI_BASE_URL=${mock.url}\nexport COMETAPI_KEY=my-key`)
        await page.getByText("What is a world?").waitFor()
        assert.isFalse(await page.locator("#report, #tasks, #log").first().isVisible())
      }, clipboardAllowed))

    it("has a curl command that starts a job, which takes the screen's place", () =>
      visit(async ({ page, mock }) => {
        const { id } = JSON.parse(await run("sh", "-c", await copied(page, "curl")))
        await page.locator(`#lanes [data-task="${id}"]`).waitFor()
        assert.isFalse(await page.locator("#welcome").isVisible())
        assert.isTrue(
          mock
            .world("my-key")
            .report()
            .findings.every(({ kind }) => kind === "never-collected")
        )
      }, clipboardAllowed))

    it("has a Python program that starts a job and polls it as it should until it ends", () =>
      visit(async ({ page, mock }) => {
        const program = await copied(page, "Python")
        assert.include(program, "time.sleep(5)")
        // The virtual clock lets the five seconds pass by itself.
        const printed = await run("python3", "-c", program.replace("time.sleep(5)", "pass"))
        assert.include(printed, "SUCCEEDED")
        mock.world("my-key").expectClean()
      }, clipboardAllowed))

    it("has programs for the SDKs, whose names and paths come from the contract", () =>
      visit(async ({ page, mock }) => {
        const effect = await copied(page, "Effect")
        assert.include(effect, `Runway.layer({ apiKey: "my-key", baseUrl: "${mock.url}" })`)
        assert.include(effect, "CharacterPerformance.generate({")
        const sdk = await copied(page, "@runwayml/sdk")
        assert.include(sdk, `baseURL: "${mock.url}/runwayml"`)
        assert.match(sdk, /client\.characterPerformance\s+\.create\(\{/)
      }, clipboardAllowed))

    it("starts a job itself", () =>
      visit(async ({ page }) => {
        await page.getByRole("button", { name: "start a job from here" }).click()
        await page.locator("#lanes .lane").waitFor()
      }))
  },
  { concurrent: false }
)
