import { execFile } from "node:child_process"
import { existsSync } from "node:fs"
import { delimiter, join } from "node:path"
import { promisify } from "node:util"
import { afterAll, assert, beforeAll, describe, it } from "@effect/vitest"
import { RunwayMock } from "cometapi-runway-mock"
import { type Browser, type BrowserContextOptions, chromium, type Page } from "playwright-core"
import * as Contract from "../../mock/src/contract/Contract.ts"
import * as PageFiles from "../../mock/src/control/Page.ts"
import { headers, performance as performanceBody, post } from "../mock/Support.ts"

const candidates = [
  process.env["CHROMIUM_PATH"],
  "/usr/bin/chromium",
  ...(process.env["PATH"] ?? "").split(delimiter).map((folder) => join(folder, "chromium"))
]
const executablePath = candidates.find((path) => path !== undefined && existsSync(path))
const inCi = (process.env["CI"] ?? "") !== ""

const flags = [
  "--headless",
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync"
]

let browser: Browser | undefined

interface Visit {
  readonly page: Page
  readonly mock: Awaited<ReturnType<typeof RunwayMock.start>>
}

/** A mock whose clock only moves when it is told to, its page in a browser, and what must hold whatever is done there. */
const visit = async (
  use: (visit: Visit) => Promise<void>,
  { trouble = [], path = "/", ...options }: BrowserContextOptions & { trouble?: Array<RegExp>; path?: string } = {}
) => {
  await using mock = await RunwayMock.start({ port: 0, clock: "virtual" })
  const context = await browser?.newContext(options)
  if (context === undefined) throw new Error("there is no browser")
  try {
    const page = await context.newPage()
    page.setDefaultTimeout(30_000)
    const wrong: Array<string> = []
    const elsewhere: Array<string> = []
    page.on("request", (request) => {
      if (new URL(request.url()).origin !== mock.url) elsewhere.push(request.url())
    })
    page.on("pageerror", (error) => wrong.push(error.message))
    page.on("dialog", (dialog) => wrong.push(`a dialog: ${dialog.message()}`))
    page.on("console", (message) => {
      if (message.type() === "error" && !trouble.some((expected) => expected.test(message.text())))
        wrong.push(message.text())
    })
    await page.goto(mock.url + path)
    await page.locator("#pulse.good").waitFor()
    await use({ page, mock })
    assert.deepStrictEqual({ wrong, elsewhere }, { wrong: [], elsewhere: [] })
  } finally {
    await context.close()
  }
}

/** A browser reports every answer from 400 up and every connection that broke as an error of its own. */
const unloaded = /^Failed to load resource/

const start = async (page: Page) => {
  const tasks = page.locator(".task")
  const before = await tasks.count()
  await page.getByRole("button", { name: "Start a task" }).click()
  await tasks.nth(before).waitFor()
  return tasks.first()
}

const poll = async (task: ReturnType<Page["locator"]>, nth: number) => {
  await task.getByRole("button", { name: "Poll" }).click()
  await task.getByText(nth === 1 ? "· 1 poll ·" : `· ${nth} polls ·`).waitFor()
}

const clipboard = (page: Page) => page.evaluate(() => navigator.clipboard.readText())

const inShell = async (command: string) => {
  const { stdout } = await promisify(execFile)("sh", ["-c", command], { timeout: 20_000 })
  return JSON.parse(stdout)
}

const clipboardAllowed = { permissions: ["clipboard-read", "clipboard-write"] }

