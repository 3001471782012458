import { readdirSync } from "node:fs"
import { assert, describe, it } from "@effect/vitest"
import * as PageFiles from "../../mock/src/control/Page.ts"
import { headers, performance as performanceBody, post } from "../mock/Support.ts"
import { clipboard, clipboardAllowed, inBrowser, poll, run, start, unloaded, visit } from "./Visit.ts"

inBrowser("the page and what it is told", () => {
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
      assert.strictEqual(await page.locator("#live :is(img, script, iframe, object, style)").count(), 0)
      await page.locator("#report[data-state=warn]").waitFor()
    }))

  it("keeps the key in its field and nowhere else", () =>
    visit(
      async ({ page }) => {
        const key = "sk-a-very-secret-key"
        await page.getByLabel("Key", { exact: true }).fill(key)
        const task = await start(page)
        await poll(task, 1)
        for (const summary of await page.locator(".request > details > summary, .task summary").all())
          await summary.click()
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

  it("copies commands that a shell carries out, whatever the key", () =>
    visit(async ({ page, mock }) => {
      const key = `it's-"$HOME"-\`x\`-$(y)-\\`
      await page.getByLabel("Key", { exact: true }).fill(key)
      await page.locator("#copy-post").click()
      await page.getByText("Copied: the command that starts a task.").waitFor()
      const { id } = JSON.parse(await run("sh", "-c", await clipboard(page)))
      assert.deepStrictEqual(
        mock
          .world(key)
          .tasks()
          .map((task) => task.id),
        [id]
      )
      const task = page.locator(`[data-task="${id}"]`)
      await task.locator(".lane-name").click()
      await task.getByRole("button", { name: "Copy curl" }).click()
      await page.getByText("Copied: the command that polls this task.").waitFor()
      assert.strictEqual(JSON.parse(await run("sh", "-c", await clipboard(page))).id, id)
      await task.getByText("· 1 poll ·").waitFor()

      await page.getByLabel("Key", { exact: true }).fill("another")
      await task.getByRole("button", { name: "Copy curl" }).click()
      await page.getByText("put that into COMETAPI_KEY").waitFor()
      assert.include(await clipboard(page), "Bearer $COMETAPI_KEY")
      await task.getByRole("button", { name: "Poll", exact: true }).click()
      await page.locator("#said.bad", { hasText: "Another key made this task" }).waitFor()
    }, clipboardAllowed))
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
    const files = readdirSync(new URL("../../mock/page/", import.meta.url)).filter((name) =>
      /\.(js|css|svg)$/.test(name)
    )
    assert.deepStrictEqual([...seen].sort(), ["/", ...files.map((name) => `/_mock/page/${name}`)].sort())
    assert.isBelow(size, 180_000)

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
