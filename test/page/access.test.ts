import { assert, it } from "@effect/vitest"
import type { Page } from "playwright-core"
import { get, headers, performance as performanceBody, post } from "../mock/Support.ts"
import { findingsOfAxe, inBrowser, overflow, unloaded, type Visit, visit } from "./Visit.ts"

const narrow = { viewport: { width: 390, height: 844 } }

/** A world with all that can be in one: a duplicate, faults, a refused POST, one that runs and one that has ended. */
const fill = async ({ mock }: Pick<Visit, "mock">) => {
  const world = mock.world("my-key")
  world.inject({ on: "submit", kind: "lost", once: true })
  await post(fetch, mock.url, "my-key").catch(() => {})
  const first = String((await (await post(fetch, mock.url, "my-key")).json()).id)
  world.inject({ on: "poll", kind: "status", status: 429, retryAfter: 20, first: 1 })
  world.inject({ on: "poll", kind: "reset", nth: 3 })
  for (let polls = 0; polls < 14; polls++) await get(fetch, first, mock.url, "my-key").catch(() => {})
  const other = { body: JSON.stringify({ ...performanceBody, seed: 7 }) }
  const { id } = await (await post(fetch, mock.url, "my-key", other)).json()
  await get(fetch, id, mock.url, "my-key")
  await post(fetch, mock.url, "my-key", { body: "{}" })
}

/** Whatever can be opened, open. */
const openAll = async (page: Page) => {
  const closed = page.locator("main:not([hidden]) :is(details:not([open]) > summary, .lane-name[aria-expanded=false])")
  await closed.evaluateAll((all) => {
    for (const element of all) if (element instanceof HTMLElement && element.checkVisibility()) element.click()
  })
  await page.locator("main:not([hidden])").evaluate(() => new Promise(requestAnimationFrame))
}

type State = readonly [name: string, path: string, arrange: (visit: Visit) => Promise<unknown>]
const filled = async (visited: Visit) => {
  await fill(visited)
  await visited.page.locator(".lane .event[data-number]").first().waitFor()
}
const states: ReadonlyArray<State> = [
  ["empty", "/", async () => {}],
  ["with findings", "/", filled],
  ["with all open", "/", async (visited) => filled(visited).then(() => openAll(visited.page))],
  [
    "with a notice and a preset",
    "/",
    async ({ page }) => {
      await page.locator("#presets button").nth(3).click()
      await page.locator("#said button").waitFor()
    }
  ],
  ["scenarios", "/#scenarios", async ({ page }) => page.getByText("As JSON").click()],
  ["reference", "/#reference", async ({ page }) => page.locator("[data-operation]").first().waitFor()],
  ["help", "/", async ({ page }) => page.keyboard.press("?")],
  [
    "without an answer",
    "/",
    async ({ page, mock }) => {
      await mock.stop()
      await page.locator("#silent").waitFor()
    }
  ]
]

