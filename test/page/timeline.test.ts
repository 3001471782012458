import { assert, it } from "@effect/vitest"
import type { Page } from "playwright-core"
import { get, headers, performance as performanceBody, post } from "../mock/Support.ts"
import { inBrowser, unloaded, type Visit, visit } from "./Visit.ts"

/** Where something stands on its line, from 0 to 1, and how far it reaches. */
const placeOf = (page: Page, selector: string) =>
  page
    .locator(selector)
    .first()
    .evaluate((element) => {
      const box = element.getBoundingClientRect()
      // A request has no length: its mark stands around its time.
      const width = element.hasAttribute("data-number") ? 0 : box.width
      const left = box.left + (box.width - width) / 2
      const track = element.closest(".track")?.getBoundingClientRect() ?? { left: 0, width: 1 }
      return { from: (left - track.left) / track.width, to: (left + width - track.left) / track.width }
    })

const idOf = async (response: Response) => String((await response.json()).id)

/** One job whose answer is lost, and the same body once more. */
const payTwice = async ({ mock }: Visit) => {
  mock.world("my-key").inject({ on: "submit", kind: "lost", once: true })
  await post(fetch, mock.url, "my-key").catch(() => {})
  return idOf(await post(fetch, mock.url, "my-key"))
}

/** The mock of a contract that has no price. */
const withoutPrice = async (page: Page) => {
  const free = (text: string) => text.replace(/"dollars":[\d.]+/g, '"dollars":0').replaceAll("x-price", "x-other")
  await page.route(/\/_mock\/(report|worlds|contract\.json)/, async (route) => {
    const response = await route.fetch()
    await route.fulfill({ response, body: free(await response.text()) })
  })
}

