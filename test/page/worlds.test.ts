import { assert, it } from "@effect/vitest"
import { RunwayMock } from "cometapi-runway-mock"
import { headers, post } from "../mock/Support.ts"
import { inBrowser, start, unloaded, visit } from "./Visit.ts"

inBrowser("worlds on the page", () => {
  it("shows the world that was used last, until one is chosen", () =>
    visit(async ({ page, mock }) => {
      const shown = page.locator("#requests .request")
      await post(fetch, mock.url, "first")
      await shown.nth(0).waitFor()
      await post(fetch, mock.url, "second")
      await post(fetch, mock.url, "second")
      await shown.nth(1).waitFor()
      await page.locator("#world").selectOption(mock.world("first").describe().world)
      await shown.nth(1).waitFor({ state: "detached" })
      await post(fetch, mock.url, "second")
      await page.locator("#world option", { hasText: /^\w+ · 3 requests · happy/ }).waitFor({ state: "attached" })
      assert.strictEqual(await shown.count(), 1)
    }))

  it("says that the mock is gone, and goes on when it is back", () =>
    visit(
      async ({ page, mock }) => {
        await start(page)
        await mock.stop()
        await page.getByText("The mock does not answer. Is it still running?").waitFor()
        await using _again = await RunwayMock.start({ port: mock.port, clock: "virtual" })
        await page.getByRole("button", { name: "Try now" }).click()
        await page.locator("#silent").waitFor({ state: "hidden" })
        await page.locator("#welcome").waitFor()
      },
      { trouble: [unloaded] }
    ))

  it("keeps the last two hundred requests, however many there are", () =>
    visit(async ({ page, mock }) => {
      for (let sent = 0; sent < 230; sent++)
        await fetch(`${mock.url}/nowhere`, { headers: headers("k"), redirect: "manual" })
      await page.getByText("the last 200 of 230").waitFor()
      assert.strictEqual(await page.locator(".request").count(), 200)
      assert.include(await page.locator(".request").first().innerText(), "#230")
    }))
})
