/**
 * Sends a POST into every kind of trouble and says what `fetch` told about it.
 *
 * The same file runs unchanged in Node, Bun, Deno, workerd and a browser, so it is plain JavaScript and uses nothing but web standards.
 * It judges nothing.
 *
 * @module
 */

const headers = {
  authorization: "Bearer no-real-key",
  "content-type": "application/json",
  "x-runway-version": "2024-11-06"
}
const body = JSON.stringify({ model: "act_two", ratio: "1280:720" })

/** Of an error: what a program can see of it, and of all that it says caused it. */
const shape = (error, depth = 0) => {
  if (typeof error !== "object" || error === null) return { message: String(error) }
  const seen = { class: error.constructor?.name, name: error.name, message: error.message }
  for (const field of ["code", "syscall", "errno", "library", "reason"])
    if (["string", "number"].includes(typeof error[field])) seen[field] = error[field]
  if (Array.isArray(error.errors) && depth < 6) seen.errors = error.errors.map((one) => shape(one, depth + 1))
  if (error.cause !== undefined && depth < 6) seen.cause = shape(error.cause, depth + 1)
  return seen
}

const requestOf = ({ url, streamed }) =>
  new Request(url, {
    method: "POST",
    headers: streamed ? { ...headers, "content-length": String(body.length) } : headers,
    body: streamed ? new Blob([body]).stream() : body,
    ...(streamed ? { duplex: "half" } : {}),
    redirect: "manual"
  })

const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms))

/** One POST; where the case asks for it, after a first request that leaves an open connection to be used again. */
const one = async (trouble) => {
  // Given to `fetch`, not to the Request: Node forgets the signal of a Request that nobody holds any more.
  const giveUp = new AbortController()
  const timer = setTimeout(() => giveUp.abort(new DOMException("the probe gave up", "TimeoutError")), trouble.patience)
  let status
  try {
    if (trouble.warm) {
      const first = await fetch(`${trouble.url}/warm`, { method: "POST", headers, body, signal: giveUp.signal })
      await first.text()
      await sleep(trouble.rest ?? 50)
    }
    const response = await fetch(requestOf({ ...trouble, url: `${trouble.url}/job` }), { signal: giveUp.signal })
    status = response.status
    await response.text()
    return { status }
  } catch (error) {
    return { ...(status === undefined ? {} : { status }), error: shape(error) }
  } finally {
    clearTimeout(timer)
  }
}

/** Some runtimes do not heed the abort. */
const hangs = async ({ patience }) => {
  await sleep(patience + 3000)
  return { hangs: true }
}

/** All cases at once: each has a server of its own, so none can disturb another. */
export const probe = async (cases) =>
  Object.fromEntries(
    await Promise.all(cases.map(async (trouble) => [trouble.name, await Promise.race([one(trouble), hangs(trouble)])]))
  )
