import { mkdtempSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { assert, it } from "@effect/vitest"
import { RunwayMock } from "cometapi-runway-mock"
import { get, post } from "../mock/Support.ts"
import { clipboard, clipboardAllowed, inBrowser, visit } from "./Visit.ts"

/** A folder with the recording of one job, whose provider is another mock. */
const recorded = async () => {
  const out = mkdtempSync(join(tmpdir(), "recording-"))
  await using provider = await RunwayMock.start({ port: 0, clock: "virtual" })
  await using recorder = await RunwayMock.start({ port: 0, record: { from: provider.url, out } })
  const { id } = await (await post(fetch, recorder.url, "my-key")).json()
  for (let polls = 0; polls < 12; polls++) await get(fetch, String(id), recorder.url, "my-key")
  await recorder.recordings()
  return out
}

inBrowser("the scenario editor", () => {
  it("makes a scenario of a known one, state by state, uses it for new jobs and copies it as JSON", () =>
    visit(
      async ({ page, mock }) => {
        await page.locator("#scenario-list button", { hasText: "happy" }).first().click()
        assert.strictEqual(await page.locator("#segments .segment").count(), 4)
        await page.getByLabel("How long state 3 lasts").fill("3")
        await page.getByLabel("Unit of state 3").selectOption("polls")
        await page.getByRole("button", { name: "Remove state 1" }).click()
        await page.getByLabel("State 3", { exact: true }).selectOption("failed-asset")
        await page.getByRole("button", { name: "Add a state" }).click()
        await page.getByRole("button", { name: "Move state 3 up" }).click()
        await page.getByLabel("Name").fill("three-polls")
        await page.getByRole("button", { name: "Copy JSON" }).click()
        await page.getByText("Copied: the scenario as JSON.").waitFor()
        const scenario = JSON.parse(await clipboard(page))
        assert.deepStrictEqual(scenario, {
          name: "three-polls",
          about: "about a minute from the POST to a finished video",
          timeline: [
            { state: "pending", for: "8 seconds" },
            { state: "running", for: "20 seconds" },
            { state: "running", polls: 3 },
            { state: "failed-asset" }
          ]
        })
        await page.getByRole("button", { name: "Use for new jobs" }).click()
        await page.getByText("New jobs are “three-polls”.").waitFor()
        assert.strictEqual(mock.world("my-key").describe().scenario, "three-polls")
      },
      { path: "/#scenarios", ...clipboardAllowed }
    ))

  it("never changes a scenario that comes with the mock, and says what the mock has against one", () =>
    visit(
      async ({ page, mock }) => {
        await page.locator("#scenario-list button", { hasText: "stuck" }).click()
        await page.getByLabel("How long state 2 lasts").fill("0")
        await page.getByLabel("How long state 2 lasts").blur()
        assert.strictEqual(await page.getByLabel("Name").inputValue(), "my-stuck")
        await page.getByLabel("Unit of state 2").selectOption("polls")
        await page.locator("#scenario-form").evaluate((form) => {
          if (form instanceof HTMLFormElement) form.noValidate = true
        })
        await page.getByRole("button", { name: "Use for new jobs" }).click()
        await page.locator("#said.bad").waitFor()
        await page.locator("#scenario-list button", { hasText: "stuck" }).click()
        assert.strictEqual(await page.getByLabel("How long state 2 lasts").inputValue(), "8")
        await page.getByRole("button", { name: "Use for new jobs" }).click()
        await page.getByText("New jobs are “stuck”.").waitFor()
        assert.strictEqual(mock.world("my-key").describe().scenario, "stuck")
      },
      { path: "/#scenarios", trouble: [/400/] }
    ))

  it("offers to use a recording, and not to change it", async () => {
    const replay = await recorded()
    await visit(
      async ({ page, mock }) => {
        const list = page.locator("#scenario-list button")
        const note = page.getByText("This is a recording of the provider.")
        for (const name of ["recorded", "character-performance-1"]) {
          const choice = list.filter({ has: page.locator("b", { hasText: new RegExp(`^${name}`) }) })
          assert.strictEqual(await choice.locator(".badge").innerText(), "recorded")
          await choice.click()
          await note.waitFor()
          assert.strictEqual(await page.locator("#steps > *, #add-step:visible").count(), 0)
          assert.isFalse(await page.getByLabel("Name").isEditable())
        }
        await page.getByRole("button", { name: "Use for new jobs" }).click()
        await page.getByText("New jobs are “character-performance-1”.").waitFor()
        assert.strictEqual(mock.world("my-key").describe().scenario, "character-performance-1")
        for (const choice of await list.all()) {
          if (/recorded|recording/.test(await choice.innerText())) continue
          assert.strictEqual(await choice.locator(".badge").count(), 0)
          await choice.click()
          assert.isFalse(await note.isVisible(), await choice.innerText())
        }
        assert.isTrue(await page.getByLabel("Name").isEditable())
      },
      { path: "/#scenarios", mock: { replay } }
    )
  })
})