describe.skipIf(executablePath === undefined && !inCi)("the page in a browser", { concurrent: true }, () => {
  beforeAll(async () => {
    if (executablePath === undefined)
      throw new Error(
        "There is no Chromium: install it (apt-get install chromium), or say in CHROMIUM_PATH where it is"
      )
    browser = await chromium.launch({ executablePath, args: flags })
  })
  afterAll(() => browser?.close())

  it("follows a task from its start until its video plays, as a good client would", () =>
    visit(
      async ({ page }) => {
        const task = await start(page)
        for (let nth = 1; nth <= 12; nth++) {
          const { value, text } = await task.evaluate((element) => ({
            value: element.querySelector("progress")?.value ?? 0,
            text: element.querySelector(".status")?.textContent
          }))
          assert.isTrue(text === "RUNNING" ? value < 1 : value === 0, `${text} at ${value}`)
          await poll(task, nth)
        }
        await task.getByText("SUCCEEDED", { exact: true }).waitFor()
        assert.match(await task.innerText(), /happy · bare · started 1 min 0 s ago · 12 polls · collected/)
        assert.strictEqual(await task.locator("[aria-current=step]").innerText(), "succeeded")

        const played = await page.waitForFunction(() => {
          const video = document.querySelector("video")
          if (video === null || video.readyState < video.HAVE_CURRENT_DATA || video.currentTime === 0) return undefined
          return { duration: video.duration, muted: video.muted, controls: video.controls, width: video.videoWidth }
        })
        const { duration, ...video } = (await played.jsonValue()) ?? assert.fail("no video")
        assert.approximately(duration, 3, 0.1)
        assert.deepStrictEqual({ ...video, width: video.width > 0 }, { muted: true, controls: true, width: true })
        await page.locator("#verdict.good", { hasText: "clean" }).waitFor()
        await page.locator(".request", { hasText: "/assets/" }).first().waitFor()
      },
      { trouble: [unloaded] }
    ))

  it("chooses a scenario, moves the clock, and steers a single task", () =>
    visit(async ({ page, mock }) => {
      await page.getByLabel("What becomes of new tasks").selectOption("failed-asset")
      await page.getByText("New tasks are “failed-asset”.").waitFor()
      await page.getByText("fails: an asset cannot be used", { exact: true }).waitFor()
      const failing = await start(page)
      await page.getByRole("button", { name: "+1 min" }).click()
      await failing.getByText("FAILED", { exact: true }).waitFor()
      assert.strictEqual(await page.locator("#now").innerText(), "2026-05-01 12:01:00")
      await poll(failing, 1)
      await failing.getByText("· collected").waitFor()

      const steered = await start(page)
      await steered.getByRole("button", { name: "Advance" }).click()
      await steered.getByText("PENDING", { exact: true }).waitFor()
      await steered.getByLabel("How it fails").selectOption("failed-safety-output")
      await steered.getByRole("button", { name: "Fail as" }).click()
      await steered.locator("[aria-current=step]", { hasText: "failed-safety-output" }).waitFor()
      const finished = await start(page)
      await finished.getByRole("button", { name: "Finish" }).click()
      await finished.getByText("SUCCEEDED", { exact: true }).waitFor()
      assert.deepStrictEqual(
        mock
          .world("my-key")
          .tasks()
          .map(({ state }) => state),
        ["failed-asset", "failed-safety-output", "succeeded"]
      )
      await page.getByRole("button", { name: "Reset this world" }).click()
      await page.locator("#no-tasks").waitFor()
      assert.strictEqual(mock.world("my-key").tasks().length, 0)
    }))

  it("injects a fault, shows what it did, and removes it", () =>
    visit(
      async ({ page }) => {
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
        await task.getByRole("button", { name: "Poll" }).click()
        await fault.getByText("1 of 1").waitFor()
        await page.getByText("The poll was answered 429: 当前分组上游负载已饱和，请稍后再试").waitFor()
        const request = page.locator(".request", { hasText: "fault: status" })
        await request.locator("summary").click()
        // What it opens to is made when the browser has told of it.
        await request.getByText("status, by fault-1").waitFor()
        assert.match(await request.innerText(), /429[\s\S]*status, by fault-1[\s\S]*retry-after\s+7\s/)
        await page.getByLabel("Show").selectOption("submit")
        await request.waitFor({ state: "hidden" })
        await fault.getByRole("button", { name: "Remove" }).click()
        await fault.waitFor({ state: "detached" })

        await form.getByLabel("Kind").selectOption("lost")
        await form.locator("[name=on]").selectOption("submit")
        await form.getByLabel("Never again").check()
        await form.getByRole("button", { name: "Inject" }).click()
        await page.locator("#faults li", { hasText: "submit: lost" }).waitFor()
        await page.getByRole("button", { name: "Start a task" }).click()
        await page.locator(".request", { hasText: "no answer" }).first().waitFor({ state: "visible" })
      },
      { trouble: [unloaded] }
    ))

  it("limits the account", () =>
    visit(
      async ({ page, mock }) => {
        await page.locator("summary", { hasText: "Limits of the account" }).click()
        await page.getByLabel("Jobs a day").fill("0")
        await page.getByRole("button", { name: "Set limits" }).click()
        await page.locator("#limits", { hasText: "daily 0" }).waitFor()
        assert.deepStrictEqual(mock.world("my-key").account(), { daily: 0 })
        await page.getByRole("button", { name: "Start a task" }).click()
        await page.getByText("The POST was answered 429").waitFor()
      },
      { trouble: [unloaded] }
    ))

  it("copies commands that a shell carries out, whatever the key", () =>
    visit(async ({ page, mock }) => {
      const key = `it's-"$HOME"-\`x\`-$(y)-\\`
      await page.getByLabel("Key").fill(key)
      await page.getByRole("button", { name: "Copy curl" }).click()
      await page.getByText("Copied: the command that starts a task.").waitFor()
      const { id } = await inShell(await clipboard(page))
      assert.deepStrictEqual(
        mock
          .world(key)
          .tasks()
          .map((task) => task.id),
        [id]
      )
      const task = page.locator(`[data-task="${id}"]`)
      await task.getByRole("button", { name: "Copy curl" }).click()
      await page.getByText("Copied: the command that polls this task.").waitFor()
      assert.strictEqual((await inShell(await clipboard(page))).id, id)
      await task.getByText("· 1 poll ·").waitFor()

      await page.getByLabel("Key").fill("another")
      await task.getByRole("button", { name: "Copy curl" }).click()
      await page.getByText("put that into COMETAPI_KEY").waitFor()
      assert.include(await clipboard(page), "Bearer $COMETAPI_KEY")
      await task.getByRole("button", { name: "Poll" }).click()
      await page.locator("#said.bad", { hasText: "Another key made this task" }).waitFor()
    }, clipboardAllowed))

  it("shows hostile requests as the text they are", () =>
    visit(async ({ page, mock }) => {
      const hostile = `<img src=x onerror="alert('x')"><script>alert(1)</script>`
      const body = JSON.stringify({
        ...performanceBody,
        character: { type: hostile, uri: hostile },
        [hostile]: hostile
      })
      const sent = { ...headers("my-key"), "x-hostile": hostile }
      await post(fetch, mock.url, "my-key", { headers: sent, body })
      await post(fetch, mock.url, "my-key", { headers: sent, body: hostile })
      await fetch(`${mock.url}/${hostile}?${hostile}`, { headers: sent, redirect: "manual" })
      const rows = page.locator(".request")
      await rows.nth(2).waitFor()
      for (const row of await rows.all()) {
        await row.locator("summary").click()
        await row.getByText("x-hostile").waitFor()
      }
      const text = await page.locator("#requests").innerText()
      assert.isAbove(text.split(hostile).length, 5, text)
      assert.strictEqual(await page.locator("#live :is(img, script, iframe, object, svg, style)").count(), 0)
      await page.locator("#findings li").first().waitFor()
    }))

  it("keeps the key in its field and nowhere else", () =>
    visit(
      async ({ page }) => {
        const key = "sk-a-very-secret-key"
        await page.getByLabel("Key").fill(key)
        const task = await start(page)
        await poll(task, 1)
        for (const summary of await page.locator(".request summary, .task summary").all()) await summary.click()
        const everything = await page.evaluate(() => ({
          html: document.documentElement.outerHTML,
          text: document.body.innerText,
          fields: [...document.querySelectorAll("input, select, textarea")]
            .filter(({ id }) => id !== "key")
            .map((field) =>
              field instanceof HTMLInputElement || field instanceof HTMLTextAreaElement ? field.value : ""
            ),
          kept: [JSON.stringify(localStorage), JSON.stringify(sessionStorage), document.cookie, location.href]
        }))
        assert.notInclude(JSON.stringify(everything), key)
        assert.include(everything.text, "redacted")
      },
      { trouble: [unloaded] }
    ))

  it("shows the world that was used last, until one is chosen", () =>
    visit(async ({ page, mock }) => {
      const shown = page.locator("#requests .request")
      await post(fetch, mock.url, "first")
      await shown.nth(0).waitFor()
      await post(fetch, mock.url, "second")
      await post(fetch, mock.url, "second")
      await shown.nth(1).waitFor()
      await page.getByLabel("World").selectOption(mock.world("first").describe().world)
      await shown.nth(1).waitFor({ state: "detached" })
      await post(fetch, mock.url, "second")
      await page.locator("#world option", { hasText: /^\w+ · happy · requests: 3/ }).waitFor({ state: "attached" })
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
        await page.locator("#no-tasks").waitFor()
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

  it("has in its reference both operations, every answer and every named example", () =>
    visit(
      async ({ page }) => {
        const wanted = Contract.examples.map(({ operationId, status, name }) => `${operationId} ${status} ${name}`)
        await page.locator("[data-operation=getTask]").waitFor()
        const shown = await page.evaluate(() =>
          [...document.querySelectorAll("#contract .answer [data-example]")].map((example) =>
            [
              example.closest("[data-operation]")?.getAttribute("data-operation"),
              example.closest(".answer")?.querySelector(".badge")?.textContent,
              example.getAttribute("data-example")
            ].join(" ")
          )
        )
        assert.deepStrictEqual(shown.sort(), wanted.toSorted())
        assert.isAbove(wanted.length, 40)
        const text = await page.locator("[data-operation=createCharacterPerformance]").innerText()
        assert.match(text, /seed integer required · format "int64" · minimum 0 · maximum 4294967295/)
        await page.locator("#control > summary").click()
        await page.locator("[data-operation=injectFault]").waitFor()
      },
      { path: "/#reference" }
    ))

  it("fits a screen of 360 pixels, and reads well in the light and in the dark", () =>
    visit(
      async ({ page, mock }) => {
        await post(fetch, mock.url, "my-key", { headers: { ...headers("my-key"), "x-long": "x".repeat(500) } })
        await page.locator(".request summary").click()
        await page.getByRole("button", { name: "Finish" }).click()
        await page.getByText("SUCCEEDED", { exact: true }).waitFor()
        for (const summary of await page.locator("details.panel > summary:visible").all()) await summary.click()
        const overflow = () => page.evaluate(() => document.documentElement.scrollWidth - innerWidth)
        assert.strictEqual(await overflow(), 0)

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
              const panel = element.closest(".panel, header") ?? document.body
              const [a, b] = [light(getComputedStyle(element).color), light(getComputedStyle(panel).backgroundColor)]
              return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05)
            })
        const grounds = new Set<string>()
        for (const colorScheme of ["light", "dark"] as const) {
          await page.emulateMedia({ colorScheme, reducedMotion: "reduce" })
          grounds.add(await page.evaluate(() => getComputedStyle(document.body).backgroundColor))
          for (const text of ["h1", ".hint", "label", ".status", ".badge", "#reset", "code", ".soft", "nav a"])
            assert.isAtLeast(await contrast(text), 4.5, `${text}, ${colorScheme}`)
        }
        assert.strictEqual(grounds.size, 2)
        await page.getByRole("link", { name: "API reference" }).click()
        await page.locator("[data-operation=getTask]").waitFor()
        for (const summary of await page.locator(".answer > summary").all()) await summary.click()
        assert.strictEqual(await overflow(), 0)
      },
      { viewport: { width: 360, height: 740 } }
    ))
})

