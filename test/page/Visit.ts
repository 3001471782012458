/**
 * One visit to the mock's page in a real browser, and what must hold on each: no error on the console, no dialog, and no request to
 * any other origin.
 *
 * @module
 */
import { execFile } from "node:child_process"
import { existsSync } from "node:fs"
import { delimiter, join } from "node:path"
import { promisify } from "node:util"
import { afterAll, assert, beforeAll, describe } from "@effect/vitest"
import axe from "axe-core"
import { RunwayMock, type ServeOptions } from "cometapi-runway-mock"
import { type Browser, type BrowserContextOptions, chromium, type Page } from "playwright-core"

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

/** Tests that need the browser. Its clipboard is one for all of its pages. */
export const inBrowser = (name: string, tests: () => void, { concurrent = true } = {}): void => {
  describe.skipIf(executablePath === undefined && !inCi)(name, { concurrent }, () => {
    beforeAll(async () => {
      if (executablePath === undefined)
        throw new Error(
          "There is no Chromium: install it (apt-get install chromium), or say in CHROMIUM_PATH where it is"
        )
      browser = await chromium.launch({ executablePath, args: flags })
    })
    afterAll(() => browser?.close())
    tests()
  })
}

export interface Visit {
  readonly page: Page
  readonly mock: Awaited<ReturnType<typeof RunwayMock.start>>
}

interface VisitOptions extends BrowserContextOptions {
  /** Errors that belong to what is tried. */
  readonly trouble?: ReadonlyArray<RegExp>
  readonly path?: string
  /** What shows that the page is there. Default: that it is live. */
  readonly begins?: string
  readonly mock?: ServeOptions
  /** What has to be there before the page is opened. */
  readonly before?: (page: Page, mock: Visit["mock"]) => Promise<unknown>
}

/** A mock whose clock only moves when it is told to, and its page in a browser. */
export const visit = async (
  use: (visit: Visit) => Promise<void>,
  { trouble = [], path = "/", begins = "#pulse.good", mock: mockOptions, before, ...options }: VisitOptions = {}
): Promise<void> => {
  await using mock = await RunwayMock.start({ port: 0, clock: "virtual", ...mockOptions })
  const context = await browser?.newContext({ reducedMotion: "reduce", ...options })
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
    await before?.(page, mock)
    await page.goto(mock.url + path)
    await page.locator(begins).waitFor()
    await use({ page, mock })
    assert.deepStrictEqual({ wrong, elsewhere }, { wrong: [], elsewhere: [] })
  } finally {
    await context.close()
  }
}

/** A browser reports every answer from 400 up and every connection that broke as an error of its own. */
export const unloaded = /^Failed to load resource/

/** Starts a job with the page's own button; it is polled by hand. */
export const start = async (page: Page): Promise<ReturnType<Page["locator"]>> => {
  await page.locator("#auto").uncheck()
  const before = await page.locator("#lanes > .lane:not([data-task=''])").count()
  await page.locator("#start").click()
  await page.locator("#lanes > .lane:not([data-task=''])").nth(before).waitFor()
  const lane = page.locator("#lanes > .lane").first()
  await lane.locator(".task").waitFor()
  return lane
}

export const poll = async (task: ReturnType<Page["locator"]>, nth: number): Promise<void> => {
  await task.getByRole("button", { name: "Poll", exact: true }).click()
  await task.getByText(nth === 1 ? "· 1 poll ·" : `· ${nth} polls ·`).waitFor()
}

export const clipboardAllowed = { permissions: ["clipboard-read", "clipboard-write"] }
export const clipboard = (page: Page): Promise<string> => page.evaluate(() => navigator.clipboard.readText())

/** What a command prints. */
export const run = async (program: string, ...args: Array<string>): Promise<string> =>
  (await promisify(execFile)(program, args, { timeout: 50_000 })).stdout

/** What axe finds on the page as it is, one line each. Rules for WCAG 2.2's target size are on, which axe leaves off. */
export const findingsOfAxe = async (page: Page): Promise<Array<string>> => {
  await page.evaluate(axe.source)
  const found: unknown = await page.evaluate(
    "axe.run(document, { rules: { 'target-size': { enabled: true } } }).then(({ violations }) => violations.map(({ id, nodes }) => id + ': ' + nodes.map(({ target }) => target.join(' ')).join(', ')))"
  )
  return Array.isArray(found) ? found.map(String) : assert.fail("axe gave no list")
}

export const overflow = (page: Page): Promise<number> =>
  page.evaluate(() => document.documentElement.scrollWidth - innerWidth)
