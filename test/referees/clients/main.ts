/**
 * The second half of `npm run referees`: clients for the mock's controls in Python, Go and Java are generated, compiled and used against a running mock.
 *
 * Each is driven as docs/testing.md shows: its `world` file is the page's own. The program beside it has bad manners on a manual clock, and the report
 * has to find them. A language that this machine does not have is skipped, and said to be, unless `REQUIRE_LANGUAGES` is set, as CI does.
 *
 * @module
 */
import { execFile, execFileSync, spawnSync } from "node:child_process"
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { promisify } from "node:util"
import { RunwayMock } from "cometapi-runway-mock"
import { performance as body } from "../../mock/Support.ts"

const root = fileURLToPath(new URL("../../../", import.meta.url))
const page = readFileSync(join(root, "docs/testing.md"), "utf8")

/** The page's block that begins with a comment of this file's name. */
const shown = (name: string): string => {
  const block = page.split("\n```").find((text) => [`# ${name}`, `// ${name}`].includes(text.split("\n")[1] ?? ""))
  if (block === undefined) throw new Error(`docs/testing.md shows no ${name}`)
  return block.slice(block.indexOf("\n") + 1)
}

const succeeds = (command: string, ...args: ReadonlyArray<string>): boolean => spawnSync(command, args).status === 0

interface Language {
  readonly name: string
  /** What the machine has to have. */
  readonly needs: string
  readonly isHere: () => boolean
  /** Lays the program out in the folder with the generated file, and compiles it where that is due. Gives the command that runs it. */
  readonly compile: (folder: string) => readonly [string, ...Array<string>]
}

const driver = (name: string, folder: string): void => copyFileSync(join(import.meta.dirname, name), join(folder, name))

// The system's own Python has the system's packages; another one in front of it need not have them.
const python = ["python3", "/usr/bin/python3"].find((command) => succeeds(command, "-c", "import httpx"))

const languages: ReadonlyArray<Language> = [
  {
    name: "python",
    needs: "python3 with httpx",
    isHere: () => python !== undefined,
    compile: (folder) => {
      driver("driver.py", folder)
      writeFileSync(join(folder, "world.py"), shown("world.py"))
      return [python ?? "python3", "-W", "error::SyntaxWarning", "driver.py"]
    }
  },
  {
    name: "go",
    needs: "go",
    isHere: () => succeeds("go", "version"),
    compile: (folder) => {
      driver("driver.go", folder)
      writeFileSync(join(folder, "world.go"), shown("world.go"))
      writeFileSync(join(folder, "go.mod"), "module mock\n\ngo 1.18\n")
      mkdirSync(join(folder, "control"))
      renameSync(join(folder, "control.go"), join(folder, "control/control.go"))
      const env = { ...process.env, GOFLAGS: "-mod=mod", GOPROXY: "off", GOCACHE: join(root, "node_modules/.cache/go") }
      execFileSync("go", ["vet", "./..."], { cwd: folder, env })
      execFileSync("go", ["build", "-o", "driver", "."], { cwd: folder, env })
      return [join(folder, "driver")]
    }
  },
  {
    name: "java",
    needs: "javac",
    isHere: () => succeeds("javac", "-version"),
    compile: (folder) => {
      driver("Driver.java", folder)
      writeFileSync(join(folder, "World.java"), shown("World.java"))
      const options = ["--release", "17", "-Xlint:all,-processing", "-Werror", "-d", "."]
      execFileSync("javac", [...options, "MockControl.java", "World.java", "Driver.java"], { cwd: folder })
      return ["java", "-cp", ".", "Driver"]
    }
  }
]

/** What the program has to say: a fault without sense was refused in words, and both of its bad manners were found. */
const expected =
  /^refused 400 [\s\S]*a value greater than or equal to 400[\s\S]*\nfound retry-after-ignored poll-too-fast\n$/

const folder = mkdtempSync(join(tmpdir(), "control-clients-"))
try {
  execFileSync(process.execPath, [join(root, "scripts/clients.ts"), "--into", folder], { stdio: "ignore" })
  await using mock = await RunwayMock.start({ port: 0, clock: "manual" })
  for (const { name, needs, isHere, compile } of languages) {
    if (!isHere()) {
      console.log(`skipped: a client in ${name}, as this machine has no ${needs}`)
      if (process.env["REQUIRE_LANGUAGES"] !== undefined) process.exitCode = 1
      continue
    }
    const [command, ...args] = compile(join(folder, name))
    const env = { ...process.env, MOCK_URL: mock.url, KEY: `test-${name}`, BODY: JSON.stringify(body) }
    const began = performance.now()
    const { stdout } = await promisify(execFile)(command, args, { cwd: join(folder, name), env })
    const took = `${Math.round(performance.now() - began)} ms`
    const passed = expected.test(stdout)
    console.log(`${passed ? "passed" : "failed"}: a client in ${name}, ${took} with the start of its runtime`)
    if (passed) continue
    console.error(stdout)
    process.exitCode = 1
  }
} finally {
  rmSync(folder, { recursive: true })
}