inBrowser("the timeline", () => {
  it("shows a task from its POST over each poll to its end, in the order and the distance of their times", () =>
    visit(async ({ page, mock }) => {
      const id = await idOf(await post(fetch, mock.url, "my-key"))
      for (let polls = 0; polls < 12; polls++) await get(fetch, id, mock.url, "my-key")
      const marks = page.locator(".lane .event[data-number]")
      await marks.nth(12).waitFor({ state: "attached" })
      const places = await marks.evaluateAll((all) => all.map((mark) => mark.getBoundingClientRect().left))
      const steps = places.slice(1).map((place, index) => place - (places[index] ?? 0))
      for (const step of steps) assert.approximately(step, steps[0] ?? 0, 1, "every 5 seconds")
      assert.deepStrictEqual(
        await page.locator("[data-type=sleep] .what").allTextContents(),
        Array(12).fill("slept 5 s")
      )
      assert.strictEqual(
        await page.locator(".lane .event[data-number='13'] .what").textContent(),
        "#13 poll: succeeded"
      )
      assert.strictEqual(await page.locator("#lanes code").first().textContent(), id.slice(0, 8))
      await page.locator("#report[data-state=good]").waitFor()
    }))

  it("draws Retry-After as a bar as long as it, a fault as a mark, and an ignored Retry-After in red", () =>
    visit(
      async ({ page, mock }) => {
        const id = await idOf(await post(fetch, mock.url, "my-key"))
        const world = mock.world("my-key")
        world.inject({ on: "poll", kind: "status", status: 429, retryAfter: 20, first: 1 })
        for (let polls = 0; polls < 3; polls++) await get(fetch, id, mock.url, "my-key")
        const retry = ".event[data-type=retry]"
        await page.locator(retry, { hasText: "Retry-After 20 s" }).waitFor()
        const bar = await placeOf(page, retry)
        const next = await placeOf(page, ".event[data-number='3']")
        assert.approximately(bar.to, next.from, 0.01, "the next poll came when it was allowed")
        assert.strictEqual(await page.locator(retry).getAttribute("data-tone"), "warn")
        const mark = page.locator(".event[data-number='2']")
        assert.strictEqual(await mark.getAttribute("data-fault"), "status")
        assert.strictEqual(await mark.locator(".label").textContent(), "429")
        await page.locator(".request", { hasText: "fault: status" }).waitFor()
      },
      { trouble: [unloaded] }
    ))

  it("has as its headline what was paid twice, in red, with links to both POSTs", () =>
    visit(async (visited) => {
      const { page } = visited
      const id = await payTwice(visited)
      const report = page.locator("#report[data-state=bad]")
      await report.getByRole("heading", { name: "Paid twice: $0.40" }).waitFor()
      assert.include(await report.innerText(), id.slice(0, 8))
      assert.notInclude(await report.innerText(), id)
      await page.locator(".lane", { hasText: "answer lost" }).waitFor()
      await page.locator(".event[data-number='2'][data-finding=duplicate-submission]").waitFor()
      await report.getByRole("button", { name: "Show request 2" }).click()
      await page.locator(".request[data-number='2'] [open] .content").waitFor()
      assert.strictEqual(await page.evaluate(() => document.activeElement?.closest("li")?.dataset["number"]), "2")
      await report.getByRole("button", { name: "Show request 1" }).waitFor()
    }))

  it("tells in dollars and jobs what was spent, on what and where", () =>
    visit(async (visited) => {
      const { page, mock } = visited
      await payTwice(visited)
      const figure = (name: string) => page.locator(".figure", { hasText: name }).locator("dd")
      await figure("Paid twice").getByText("$0.40").waitFor()
      const texts = await Promise.all(
        ["Accepted", "Collected", "Paid twice", "Orphaned"].map((name) => figure(name).innerText())
      )
      assert.deepStrictEqual(
        texts.map((text) => text.replaceAll(/\s/g, "")),
        ["2$0.80", "0", "1$0.40", "1$0.40"]
      )
      assert.deepStrictEqual(mock.world("my-key").report().money, {
        accepted: { jobs: 2, dollars: 0.8 },
        collected: { jobs: 0, dollars: 0 },
        orphaned: { jobs: 1, dollars: 0.4 },
        paidTwice: { jobs: 1, dollars: 0.4 }
      })
      await page.locator(".event[data-number='1'] .label", { hasText: "$0.40 lost" }).waitFor()
      await page.locator(".event[data-number='2'] .label", { hasText: "$0.40 again" }).waitFor()
      await page
        .locator("#world option", { hasText: "2 requests · happy · $0.80" })
        .first()
        .waitFor({ state: "attached" })
    }))

  it("tells in jobs what was spent where the contract has no price", () =>
    visit(
      async (visited) => {
        const { page } = visited
        await payTwice(visited)
        await page.getByRole("heading", { name: "Paid twice: 1 job" }).waitFor()
        await page.locator(".event[data-number='2'] .label", { hasText: "paid again" }).waitFor()
        assert.notInclude(await page.locator("#live").innerText(), "$0")
      },
      { before: withoutPrice }
    ))

  it("has as its headline a job whose answer was lost, and says that the client could not help it", () =>
    visit(async ({ page, mock }) => {
      mock.world("my-key").inject({ on: "submit", kind: "lost", once: true })
      await post(fetch, mock.url, "my-key").catch(() => {})
      const report = page.locator("#report[data-state=warn]")
      await report.getByRole("heading", { name: "Paid, and the answer lost: $0.40" }).waitFor()
      await report.getByText("the client could not help it").waitFor()
      await page.locator(".lane .state", { hasText: "answer lost" }).waitFor()
    }))

  it("calls no job lost while its answer is on its way", () =>
    visit(async ({ page, mock }) => {
      const world = mock.world("my-key")
      world.inject({ on: "submit", kind: "latency", median: "3 seconds" })
      const answer = post(fetch, mock.url, "my-key")
      await page.locator(".figure", { hasText: "Accepted" }).getByText("$0.40").waitFor()
      const seen = await page.evaluate(() => document.querySelector("#live")?.textContent ?? "")
      const state = await page.locator("#report").getAttribute("data-state")
      assert.deepStrictEqual(
        world.report().findings.map(({ kind }) => kind),
        ["paid-orphan"],
        "the answer is still held back"
      )
      assert.strictEqual(state, "good")
      assert.notMatch(seen, /Orphaned|the answer lost:/)
      assert.strictEqual((await answer).status, 200)
    }))

  it("does not draw a young task that the provider does not see yet as a failure, but an unknown one it does", () =>
    visit(async ({ page, mock }) => {
      mock.world("my-key").choose("not-visible-yet")
      const id = await idOf(await post(fetch, mock.url, "my-key"))
      await get(fetch, id, mock.url, "my-key")
      await get(fetch, "5b91e444-c232-deaf-a4d7-8aef3e57336b", mock.url, "my-key")
      await page.locator(".request .meaning.wait", { hasText: "not visible yet" }).waitFor()
      assert.strictEqual(await page.locator(".event[data-number='2']").getAttribute("data-tone"), "wait")
      await page.locator(".request .meaning.bad", { hasText: "400 task_not_exist" }).waitFor()
      await page.locator(".lane[data-task=''] .event[data-number='3'][data-tone=bad]").waitFor()
    }))

  it("folds a long time in which nothing happened, so that what happened can be seen", () =>
    visit(async ({ page, mock }) => {
      const id = await idOf(await post(fetch, mock.url, "my-key"))
      for (let polls = 0; polls < 12; polls++) await get(fetch, id, mock.url, "my-key")
      mock.world("my-key").advance("1 day")
      await post(fetch, mock.url, "my-key", {
        body: JSON.stringify({ ...performanceBody, seed: 2 }),
        headers: headers("my-key")
      })
      await page.locator(".lane .event[data-number='14']").waitFor()
      await page.locator(".tick.folded", { hasText: "1 d" }).waitFor({ state: "attached" })
      const first = await placeOf(page, ".event[data-number='1']")
      const end = await placeOf(page, ".event[data-number='13']")
      assert.isAbove(end.from - first.from, 0.3)
    }))

  it("waits with its verdict on a job that is still at work or has only just ended", () =>
    visit(async ({ page, mock }) => {
      await post(fetch, mock.url, "my-key")
      await page.locator(".lane .state").waitFor()
      await page.locator("#report[data-state=good]").waitFor()
      const world = mock.world("my-key")
      assert.strictEqual(world.report().findings[0]?.kind, "never-collected")
      world.advance("1 hour")
      await page.getByRole("heading", { name: "Paid for, never collected: 1 job" }).waitFor()
    }))

  it("shows the newest dozen tasks, and all of them when asked", () =>
    visit(async ({ page, mock }) => {
      for (let seed = 1; seed <= 15; seed++)
        await post(fetch, mock.url, "my-key", { body: JSON.stringify({ ...performanceBody, seed }) })
      await page.getByRole("button", { name: "Show all 15 tasks" }).click()
      await page.locator("#lanes > .lane").nth(14).waitFor()
      await page.getByRole("button", { name: "Show the last 12" }).click()
      await page.locator("#lanes > .lane").nth(12).waitFor({ state: "detached" })
    }))
})
