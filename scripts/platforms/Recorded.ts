/**
 * What a runtime was seen to do, as it is kept in test/client/not-sent-fixtures.
 *
 * @module
 */
import type { Outcome } from "./Runtimes.ts"
import type { Group } from "./Troubles.ts"

export interface Record_ extends Outcome {
  readonly trouble: string
  readonly group: Group
  /** How many POSTs the server got whole. */
  readonly arrived: number
  /** The runtime does not speak the protocol that the trouble is about. */
  readonly notSpoken?: boolean
}
