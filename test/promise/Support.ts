/**
 * A runway over a scripted provider, that looks often and warns into a list.
 *
 * @module
 */
import { createRunway, type RunwayOptions } from "../../src/promise.ts"
import { provider, type Reply } from "../support/Provider.ts"

export const id = "5b91e444-c232-deaf-a4d7-8aef3e57336b"
export const signed = "https://example.com/video.mp4?signature=secret"
export const input = {
  character: "https://example.com/portrait.png",
  reference: "https://example.com/performance.mp4"
} as const

export const running = (progress = 0.5) => Response.json({ id, status: "RUNNING", progress })
export const succeeded = () => Response.json({ id, status: "SUCCEEDED", output: [signed] })

/** The answers of a provider, one after the other, and a runway that asks for them. */
export const scripted = (script: ReadonlyArray<Reply>, options: RunwayOptions = {}) => {
  const api = provider(...script)
  const warnings: Array<string> = []
  const runway = createRunway({
    apiKey: "sk-test-secret",
    fetch: api.fetch,
    firstAfter: 0,
    between: { minimum: 1, maximum: 1 },
    warn: (message) => warnings.push(message),
    ...options
  })
  return { ...api, warnings, runway }
}

/** Answers when it is told to, and says when it was asked. */
export const held = (answer: () => Response) => {
  const asked = gate()
  const free = gate()
  const reply = async (): Promise<Response> => {
    asked.open()
    await free.opened
    return answer()
  }
  return { reply, asked: asked.opened, release: free.open }
}

/** Something that happens once. */
const gate = () => {
  let open = (): void => {}
  const opened = new Promise<void>((resolve) => {
    open = resolve
  })
  return { open, opened }
}
