/**
 * `npm run drift`: whether the provider still answers as the contract says, asked without spending anything.
 *
 * It asks with a wrong key, with a body that no provider can take for a job, for a task that does not exist, and for the tasks whose ids it is given
 * (`--task ID`, as often as wanted). The key is read from COMETAPI_KEY; without one only the first question is asked. It never submits a job, and shows neither
 * the key nor what stands in an answer's fields.
 *
 * It ends with 0 when all is as the contract says, 1 when the contract is wrong, 3 when something is there that the contract does not name,
 * and 2 when it could not be judged.
 *
 * @module
 */
import { fileURLToPath } from "node:url"
import { parseArgs } from "node:util"
import * as Contract from "./drift/Contract.ts"
import * as Probes from "./drift/Probes.ts"

const contract = Contract.read(fileURLToPath(new URL("../openapi/cometapi-runway.yaml", import.meta.url)))

const lines = ({ question, state, differences, note }: Probes.Outcome): ReadonlyArray<string> => {
  if (state !== "judged") return [`${state}: ${question}: ${note}`]
  if (differences.length === 0) return [`fine: ${question}`]
  return differences.map(({ severity, text }) => `${severity}: ${question}: ${text}`)
}

const codeOf = (outcomes: ReadonlyArray<Probes.Outcome>): number => {
  const found = new Set(outcomes.flatMap(({ differences }) => differences.map(({ severity }) => severity)))
  if (found.has("contract wrong")) return 1
  if (outcomes.some(({ state }) => state === "unanswered")) return 2
  return found.has("new") ? 3 : 0
}

const main = async (): Promise<number> => {
  const { values } = parseArgs({
    options: { "base-url": { type: "string" }, task: { type: "string", multiple: true } }
  })
  const { "base-url": baseUrl = contract.server, task: tasks = [] } = values
  if (!URL.canParse(baseUrl)) {
    console.error(`--base-url must be a URL such as ${contract.server}; got ${baseUrl}`)
    return 2
  }
  const key = process.env["COMETAPI_KEY"]?.trim() || undefined
  const outcomes = await Probes.askAll(contract, { baseUrl, key, tasks })
  for (const line of outcomes.flatMap(lines)) console.log(line)
  return codeOf(outcomes)
}

try {
  process.exitCode = await main()
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error))
  process.exitCode = 2
}
