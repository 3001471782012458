/**
 * The runtimes that are looked at: how each is installed, started, told to trust our authority and to use a proxy, and how the probe runs in it.
 *
 * They come from npm in the exact versions below, into a folder that git does not know; Chromium is the system's.
 *
 * @module
 */
import { execFile, execFileSync } from "node:child_process"
import { copyFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs"
import { createServer } from "node:http"
import { createRequire } from "node:module"
import { basename, join } from "node:path"
import { promisify } from "node:util"
import { chromium } from "playwright-core"
import type { Certificates } from "./Certificates.ts"
import { type Case, noProxyPort, proxyPort, type Stage } from "./Troubles.ts"

/** What the probe says of one case. */
export interface Outcome {
  readonly status?: number
  readonly error?: Seen
}

/** An error as a program sees it. */
export interface Seen {
  readonly message: string
  readonly class?: string
  readonly name?: string
  readonly code?: string | number
  readonly syscall?: string
  readonly cause?: Seen
  readonly errors?: ReadonlyArray<Seen>
}

/** What a probe is asked, and what it says of each. */
interface Running<Asked, Said> {
  readonly probe: (cases: ReadonlyArray<Asked>) => Promise<Readonly<Record<string, Said>>>
  readonly close: () => Promise<void>
}

export interface Runtime<Asked = Case, Said = Outcome> {
  readonly name: string
  readonly version: string
  readonly start: (stage: Stage) => Promise<Running<Asked, Said> | undefined>
}

/** A program that runs in every runtime: its folder, with `run.js` and `probe.js`, and that probe with all that it imports as modules of one flat folder. */
export interface Program {
  readonly home: string
  readonly modules: ReadonlyArray<string>
}

const arch = process.arch === "arm64" ? "arm64" : "x64"
const packages: Readonly<Record<string, string>> = {
  "node-20": `npm:node-linux-${arch}@20.20.2`,
  "node-22": `npm:node-linux-${arch}@22.23.3`,
  "node-24": `npm:node-linux-${arch}@24.21.0`,
  bun: `npm:@oven/bun-linux-${arch === "x64" ? "x64" : "aarch64"}@1.4.5`,
  deno: `npm:@deno/linux-${arch}-glibc@2.9.6`,
  miniflare: "4.20260730.0",
  undici: "7.30.2"
}

/** Installs what is missing; needs the registry once. */
export const install = (folder: string): void => {
  mkdirSync(folder, { recursive: true })
  const wanted = JSON.stringify({ private: true, type: "module", dependencies: packages }, null, 2)
  const file = join(folder, "package.json")
  for (const name of ["probe.js", "run.js", "env-proxy.js"])
    copyFileSync(join(import.meta.dirname, name), join(folder, name))
  if (existsSync(file) && readFileSync(file, "utf8") === wanted && existsSync(join(folder, "node_modules", "deno")))
    return
  writeFileSync(file, wanted)
  // Without install scripts: the binaries lie in the packages as they are.
  execFileSync("npm", ["install", "--ignore-scripts", "--no-package-lock"], { cwd: folder, stdio: "inherit" })
}

const byProxy = (stage: Stage) => {
  const port = stage === "by proxy" ? proxyPort : stage === "by no proxy" ? noProxyPort : undefined
  return port === undefined ? undefined : `http://127.0.0.1:${port}`
}

/** A runtime that runs `run.js` as a process of its own for each set of cases. */
const asProcess = <Asked, Said>(
  folder: string,
  home: string,
  name: string,
  binary: string,
  args: (stage: Stage) => ReadonlyArray<string>,
  env: Record<string, string>
): Runtime<Asked, Said> => {
  const program = join(folder, "node_modules", binary)
  const said = execFileSync(program, ["--version"], { encoding: "utf8" })
  return {
    name,
    version: /\d+\.\d+\.\d+/.exec(said)?.[0] ?? said,
    start: async (stage) => {
      const proxy = byProxy(stage)
      const more = proxy === undefined ? {} : { HTTPS_PROXY: proxy, HTTP_PROXY: proxy, NODE_USE_ENV_PROXY: "1" }
      return {
        probe: async (cases) => {
          const { stdout } = await promisify(execFile)(program, [...args(stage), "run.js", JSON.stringify(cases)], {
            cwd: home,
            env: { HOME: folder, ...env, ...more },
            maxBuffer: 2 ** 26
          })
          return JSON.parse(stdout)
        },
        close: async () => {}
      }
    }
  }
}

/** workerd as miniflare starts it, with the probe as a Worker that is handed the cases. */
const workerd = <Asked, Said>(folder: string, modules: ReadonlyArray<string>): Runtime<Asked, Said> => {
  const require = createRequire(join(folder, "package.json"))
  const worker = `import { probe } from "./probe.js"
export default { fetch: async (request) => Response.json(await probe(await request.json())) }`
  return {
    name: "workerd",
    version: require("workerd/package.json").version,
    start: async (stage) => {
      if (byProxy(stage) !== undefined) return undefined
      const { Miniflare } = await import(require.resolve("miniflare"))
      const miniflare = new Miniflare({
        modules: [
          { type: "ESModule", path: "worker.js", contents: worker },
          ...modules.map((file) => ({ type: "ESModule", path: basename(file), contents: readFileSync(file, "utf8") }))
        ],
        compatibilityDate: "2026-07-30",
        cf: false
      })
      await miniflare.ready
      return {
        probe: async (cases) => {
          const answer = await miniflare.dispatchFetch("http://worker/", {
            method: "POST",
            body: JSON.stringify(cases)
          })
          return answer.json()
        },
        close: () => miniflare.dispose()
      }
    }
  }
}

/** A page from loopback, whose requests to any other port are cross-origin, as they are in life. */
const browser = <Asked, Said>(modules: ReadonlyArray<string>, certificates: Certificates): Runtime<Asked, Said> => {
  const executablePath = process.env["CHROMIUM_PATH"] ?? "/usr/bin/chromium"
  const said = execFileSync(executablePath, ["--version"], { encoding: "utf8", stdio: "pipe" })
  return {
    name: "Chromium",
    version: /\d+\.\d+\.\d+\.\d+/.exec(said)?.[0] ?? said,
    start: async (stage) => {
      const proxy = byProxy(stage)
      const page = createServer((request, response) => {
        const script = modules.find((file) => request.url === `/${basename(file)}`)
        response.writeHead(200, { "content-type": script === undefined ? "text/html" : "text/javascript" })
        response.end(script === undefined ? "<!doctype html><title>probe</title>" : readFileSync(script))
      })
      await new Promise<void>((resolve) => page.listen(19_000, "127.0.0.1", resolve))
      const started = await chromium.launch({
        executablePath,
        args: [
          ...["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"],
          ...["--disable-background-networking", "--disable-component-update", "--disable-sync"],
          `--ignore-certificate-errors-spki-list=${certificates.goodKeyHash}`,
          ...(proxy === undefined ? [] : [`--proxy-server=${proxy}`])
        ]
      })
      const tab = await started.newPage()
      await tab.goto("http://127.0.0.1:19000/")
      // A young Chromium takes the namespace for a network that has just changed, and then drops every request that is on its way.
      await tab.waitForTimeout(5000)
      return {
        probe: (cases) =>
          tab.evaluate(
            async (given) => (await import(`${location.origin}/probe.js`)).probe(given),
            // Playwright's types want an array that may be written to.
            [...cases] as Array<unknown>
          ),
        close: async () => {
          await started.close()
          page.closeAllConnections()
          page.close()
        }
      }
    }
  }
}

export const all = <Asked = Case, Said = Outcome>(
  folder: string,
  certificates: Certificates,
  { home, modules }: Program = { home: folder, modules: [join(folder, "probe.js")] }
): ReadonlyArray<Runtime<Asked, Said>> => {
  const trusting = { NODE_EXTRA_CA_CERTS: certificates.authority }
  const node = (version: string, args: (stage: Stage) => ReadonlyArray<string> = () => []) =>
    asProcess<Asked, Said>(folder, home, `Node ${version}`, `node-${version}/bin/node`, args, trusting)
  const agent = (stage: Stage) => (byProxy(stage) === undefined ? [] : ["--import", "./env-proxy.js"])
  return [
    node("20", agent),
    node("22", agent),
    node("24"),
    asProcess<Asked, Said>(folder, home, "Bun", "bun/bin/bun", () => ["run"], trusting),
    asProcess<Asked, Said>(
      folder,
      home,
      "Deno",
      "deno/deno",
      () => ["run", "--allow-all", "--no-config", "--no-lock", "--node-modules-dir=manual"],
      {
        DENO_CERT: certificates.authority,
        DENO_DIR: join(folder, "deno-cache")
      }
    ),
    workerd(folder, modules),
    browser(modules, certificates)
  ]
}
