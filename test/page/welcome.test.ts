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

    it("has a program for our own client, which ends with the video", () =>
      visit(
        async ({ page, mock }) => {
          const printed = await run(process.execPath, "--input-type=module", "--eval", await copied(page, "Effect"))
          assert.include(printed, "SUCCEEDED")
          mock.world("my-key").expectClean()
        },
        { ...clipboardAllowed, mock: { clock: "real", scale: 20 } }
      ))

    it("has a program for Runway's own SDK, with its base URL and its name for the operation", () =>
      visit(async ({ page, mock }) => {
        const program = await copied(page, "@runwayml/sdk")
        assert.include(program, `baseURL: "${mock.url}/runwayml"`)
        assert.match(program, /client\.characterPerformance\s+\.create\(\{/)
      }, clipboardAllowed))

    it("starts a job itself", () =>
      visit(async ({ page }) => {
        await page.getByRole("button", { name: "start a job from here" }).click()
        await page.locator("#lanes .lane").waitFor()
      }))
  },
  { concurrent: false }
)
