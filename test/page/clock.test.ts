import { assert, it } from "@effect/vitest"
import { get, post } from "../mock/Support.ts"
import { inBrowser, poll, start, unloaded, visit } from "./Visit.ts"

const manual = { mock: { clock: "manual" }, timezoneId: "UTC", trouble: [unloaded] } as const

inBrowser("the world's clock and rules on the page", () => {
  it("stands still on a manual clock until it is moved, by steps or to the end of every job", () =>
    visit(async ({ page, mock }) => {
      await page.getByText("The clock stands still until your program’s sleep moves it").waitFor()
      const task = await start(page)
      await task.locator(".state").waitFor()
      const now = page.locator("#now")
      await page.getByRole("button", { name: "+5 s" }).click()
      await now.getByText("12:00:05").waitFor()
      await page.getByRole("button", { name: "+30 s" }).click()
      await now.getByText("12:00:35").waitFor()
      await poll(task, 1)
      await page.getByRole("button", { name: "To the end" }).click()
      await page.getByText("Every job has ended.").waitFor()
      await task.locator(".state", { hasText: "succeeded" }).waitFor()
      assert.strictEqual(mock.world("my-key").clock().now, "2026-05-01T12:01:00.000Z")
      await poll(task, 2)
      await page.locator("#report[data-state=good]").waitFor()
    }, manual))

  it("says so when a job would never end, and does not move the clock for ever", () =>
    visit(async ({ page, mock }) => {
      mock.world("my-key").choose("stuck")
      await start(page)
      await page.getByRole("button", { name: "To the end" }).click()
      await page.getByText("A job does not end with time alone").waitFor()
      assert.strictEqual(mock.world("my-key").tasks()[0]?.ended, false)
    }, manual))

  it("shows a client that polled without sleeping, which only such a clock finds", () =>
    visit(async ({ page, mock }) => {
      const { id } = await (await post(fetch, mock.url, "my-key")).json()
      for (let polls = 0; polls < 2; polls++) await get(fetch, String(id), mock.url, "my-key")
      mock.world("my-key").advance("1 minute")
      await get(fetch, String(id), mock.url, "my-key")
      await page.locator("#report[data-state=warn]").getByRole("heading", { name: "Polled too fast" }).waitFor()
    }, manual))

  it("is moved by the page's own polls, as a program's sleep moves it", () =>
    visit(async ({ page, mock }) => {
      await page.getByLabel("Sleep 5 s on its clock before each poll, until it ends").waitFor()
      await page.locator("#start").click()
      await page.getByText("· 1 poll ·").waitFor()
      assert.strictEqual(mock.world("my-key").clock().now, "2026-05-01T12:00:05.000Z")
    }, manual))

  it("stands beside what a body must have, which is shown and chosen", () =>
    visit(
      async ({ page, mock }) => {
        await post(fetch, mock.url, "my-key")
        const required = page.getByLabel("A body must have")
        await page.waitForFunction(() => document.querySelector<HTMLSelectElement>("#required")?.value === "minimal")
        await required.selectOption("full")
        await page.getByText("A body needs all required fields.").waitFor()
        assert.strictEqual(mock.world("my-key").describe().required, "full")
      },
      { mock: { required: "minimal" } }
    ))
})