inBrowser("the page for everybody", () => {
  for (const [name, path, arrange] of states) {
    it(`has nothing for axe to find: ${name}, light, dark and narrow`, () =>
      visit(
        async (visited) => {
          const { page } = visited
          await arrange(visited)
          for (const colorScheme of ["light", "dark"] as const) {
            await page.emulateMedia({ colorScheme, reducedMotion: "reduce" })
            assert.deepStrictEqual(await findingsOfAxe(page), [], colorScheme)
          }
          await page.setViewportSize(narrow.viewport)
          const parts = path === "/" && name !== "help" ? ["Tasks", "Requests", "Controls"] : [""]
          for (const part of parts) {
            if (part !== "") await page.locator(".parts").getByRole("button", { name: part }).click()
            assert.deepStrictEqual(await findingsOfAxe(page), [], `narrow ${part}`)
            assert.isAtMost(await overflow(page), 0, `narrow ${part}`)
          }
        },
        { path, trouble: [unloaded] }
      ))
  }

  it("is used with the keyboard alone: skip link, shortcuts, tabs, and they can be switched off", () =>
    visit(
      async ({ page, mock }) => {
        await page.keyboard.press("Tab")
        assert.strictEqual(await page.evaluate(() => document.activeElement?.id), "skip")
        await page.keyboard.press("Enter")
        assert.strictEqual(await page.evaluate(() => document.activeElement?.id), "live")
        await page.locator("#snippet-0").focus()
        await page.keyboard.press("ArrowRight")
        assert.strictEqual(await page.evaluate(() => document.activeElement?.textContent), "Python")
        await page.keyboard.press("n")
        await page.locator("#lanes .lane").waitFor()
        await page.keyboard.press("t")
        await page.keyboard.press("Enter")
        await page.locator(".lane-name[aria-expanded=false]").waitFor()
        await page.keyboard.press("+")
        await page.locator("#now", { hasText: ":01:00" }).waitFor()
        await page.keyboard.press("2")
        await page.locator("#scenarios").waitFor()
        await page.locator("#scenario-name").fill("n 1 2 3 ?")
        await page.locator("#scenario-name").blur()
        await page.keyboard.press("?")
        await page.getByLabel("Listen to single keys").uncheck()
        await page.getByRole("button", { name: "Close" }).click()
        await page.keyboard.press("1")
        assert.isTrue(await page.locator("#scenarios").isVisible())
        assert.strictEqual(mock.world("my-key").tasks().length, 1)
      },
      { trouble: [unloaded] }
    ))

  it("turns the timeline on a telephone: parts to choose from, a header that folds, times from top to bottom", () =>
    visit(async (visited) => {
      const { page } = visited
      await filled(visited)
      assert.isFalse(await page.locator("#world").isVisible())
      await page.getByRole("button", { name: "Menu" }).click()
      assert.isTrue(await page.locator("#world").isVisible())
      await page.getByRole("button", { name: "Menu" }).click()
      const items = page.locator(".lane").first().locator(".event")
      const boxes = await items.evaluateAll((all) => all.map((item) => item.getBoundingClientRect().top))
      assert.deepStrictEqual(
        boxes,
        boxes.toSorted((a, b) => a - b)
      )
      assert.isAbove((boxes.at(-1) ?? 0) - (boxes[0] ?? 0), 20)
      assert.isTrue(await items.first().locator(".what").isVisible())
      await page.locator("#report").getByRole("button", { name: "Show request 2" }).click()
      await page.locator(".request[data-number='2'] [open]").waitFor()
      assert.isFalse(await page.locator("#lanes").isVisible())
    }, narrow))

  it("shows times as they are where the person is, and says the zone", () =>
    visit(
      async ({ page, mock }) => {
        await post(fetch, mock.url, "my-key", { headers: headers("my-key") })
        await page.locator(".request time", { hasText: "17:30:00" }).waitFor()
        assert.strictEqual(await page.locator("#now").innerText(), "1 May 17:30:00 GMT+5:30")
        assert.strictEqual(await page.locator("#now").getAttribute("datetime"), "2026-05-01T12:00:00.000Z")
      },
      { timezoneId: "Asia/Kolkata" }
    ))

  it("fits a screen of 360 pixels, and reads well in the light and in the dark", () =>
    visit(
      async ({ page, mock }) => {
        await post(fetch, mock.url, "my-key", { headers: { ...headers("my-key"), "x-long": "x".repeat(500) } })
        await page.locator(".parts").getByRole("button", { name: "Requests" }).click()
        await page.locator(".request summary").click()
        for (const part of ["Requests", "Controls", "Tasks"]) {
          await page.locator(".parts").getByRole("button", { name: part }).click()
          await openAll(page)
          assert.strictEqual(await overflow(page), 0, part)
        }

        /** The contrast of an element's text with the panel it is on, as WCAG counts it. */
        const contrast = (selector: string) =>
          page
            .locator(selector)
            .first()
            .evaluate((element) => {
              const light = (color: string) => {
                const [r = 0, g = 0, b = 0] = (color.match(/[\d.]+/g) ?? []).map((part) => {
                  const value = Number(part) / 255
                  return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4
                })
                return 0.2126 * r + 0.7152 * g + 0.0722 * b
              }
              const panel = element.closest(".card, .panel, header") ?? document.body
              const [a, b] = [light(getComputedStyle(element).color), light(getComputedStyle(panel).backgroundColor)]
              return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05)
            })
        const grounds = new Set<string>()
        for (const colorScheme of ["light", "dark"] as const) {
          await page.emulateMedia({ colorScheme, reducedMotion: "reduce" })
          grounds.add(await page.evaluate(() => getComputedStyle(document.body).backgroundColor))
          for (const text of ["h1", ".hint", "label", ".state", "#reset", "code", "small", "nav a"])
            assert.isAtLeast(await contrast(text), 4.5, `${text}, ${colorScheme}`)
        }
        assert.strictEqual(grounds.size, 2)
        await page.getByRole("button", { name: "Menu" }).click()
        await page.getByRole("link", { name: "API" }).click()
        await page.locator("[data-operation=getTask]").waitFor()
        for (const summary of await page.locator(".answer > summary").all()) await summary.click()
        assert.strictEqual(await overflow(page), 0)
      },
      { viewport: { width: 360, height: 740 } }
    ))
})
