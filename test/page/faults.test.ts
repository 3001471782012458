import { assert, it } from "@effect/vitest"
import { inBrowser, start, unloaded, visit } from "./Visit.ts"

inBrowser("faults on the page", () => {
  it("are one click away, and a second click takes them back", () =>
    visit(async ({ page, mock }) => {
      const preset = (name: string) => page.locator("#presets button", { hasText: name })
      const wanted = [
        ["Answer lost", { on: "submit", kind: "lost", once: true }],
        ["Rate limited", { on: "poll", kind: "status", status: 429, retryAfter: 7, first: 2 }],
        ["Slow", { on: "poll", kind: "latency", median: "2 seconds", p99: "10 seconds" }]
      ] as const
      for (const [name] of wanted) {
        await preset(name).click()
        await page.locator("#presets [aria-pressed=true]", { hasText: name }).waitFor()
      }
      const world = mock.world("my-key")
      assert.deepStrictEqual(
        world.faults().map(({ fault }) => fault),
        wanted.map(([, fault]) => fault)
      )
      await preset("Moderated").click()
      await page.locator("#presets [aria-pressed=true]", { hasText: "Moderated" }).waitFor()
      assert.strictEqual(world.describe().scenario, "failed-safety-input")
      for (const name of ["Answer lost", "Rate limited", "Slow", "Moderated"]) {
        await preset(name).click()
        await page.locator("#presets [aria-pressed=false]", { hasText: name }).waitFor()
      }
      assert.deepStrictEqual([world.faults(), world.describe().scenario], [[], "happy"])
    }))

  it("lose an answer, once, and can then be switched on again", () =>
    visit(
      async ({ page, mock }) => {
        const lose = page.locator("#presets button", { hasText: "Answer lost" })
        await lose.click()
        await page.locator("#presets [aria-pressed=true]").waitFor()
        await page.locator("#start").click()
        await page.locator(".lane", { hasText: "answer lost" }).waitFor()
        await page.locator(".figure", { hasText: "Orphaned" }).getByText("$0.40").waitFor()
        await page.locator("#presets [aria-pressed=false]", { hasText: "Answer lost" }).waitFor()
        await lose.click()
        await page.locator("#presets [aria-pressed=true]", { hasText: "Answer lost" }).waitFor()
        assert.strictEqual(mock.world("my-key").faults().length, 1)
      },
      { trouble: [unloaded] }
    ))

  it("of every kind are made in a form, show what they did, and are removed", () =>
    visit(
      async ({ page }) => {
        await page.locator("#custom > summary").click()
        const form = page.locator("#fault")
        const visible = () => form.locator("label:visible").allInnerTexts()
        assert.include((await visible()).join("|"), "Retry-After")
        await form.getByLabel("Kind").selectOption("drip")
        assert.notInclude((await visible()).join("|"), "Retry-After")
        assert.include((await visible()).join("|"), "Every")

        await form.getByLabel("Kind").selectOption("latency")
        await form.getByLabel("Median").fill("soon")
        await form.getByRole("button", { name: "Inject" }).click()
        await page.locator("#said.bad", { hasText: 'Expected a duration such as "45 seconds"' }).waitFor()
        await form.getByLabel("Kind").selectOption("status")
        await form.getByLabel("Status", { exact: true }).fill("429")
        await form.getByLabel("Example").selectOption("saturated")
        await form.getByLabel("Retry-After").fill("7")
        await form.getByLabel("When").selectOption("first")
        await form.getByRole("button", { name: "Inject" }).click()
        const fault = page.locator("#faults li", { hasText: "poll: status" })
        await fault.getByText("0 of 0").waitFor()

        const task = await start(page)
        await task.getByRole("button", { name: "Poll", exact: true }).click()
        await fault.getByText("1 of 1").waitFor()
        await page.getByText("The poll was answered 429: 当前分组上游负载已饱和，请稍后再试").waitFor()
        const request = page.locator(".request", { hasText: "fault: status" })
        await request.locator("summary").click()
        // What it opens to is made when the browser has told of it.
        await request.getByText("status, by fault-1").waitFor()
        assert.match(await request.innerText(), /429[\s\S]*status, by fault-1[\s\S]*retry-after\s+7\s/)
        await page.getByRole("button", { name: "submit", exact: true }).click()
        await request.waitFor({ state: "hidden" })
        await fault.getByRole("button", { name: "Remove" }).click()
        await fault.waitFor({ state: "detached" })

        await form.getByLabel("Kind").selectOption("lost")
        await form.locator("[name=on]").selectOption("submit")
        await form.getByLabel("Never again").check()
        await form.getByRole("button", { name: "Inject" }).click()
        await page.locator("#faults li", { hasText: "submit: lost" }).waitFor()
        await page.locator("#start").click()
        await page.getByRole("button", { name: "all", exact: true }).click()
        await page.locator(".request", { hasText: "accepted, answer lost" }).waitFor()
      },
      { trouble: [unloaded] }
    ))
})
