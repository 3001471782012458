import { assert, it } from "@effect/vitest"
import { performance as performanceBody, post } from "../mock/Support.ts"
import { inBrowser, poll, start, unloaded, visit } from "./Visit.ts"

inBrowser("tasks on the page", () => {
  it("are followed from the start until the video plays, as a good client would", () =>
    visit(
      async ({ page }) => {
        const task = await start(page)
        for (let nth = 1; nth <= 12; nth++) {
          const { value, text } = await task.evaluate((element) => ({
            value: element.querySelector("progress")?.value ?? 0,
            text: element.querySelector(".state")?.textContent
          }))
          assert.isTrue(text === "running" ? value < 1 : value === 0, `${text} at ${value}`)
          await poll(task, nth)
        }
        await task.locator(".state", { hasText: "succeeded" }).waitFor()
        assert.match(await task.innerText(), /happy · bare · started 1 min ago · 12 polls · collected/)
        assert.strictEqual(await task.locator("[aria-current=step]").innerText(), "succeeded")

        const played = await page.waitForFunction(() => {
          const video = document.querySelector("video")
          if (video === null || video.readyState < video.HAVE_CURRENT_DATA || video.currentTime === 0) return undefined
          return { duration: video.duration, muted: video.muted, controls: video.controls, width: video.videoWidth }
        })
        const { duration, ...video } = (await played.jsonValue()) ?? assert.fail("no video")
        assert.approximately(duration, 3, 0.1)
        assert.deepStrictEqual({ ...video, width: video.width > 0 }, { muted: true, controls: true, width: true })
        await page.locator("#report[data-state=good]", { hasText: "Nothing to complain about" }).waitFor()
        await page.locator(".request", { hasText: "downloaded" }).first().waitFor()
      },
      { trouble: [unloaded], reducedMotion: "no-preference" }
    ))

  it("are polled by themselves until they end, where they were started here and that is wished", () =>
    visit(
      async ({ page, mock }) => {
        const world = mock.world("my-key")
        const another = { body: JSON.stringify({ ...performanceBody, seed: 7 }) }
        const { id } = await (await post(fetch, mock.url, "my-key", another)).json()
        await page.locator(".lane .state").waitFor()
        await page.locator("#start").click()
        await page.locator(".lane .about", { hasText: "happy · collected" }).waitFor()
        const polls = new Map(world.tasks().map((task) => [task.id, task.polls]))
        assert.strictEqual(polls.get(id), 0, "what another client started")
        assert.isAbove(Math.max(...polls.values()), 0)
      },
      { mock: { clock: "real", scale: 20 }, trouble: [unloaded] }
    ))

  it("are steered one by one, and all of them by their scenario and the clock", () =>
    visit(
      async ({ page, mock }) => {
        await page.getByLabel("What becomes of it").selectOption("failed-asset")
        await page.getByText("New jobs are “failed-asset”.").waitFor()
        await page.getByText("fails: an asset cannot be used", { exact: true }).first().waitFor()
        const failing = await start(page)
        await page.getByRole("button", { name: "+1 min" }).click()
        await failing.locator(".state", { hasText: "failed" }).waitFor()
        assert.strictEqual(await page.locator("#now").innerText(), "1 May 21:01:00 GMT+9")
        await poll(failing, 1)
        await failing.getByText("· collected").first().waitFor()

        const steered = await start(page)
        await steered.getByRole("button", { name: "Advance" }).click()
        await steered.locator(".state", { hasText: "pending" }).waitFor()
        await steered.getByLabel("How it fails").selectOption("failed-safety-output")
        await steered.getByRole("button", { name: "Fail as" }).click()
        await steered.locator("[aria-current=step]", { hasText: "failed-safety-output" }).waitFor()
        const finished = await start(page)
        await finished.getByRole("button", { name: "Finish" }).click()
        await finished.locator(".state", { hasText: "succeeded" }).waitFor()
        assert.deepStrictEqual(
          mock
            .world("my-key")
            .tasks()
            .map(({ state }) => state),
          ["failed-asset", "failed-safety-output", "succeeded"]
        )
        await page.getByRole("button", { name: "Reset this world" }).click()
        await page.locator("#welcome").waitFor()
        assert.strictEqual(mock.world("my-key").tasks().length, 0)
      },
      { timezoneId: "Asia/Tokyo", trouble: [unloaded] }
    ))

  it("are limited by the account", () =>
    visit(
      async ({ page, mock }) => {
        await page.locator("summary", { hasText: "Limits of the account" }).click()
        await page.getByLabel("Jobs a day").fill("0")
        await page.getByRole("button", { name: "Set limits" }).click()
        await page.locator("#limits", { hasText: "daily 0" }).waitFor()
        assert.deepStrictEqual(mock.world("my-key").account(), { daily: 0 })
        await page.locator("#start").click()
        await page.getByText("The POST was answered 429").waitFor()
      },
      { trouble: [unloaded] }
    ))
})