describe("the page's files", () => {
  const ask = (path: string, init?: RequestInit) => PageFiles.serve(new Request(`http://mock.test${path}`, init))

  it("are small, strict about what they may load, and not sent twice", async () => {
    const index = (await ask("/")) ?? assert.fail("no page")
    const html = await index.text()
    assert.strictEqual(index.headers.get("content-type"), "text/html; charset=utf-8")
    assert.match(index.headers.get("content-security-policy") ?? "", /^default-src 'self'; frame-ancestors 'none';/)
    assert.notMatch(html, /<style|style=|<script>|\son\w+=|https?:/)
    const seen = new Set(["/"])
    let size = html.length
    for (const path of seen) {
      const text = (await (await ask(path))?.text()) ?? assert.fail(path)
      if (path !== "/") size += text.length
      for (const [, name = ""] of text.matchAll(/["(](?:\.|\/_mock\/page)\/([\w.]+\.(?:js|css|svg))"/g))
        seen.add(`/_mock/page/${name}`)
    }
    assert.strictEqual(seen.size, 12)
    assert.isBelow(size, 80_000)

    const etag = index.headers.get("etag") ?? ""
    assert.strictEqual((await ask("/", { headers: { "if-none-match": etag } }))?.status, 304)
    const head = await ask("/", { method: "HEAD" })
    assert.deepStrictEqual([head?.status, await head?.text()], [200, ""])
  })

  it("are only those that were meant", async () => {
    for (const path of [
      "/_mock/page/",
      "/_mock/page/index.html",
      "/_mock/page/tsconfig.json",
      "/_mock/page/..%2fpackage.json"
    ])
      assert.isUndefined(await ask(path), path)
    assert.isUndefined(await ask("/", { method: "POST" }))
  })
})
