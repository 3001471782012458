// @ts-check
/**
 * The report of every world of a running mock, written to the log of a workflow and to its summary.
 *
 * It reads and judges nothing itself: what counts as a finding is the mock's to say.
 *
 * @module
 */
import { appendFileSync } from "node:fs"

const { RUNWAY_MOCK_URL: url, ALLOW: allow = "", FAIL: fail = "true", GITHUB_OUTPUT, GITHUB_STEP_SUMMARY } = process.env
if (url === undefined)
  throw new Error("RUNWAY_MOCK_URL is not set: use the action that starts the mock before this one")

/** @param {string} path @returns {Promise<any>} */
const read = async (path) => {
  const answer = await fetch(`${url}/_mock/${path}`)
  if (!answer.ok) throw new Error(`GET ${url}/_mock/${path} was answered with ${answer.status}: ${await answer.text()}`)
  return answer.json()
}

const kinds = allow.split(/\s+/).filter((kind) => kind !== "")
const query = kinds.map((kind) => `&allow=${encodeURIComponent(kind)}`).join("")
const reports = []
for (const { world, name = world } of await read("worlds"))
  reports.push({ name, ...(await read(`report?world=${encodeURIComponent(world)}${query}`)) })

const clean = reports.every((report) => report.clean)
const text =
  reports.length === 0
    ? "The mock received no request. Does your program use RUNWAY_MOCK_URL?"
    : reports.map(({ name, text }) => `${name}: ${text}`).join("\n\n")
console.log(text)
if (GITHUB_OUTPUT !== undefined) appendFileSync(GITHUB_OUTPUT, `clean=${clean}\n`)
// Indented, so that no character in it can end the block.
if (GITHUB_STEP_SUMMARY !== undefined)
  appendFileSync(GITHUB_STEP_SUMMARY, `### Runway mock\n\n${text.replace(/^/gm, "    ")}\n`)
if (!clean && fail === "true") process.exitCode = 1
