/**
 * The questions that are asked of a provider: those whose answers cost nothing.
 *
 * It never submits. The one POST here carries a body without a character, without a reference and with a model that does not exist, and it leaves only after the
 * contract has refused it too. No key is ever part of what is reported.
 *
 * @module
 */
import { randomUUID } from "node:crypto"
import type { Answer, Contract, Difference } from "./Contract.ts"

/** What is asked, and of whom. */
export interface Target {
  readonly baseUrl: string
  /** Without one, only what needs none is asked. */
  readonly key: string | undefined
  /** Ids of tasks of that key. */
  readonly tasks: ReadonlyArray<string>
}

/** What came of one question. */
export interface Outcome {
  readonly question: string
  /** `unasked`: a key is missing. `unanswered`: nothing came that could be judged. */
  readonly state: "judged" | "unasked" | "unanswered"
  readonly differences: ReadonlyArray<Difference>
  readonly note?: string
}

interface Probe {
  readonly question: string
  readonly operationId: "createCharacterPerformance" | "getTask"
  readonly key: string | undefined
  readonly path: string
  readonly body?: unknown
  /** What the contract expects of this answer, beyond its form. */
  readonly expect: (answer: Answer) => ReadonlyArray<Difference>
}

/** Nothing that any provider could take for a job. */
const impossible = { model: "no_such_model" }

const submitPath = "/runwayml/v1/character_performance"
const taskPath = (id: string) => `/runwayml/v1/tasks/${encodeURIComponent(id)}`

const status =
  (wanted: number) =>
  ({ status: got }: Answer): ReadonlyArray<Difference> =>
    got === wanted ? [] : [{ severity: "contract wrong", text: `expected ${wanted}, and ${got} came` }]

const unknownTask = (answer: Answer): ReadonlyArray<Difference> => [
  ...status(400)(answer),
  ...(answer.text.includes("task_not_exist")
    ? []
    : [{ severity: "contract wrong" as const, text: "the answer does not say task_not_exist" }])
]

/** The questions, in the order in which they are asked. */
const probes = ({ key, tasks }: Target): ReadonlyArray<Probe> => [
  {
    question: "a wrong key is refused",
    operationId: "getTask",
    key: "sk-no-such-key",
    path: taskPath(randomUUID()),
    expect: status(401)
  },
  {
    question: "a body that asks for nothing is refused",
    operationId: "createCharacterPerformance",
    key,
    path: submitPath,
    body: impossible,
    expect: status(400)
  },
  {
    question: "an unknown task does not exist",
    operationId: "getTask",
    key,
    path: taskPath(randomUUID()),
    expect: unknownTask
  },
  ...tasks.map(
    (id): Probe => ({
      question: `task ${id}`,
      operationId: "getTask",
      key,
      path: taskPath(id),
      expect: status(200)
    })
  )
]

const send = async (baseUrl: string, { key, path, body }: Probe, version: string): Promise<Answer> => {
  const response = await fetch(new URL(path, baseUrl), {
    method: body === undefined ? "GET" : "POST",
    headers: {
      authorization: `Bearer ${key}`,
      "x-runway-version": version,
      ...(body === undefined ? {} : { "content-type": "application/json" })
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    redirect: "manual",
    signal: AbortSignal.timeout(30_000)
  })
  const [mediaType = ""] = (response.headers.get("content-type") ?? "").split(";")
  return { status: response.status, mediaType: mediaType.trim().toLowerCase(), text: await response.text() }
}

const reasonOf = (error: unknown): string => {
  const { message, cause } = Object(error)
  return String(Object(cause).code ?? message)
}

/** Who is busy, or cannot be reached behind its edge, says nothing about the contract. */
const isAway = (status: number): boolean => status === 429 || (status >= 502 && status !== 505)

const ask = async (contract: Contract, target: Target, probe: Probe): Promise<Outcome> => {
  const { question, operationId, body } = probe
  if (probe.key === undefined) return { question, state: "unasked", differences: [], note: "COMETAPI_KEY is not set" }
  // What would be paid for must never leave, whatever becomes of the constant above.
  if (body !== undefined && contract.admits(body))
    throw new Error("A body that the contract admits is never sent from here.")
  try {
    const answer = await send(target.baseUrl, probe, contract.version)
    if (isAway(answer.status)) return { question, state: "unanswered", differences: [], note: `${answer.status} came` }
    const wrongForm = contract.differences(operationId, answer)
    return { question, state: "judged", differences: [...probe.expect(answer), ...wrongForm] }
  } catch (error) {
    return { question, state: "unanswered", differences: [], note: reasonOf(error) }
  }
}

/** Asks everything, one question after the other. */
export const askAll = async (contract: Contract, target: Target): Promise<ReadonlyArray<Outcome>> => {
  const outcomes: Array<Outcome> = []
  for (const probe of probes(target)) outcomes.push(await ask(contract, target, probe))
  return outcomes
}
