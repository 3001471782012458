import { type ChildProcess, execFileSync, spawn } from "node:child_process"
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { basename, delimiter, dirname, join } from "node:path"
import { fileURLToPath } from "node:url"
import { rolldown } from "rolldown"
import ts from "typescript"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { repositoryOf } from "../../scripts/package/Repository.ts"
import { install, pack, type Tarballs } from "./Packed.ts"
import { durable, program } from "./Program.ts"

const root = fileURLToPath(new URL("../../", import.meta.url))
const folder = mkdtempSync(join(tmpdir(), "cometapi-runway-package-"))

/** The machine's own Node, often an older one than the repository's. */
const systemNode =
  process.env["SYSTEM_NODE"] ??
  (process.env["PATH"] ?? "")
    .split(delimiter)
    .filter((entry) => !entry.includes("node_modules"))
    .flatMap((entry) => {
      const node = join(entry, "node")
      return ts.sys.fileExists(node) ? [node] : []
    })[0] ??
  process.execPath

const consumer = (name: string, installed: Readonly<Record<string, string>>) => install(join(folder, name), installed)

interface Outcome {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

const started = new Set<ChildProcess>()

/** Starts a command that a consumer has installed, on one Node, the way a shell would. */
const start = (home: string, node: string, command: string, ...args: ReadonlyArray<string>) => {
  const child = spawn(join(home, "node_modules/.bin", command), args, {
    cwd: home,
    env: { PATH: `${dirname(node)}${delimiter}/usr/bin${delimiter}/bin`, NO_COLOR: "1" }
  })
  started.add(child)
  return child
}

const outcome = (child: ChildProcess) =>
  new Promise<Outcome>((resolve, reject) => {
    const said = { stdout: "", stderr: "" }
    child.stdout?.on("data", (text) => {
      said.stdout += text
    })
    child.stderr?.on("data", (text) => {
      said.stderr += text
    })
    child.on("error", reject)
    child.on("close", (code) => resolve({ code, ...said }))
  })

const run = (home: string, node: string, command: string, ...args: ReadonlyArray<string>) =>
  outcome(start(home, node, command, ...args))

const evaluate = (home: string, node: string, code: string): string =>
  execFileSync(node, ["--input-type=module", "--eval", code], { cwd: home, encoding: "utf8" }).trim()

/** The file in which an editor shows the definition of a name of a program: it asks TypeScript's server. */
const definitionOf = async (home: string, program: string, name: string): Promise<string> => {
  const file = join(home, "editor.ts")
  writeFileSync(join(home, "tsconfig.json"), JSON.stringify({ compilerOptions: { module: "nodenext" }, files: [file] }))
  writeFileSync(file, program)
  const server = spawn(process.execPath, [
    join(root, "node_modules/typescript/lib/tsserver.js"),
    "--disableAutomaticTypingAcquisition"
  ])
  started.add(server)
  const ask = (command: string, args: object) =>
    server.stdin.write(`${JSON.stringify({ seq: 1, type: "request", command, arguments: { file, ...args } })}\n`)
  ask("open", {})
  ask("definition", { line: 1, offset: program.indexOf(name) + 1 })
  let answers = ""
  for await (const text of server.stdout) {
    answers += text
    const [answer] = /^\{.*"command":"definition".*\}$/m.exec(answers) ?? []
    if (answer === undefined) continue
    server.kill()
    return JSON.parse(answer).body[0]?.file
  }
  throw new Error(`TypeScript's server ended: ${answers}`)
}

let tarballs: Tarballs
let alone: string
let both: string
let all: string

beforeAll(async () => {
  tarballs = await pack(folder)
  alone = consumer("alone", { "cometapi-runway": tarballs.client })
  both = consumer("both", { "cometapi-runway": tarballs.client, "cometapi-runway-mock": tarballs.mock })
  all = consumer("all", {
    "cometapi-runway": tarballs.client,
    "cometapi-runway-mock": tarballs.mock,
    "cometapi-runway-durable": tarballs.durable
  })
}, 180_000)

afterAll(() => {
  for (const child of started) child.kill()
  rmSync(folder, { recursive: true })
})

describe("the packages", () => {
  const filesOf = (tarball: string) =>
    execFileSync("tar", ["-tzf", tarball], { encoding: "utf8" })
      .trim()
      .split("\n")
      .map((path) => path.replace(/^package\//, ""))

  it("hold what was built, the sources it was built from, and nothing else", () => {
    const code = /^lib\/(@?[\w-]+\/)*[\w.-]+\.(js|cjs|d\.ts)(\.map)?$/
    const source = /^(src|generated)\/([\w-]+\/)*[\w.-]+\.(ts|json)$/
    const always = ["LICENSE", "LICENSE-effect", "README.md", "package.json", "llms.txt"]
    const changelog = existsSync(join(root, "CHANGELOG.md")) ? ["CHANGELOG.md"] : []
    const rest = (tarball: string) => filesOf(tarball).filter((path) => !code.test(path) && !source.test(path))
    expect(rest(tarballs.client).sort()).toEqual([...always, ...changelog, "skills/cometapi-runway/SKILL.md"].sort())
    const page = readdirSync(join(root, "mock/page")).filter((name) => !/\.ts$|^tsconfig/.test(name))
    expect(rest(tarballs.mock).sort()).toEqual(
      [
        ...always,
        ...changelog,
        // The licences of the packages that the command and the judging parts of Prism were made of.
        "THIRD-PARTY-LICENSES",
        "assets/performance.mp4",
        "mock.schema.json",
        ...page.map((name) => `page/${name}`)
      ].sort()
    )
    // It takes nothing along of anybody else, so there is no other licence in it.
    expect(rest(tarballs.durable).sort()).toEqual(["LICENSE", "README.md", "package.json", ...changelog].sort())
  })

  const names = ["cometapi-runway", "cometapi-runway-mock", "cometapi-runway-durable"]
  const installed = (name: string) => join(all, "node_modules", name)
  const manifestOf = (name: string) => JSON.parse(readFileSync(join(installed(name), "package.json"), "utf8"))

  it("say where they come from, with the address that stands once in the repository", () => {
    const { repository } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"))
    const web = repository.url.slice("git+".length, -".git".length)
    const common = {
      license: "MIT",
      bugs: { url: `${web}/issues` },
      publishConfig: { access: "public", provenance: true }
    }
    expect(manifestOf("cometapi-runway")).toMatchObject({ ...common, repository, homepage: `${web}#readme` })
    expect(manifestOf("cometapi-runway-mock")).toMatchObject({
      ...common,
      repository: { ...repository, directory: "mock" },
      homepage: `${web}/tree/HEAD/mock#readme`
    })
    expect(manifestOf("cometapi-runway-durable")).toMatchObject({
      ...common,
      repository: { ...repository, directory: "durable" },
      homepage: `${web}/tree/HEAD/durable#readme`
    })
    for (const name of names) {
      const { description, keywords, files } = manifestOf(name)
      expect(description).toMatch(/Runway/)
      expect(keywords).toContain("cometapi")
      const pages = name === "cometapi-runway-durable" ? [] : ["generated", "llms.txt"]
      expect(files).toEqual(expect.arrayContaining(["lib", "src", "README.md", ...pages]))
    }
  })

  it("have pages whose every link is an address, of a file that the repository has", () => {
    const pages = [
      ...names
        .flatMap((name) => ["README.md", "llms.txt"].map((page) => join(installed(name), page)))
        .filter(existsSync),
      join(installed("cometapi-runway"), "skills/cometapi-runway/SKILL.md")
    ]
    const { web } = repositoryOf(JSON.parse(readFileSync(join(root, "package.json"), "utf8")))
    for (const page of pages) {
      const links = [...readFileSync(page, "utf8").matchAll(/\]\(([^)\s]+)|(?:src|href)="([^"]+)/g)].map(
        ([, link, attribute]) => link ?? attribute ?? ""
      )
      expect(links, page).not.toEqual([])
      expect(links.filter((link) => !/^(https:\/\/|#)/.test(link))).toEqual([])
      const own = links.filter((link) => link.startsWith(`${web}/`))
      const paths = own.map((link) =>
        link
          .slice(web.length)
          .replace(/^\/(blob|tree|raw)\/HEAD\//, "")
          .replace(/#.*/, "")
      )
      expect(paths.filter((path) => !existsSync(join(root, path)))).toEqual([])
    }
  })

  it("lead from each built line, and each declaration, to the source that it came from", () => {
    for (const name of names) {
      const lib = join(installed(name), "lib")
      const files = readdirSync(lib, { recursive: true, encoding: "utf8" }).filter((file) =>
        /\.(js|ts|map)$/.test(file)
      )
      const maps = files.filter((file) => file.endsWith(".map"))
      // A file that only passes on what other files export has nothing to map.
      const unmapped = files.filter((file) => !file.endsWith(".map") && !maps.includes(`${file}.map`))
      for (const file of unmapped) expect(readFileSync(join(lib, file), "utf8")).not.toMatch(/\b(class|function) \w/)
      for (const map of maps) {
        expect(readFileSync(join(lib, map.replace(/\.map$/, "")), "utf8")).toContain(
          `//# sourceMappingURL=${basename(map)}`
        )
        const { sources, sourcesContent } = JSON.parse(readFileSync(join(lib, map), "utf8"))
        for (const [index, source] of sources.entries()) {
          if (source.includes("node_modules")) expect(sourcesContent[index], source).toEqual(expect.any(String))
          else expect(existsSync(join(lib, dirname(map), source)), `${map}: ${source}`).toBe(true)
        }
      }
    }
  })

  it("show TypeScript's own line in a stack trace, and in an editor that asks for a definition", async () => {
    const trace = evaluate(
      alone,
      process.execPath,
      `process.setSourceMapsEnabled(true)
const { createBindings } = await import("cometapi-runway/bindings")
createBindings({ get apiKey() { console.log(new Error("who asks?").stack) } })`
    )
    expect(trace).toMatch(/node_modules\/cometapi-runway\/src\/Bindings\.ts:\d+:\d+/)

    const definition = await definitionOf(
      alone,
      'import { createBindings } from "cometapi-runway/bindings"\n',
      "createBindings"
    )
    expect(definition).toBe(join(alone, "node_modules/cometapi-runway/src/Bindings.ts"))
  })

  it("name nothing of the machine that built them", () => {
    for (const name of names) {
      const lib = join(installed(name), "lib")
      const files = readdirSync(lib, { recursive: true, encoding: "utf8" }).filter((file) => /\.\w+$/.test(file))
      expect(files.length).toBeGreaterThan(5)
      for (const file of files) expect(readFileSync(join(lib, file), "utf8")).not.toContain(root)
    }
  })

  it("give a bundler each module as a file of its own, and let it leave out what a program does not use", async () => {
    const modulesOf = async (program: string): Promise<ReadonlyArray<string>> => {
      const entry = join(alone, "program.js")
      writeFileSync(entry, program)
      const build = await rolldown({ input: entry, platform: "browser", external: /^node:/, logLevel: "silent" })
      const { output } = await build.generate({ format: "esm" })
      await build.close()
      const [{ modules }] = output
      const lib = `${join("node_modules", "cometapi-runway", "lib")}/`
      return Object.entries(modules).flatMap(([id, { renderedLength }]) => {
        const at = id.lastIndexOf(lib)
        return at < 0 || renderedLength === 0 ? [] : [id.slice(at + lib.length)]
      })
    }
    const poll = await modulesOf('import { adaptivePoll } from "cometapi-runway"\nconsole.log(adaptivePoll({}))')
    expect(poll.toSorted()).toEqual(["Poll.js", "Time.js"])
    const error = await modulesOf('import { RunwayError } from "cometapi-runway"\nconsole.log(RunwayError)')
    expect(error.toSorted()).toEqual([
      "Defined.js",
      "FailureCode.js",
      // A refused preflight is one of its reasons.
      "Finding.js",
      "RunwayError.js",
      "ledger/LedgerError.js",
      "task/Snapshot.js"
    ])
    const use = 'import { CharacterPerformance, Runway, Task } from "cometapi-runway"\n'
    const look = await modulesOf(`${use}console.log(Task.get, Runway.layer)`)
    expect(look).toContain("Reading.js")
    expect(
      look.filter((name) => /^download|^ledger\/(Ledger(File|Sql)|Sqlite|Store|Rules)|^(Wait|Job|Character)/.test(name))
    ).toEqual([])
    const generate = await modulesOf(`${use}console.log(CharacterPerformance.generate, Runway.layer)`)
    expect(generate).toContain("Wait.js")
    expect(
      generate.filter((name) =>
        /^(download|promise|cli|vendor)|^ledger\/(Ledger(File|Sql)|Sqlite|Store|Rules)/.test(name)
      )
    ).toEqual([])
  })

  it("need at run time what their manifests say", () => {
    const manifest = JSON.parse(readFileSync(join(alone, "node_modules/cometapi-runway/package.json"), "utf8"))
    expect(Object.keys(manifest.dependencies)).toEqual(["openapi-fetch"])
    expect(manifest.private).toBeUndefined()
    expect(manifest.devDependencies).toBeUndefined()
    const { dependencies, peerDependencies, private: isPrivate } = manifestOf("cometapi-runway-durable")
    expect([dependencies, isPrivate]).toEqual([undefined, undefined])
    const { version } = manifestOf("cometapi-runway")
    expect(peerDependencies).toMatchObject({ "cometapi-runway": version, "cometapi-runway-mock": version })
  })

  it("have types that hold for a strict TypeScript program, without skipping any declaration of theirs", () => {
    const files = Object.entries({ "program.ts": program, "durable.ts": durable }).map(([name, text]) => {
      writeFileSync(join(all, name), text)
      return join(all, name)
    })
    const types = ts.createProgram(files, {
      module: ts.ModuleKind.NodeNext,
      moduleResolution: ts.ModuleResolutionKind.NodeNext,
      target: ts.ScriptTarget.ES2022,
      lib: ["lib.es2022.d.ts", "lib.dom.d.ts", "lib.dom.iterable.d.ts"],
      types: [],
      strict: true,
      exactOptionalPropertyTypes: true,
      skipLibCheck: false,
      noEmit: true
    })
    const own = types.getSourceFiles().filter(({ fileName }) => fileName.startsWith(all))
    const entries = own.map(({ fileName }) => fileName.slice(all.length)).filter((name) => name.endsWith("index.d.ts"))
    expect(entries.sort()).toEqual(names.map((name) => `/node_modules/${name}/lib/index.d.ts`).sort())
    const complaints = [
      ...types.getOptionsDiagnostics(),
      ...own.flatMap((file) => [...types.getSyntacticDiagnostics(file), ...types.getSemanticDiagnostics(file)])
    ].map(({ file, messageText }) => `${file?.fileName}: ${ts.flattenDiagnosticMessageText(messageText, "\n")}`)
    expect(complaints).toEqual([])
  })
})

describe("who installs cometapi-runway", () => {
  it("and not effect has the bindings, and is told by Node which package is missing for the rest", () => {
    const without = install(join(folder, "without"), { "cometapi-runway": tarballs.client }, [])
    const said = evaluate(
      without,
      systemNode,
      `const { createBindings } = await import("cometapi-runway/bindings")
console.log(typeof createBindings)
for (const entry of ["cometapi-runway", "cometapi-runway/promise"]) await import(entry).catch(({ code, message }) => console.log(code, message))`
    )
    const missing = "ERR_MODULE_NOT_FOUND Cannot find package 'effect' imported from "
    expect(said.split("\n")).toEqual(["function", expect.stringContaining(missing), expect.stringContaining(missing)])
  })

  it("has the whole job as a promise, with the video on the disk, on the machine's own Node", () => {
    const said = evaluate(
      alone,
      systemNode,
      `import { createServer } from "node:http"
import { createRunway, RunwayError } from "cometapi-runway/promise"
const server = createServer((request, response) => {
  const json = (body) => response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(body))
  if (request.method === "POST") return json({ id: "job-1" })
  if (request.url.startsWith("/runwayml")) return json({ id: "job-1", status: "SUCCEEDED", output: [origin + "/video.mp4?key=1"] })
  response.writeHead(200, { "content-type": "video/mp4" }).end("0123456789")
})
await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve))
const origin = "http://127.0.0.1:" + server.address().port
const runway = createRunway({ apiKey: "any-key", baseUrl: origin, firstAfter: 0 })
const video = await runway.characterPerformance({ character: "https://example.com/a.png", reference: "https://example.com/b.mp4" })
const { path, bytes } = await video.save("videos/")
console.log(video, path, bytes)
await runway.close()
server.close()`
    )
    expect(said).toContain("job-1.mp4 10")
    expect(said).toContain("/video.mp4?…")
    expect(said).not.toContain("key=1")
  })

  it("imports the client and the bindings on the machine's own Node", () => {
    expect(
      evaluate(
        alone,
        systemNode,
        `import * as client from "cometapi-runway"
import * as bindings from "cometapi-runway/bindings"
console.log(typeof client.CharacterPerformance.generate, typeof client.Task.wait, typeof bindings.createBindings)`
      )
    ).toBe("function function function")
  })

  it("has the command there too", async () => {
    const { code, stdout } = await run(alone, systemNode, "cometapi-runway", "--help")
    expect(stdout).toContain("generate")
    expect(code).toBe(0)
  })

  it("is told how to install the mock before anything is made with it", async () => {
    const { code, stderr, stdout } = await run(alone, systemNode, "cometapi-runway", "generate", "--mock")
    expect([stdout, stderr]).toEqual(["", expect.stringContaining("npm install --save-dev cometapi-runway-mock")])
    expect(code).toBe(2)
  })
})

describe("who installs the mock as well", () => {
  it("serves it with its command, to a client on the machine's own Node", async () => {
    const mock = start(both, process.execPath, "cometapi-runway-mock", "--port", "0", "--scale", "100")
    const ended = outcome(mock)
    const url = await new Promise<string>((resolve, reject) => {
      let said = ""
      mock.stdout.on("data", (text) => {
        said += text
        const url = /listens on (http:\S+)/.exec(said)?.[1]
        if (url !== undefined) resolve(url)
      })
      ended.then(({ stderr }) => reject(new Error(stderr)), reject)
    })
    const { code, stdout } = await outcome(
      spawn(
        systemNode,
        [
          "--input-type=module",
          "--eval",
          `import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"
import { CharacterPerformance, Runway } from "cometapi-runway"
const poll = { schedule: Schedule.spaced("100 millis"), firstAfter: "100 millis" }
const task = await CharacterPerformance.generate({
  character: { type: "image", uri: "https://example.com/portrait.png" },
  reference: { type: "video", uri: "https://example.com/performance.mp4" }
}).pipe(Effect.provide(Runway.layer({ apiKey: "any-key", baseUrl: "${url}", poll })), Effect.runPromise)
console.log(task.status)`
        ],
        { cwd: alone }
      )
    )
    expect(stdout).toMatch(/SUCCEEDED\n$/)
    expect(code).toBe(0)
    mock.kill("SIGINT")
    expect((await ended).code).toBe(0)
  })

  it("gets a video out of the command, with no key and no network", async () => {
    const { stdout, stderr } = await run(
      both,
      process.execPath,
      "cometapi-runway",
      "generate",
      "--mock",
      "--out",
      "made"
    )
    const videos = readdirSync(join(both, "made")).filter((name) => name.endsWith(".mp4"))
    expect(videos, stdout + stderr).toHaveLength(1)
    const head = readFileSync(join(both, "made", String(videos[0]))).subarray(4, 8)
    expect(head.toString("latin1")).toBe("ftyp")
  })
})

describe("who installs durable jobs", () => {
  const order = {
    intent: "order-1",
    character: { type: "image", uri: "https://example.com/portrait.png" },
    reference: { type: "video", uri: "https://example.com/performance.mp4" }
  }

  it("has the video of a file's job after one command, pays for it once, and sees how it stands", async () => {
    writeFileSync(join(all, "jobs.jsonl"), `${JSON.stringify(order)}\n`)
    const make = () => run(all, process.execPath, "cometapi-runway-durable", "run", "jobs.jsonl", "--mock")
    const first = await make()
    expect(first).toMatchObject({ code: 0, stderr: "1 of 1 videos are in videos.\n" })
    const [intent, id, video = ""] = first.stdout.trim().split("\t")
    expect(intent).toBe("order-1")
    expect(readFileSync(join(all, video)).subarray(4, 8).toString("latin1")).toBe("ftyp")
    expect((await make()).stdout).toBe(`order-1\t${id}\t${video}\n`)
    const looked = await run(all, process.execPath, "cometapi-runway-durable", "status", "--file", "jobs.mock.sqlite")
    expect(looked.stdout).toContain("1  paid, and succeeded")
    expect(looked.stdout).toMatch(/\(1 jobs\) spent/)
  })

  it("imports both entries", () => {
    const said = evaluate(
      all,
      process.execPath,
      `import { Engine, Generate, Runs } from "cometapi-runway-durable"
import * as Cluster from "cometapi-runway-durable/cluster"
console.log(typeof Engine.embedded, typeof Generate.layer, typeof Runs.start, typeof Cluster.runner)`
    )
    expect(said).toBe("function function function function")
  })

  it("and has a Node without sqlite is told so before anything is sent", async () => {
    const { code, stderr } = await run(
      all,
      systemNode,
      "cometapi-runway-durable",
      "run",
      "jobs.jsonl",
      "--mock",
      "--file",
      "other.sqlite"
    )
    // The machine's own Node may be new enough: then it makes the video as well.
    if (code === 0) expect(stderr).toContain("1 of 1 videos are in videos.")
    else expect(stderr).toMatch(/has no sqlite of its own[\s\S]*Nothing was sent/)
  })
})
