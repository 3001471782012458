/**
 * A paid request on its way, and how to stop it without losing what it has paid for.
 *
 * Before the request has left, stopping takes effect at once. After that the answer is waited for, for a limited time, because there may
 * be a task's id in it; nothing more is sent meanwhile. It reads no answer.
 *
 * @module
 */

type Fetch = typeof globalThis.fetch

export class Flight {
  readonly #cutOff = new AbortController()
  #sent = false
  #stopping = false
  #timer: ReturnType<typeof setTimeout> | undefined

  /** Aborts when the submission is to be cut off. */
  get signal(): AbortSignal {
    return this.#cutOff.signal
  }

  /** Whether a request has left. */
  get sent(): boolean {
    return this.#sent
  }

  /** The `fetch` of this submission. */
  through(fetch: Fetch): Fetch {
    return async (input, init) => {
      if (this.#stopping) {
        this.#cutOff.abort()
        this.#cutOff.signal.throwIfAborted()
      }
      this.#sent = true
      return fetch(input, init)
    }
  }

  /** Sends nothing more, and cuts off what is on its way when the time is over. */
  stop(grace: number): void {
    if (this.#stopping) return
    this.#stopping = true
    if (this.#sent) this.#timer = setTimeout(() => this.#cutOff.abort(), grace)
    else this.#cutOff.abort()
  }

  /** There is nothing left to stop. */
  land(): void {
    clearTimeout(this.#timer)
  }
}
