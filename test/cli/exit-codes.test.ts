/**
 * The numbers that the command ends with, and the page that lists them.
 */
import { readFileSync } from "node:fs"
import { describe, expect, it } from "@effect/vitest"
import * as Schema from "effect/Schema"
import { endOf, ends } from "../../src/cli/ExitCode.ts"
import { InvalidConfig, Reason } from "../../src/RunwayError.ts"

describe("exit codes", () => {
  it("stand in docs/command.md as they are", () => {
    const page = readFileSync("docs/command.md", "utf8")
    const [, table = ""] = /## Exit codes\n\n([\s\S]*?)\n\n/.exec(page) ?? []
    const rows = table
      .split("\n")
      .slice(2)
      .map((row) => row.split("|").map((cell) => cell.trim()))
    expect(rows.map(([, code, name, meaning]) => [Number(code), name?.replaceAll("`", ""), meaning])).toEqual(
      Object.entries(ends).map(([name, { code, meaning }]) => [code, name, meaning])
    )
  })

  it("are different for each kind of end", () => {
    const codes = Object.values(ends).map(({ code }) => code)
    expect(new Set(codes).size).toBe(codes.length)
  })

  it("tell a missing key from another setting that cannot be used", () => {
    const problem = "is not set"
    expect(endOf(new InvalidConfig({ setting: "COMETAPI_KEY", problem }))).toBe("auth")
    expect(endOf(new InvalidConfig({ setting: "COMETAPI_WAIT_DEADLINE", problem }))).toBe("usage")
  })

  it("know every reason of an error", () => {
    const tags = Reason.members.map((member) =>
      Schema.decodeUnknownSync(Schema.String)(member.identifier.split("/").at(-1))
    )
    for (const tag of tags.filter((tag) => tag !== "InvalidConfig")) {
      // Only the tag is looked at.
      expect([tag, Object.keys(ends).includes(endOf({ _tag: tag } as Reason))]).toEqual([tag, true])
    }
  })
})
