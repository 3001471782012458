import { assert, it } from "@effect/vitest"
import { findingsOfAxe, inBrowser, overflow, unloaded, visit } from "./Visit.ts"

const controlToken = "open-sesame-1"

inBrowser("the page of a mock with a control token", () => {
  it("asks for it, says that a wrong one is wrong, and is open with the right one until its tab is closed", () =>
    visit(
      async ({ page }) => {
        await page.getByText("The mock's controls want a token").waitFor()
        for (const colorScheme of ["light", "dark"] as const) {
          await page.emulateMedia({ colorScheme, reducedMotion: "reduce" })
          assert.deepStrictEqual(await findingsOfAxe(page), [], colorScheme)
        }
        await page.setViewportSize({ width: 390, height: 844 })
        assert.deepStrictEqual(await findingsOfAxe(page), [])
        assert.isAtMost(await overflow(page), 0)
        await page.getByLabel("Control token").fill("open-sesame-2")
        await page.getByRole("button", { name: "Unlock" }).click()
        await page.getByText("This is not the token").waitFor()
        await page.getByLabel("Control token").fill(controlToken)
        await page.getByRole("button", { name: "Unlock" }).click()
        await page.locator("#pulse.good").waitFor()
        assert.isFalse(await page.locator("#locked").isVisible())
        await page.reload()
        await page.locator("#pulse.good").waitFor()
        assert.isFalse(await page.locator("#locked").isVisible())
      },
      { mock: { controlToken }, begins: "#locked", trouble: [unloaded] }
    ))
})
