// @ts-check
/**
 * Times and durations, in words for people: in their own time zone, and always with the zone said somewhere.
 *
 * It knows no clock. Whose time it is, is the caller's matter.
 *
 * @module
 */

/** @param {Intl.DateTimeFormatOptions} options */
const formatter = (options) => new Intl.DateTimeFormat("en-GB", { hourCycle: "h23", ...options })
const clock = formatter({ hour: "2-digit", minute: "2-digit", second: "2-digit" })
const full = formatter({
  day: "numeric",
  month: "short",
  year: "numeric",
  hour: "2-digit",
  minute: "2-digit",
  second: "2-digit",
  timeZoneName: "short"
})
const day = formatter({ day: "numeric", month: "short" })
const zone = formatter({ timeZoneName: "short" })

/** @param {number} time */
export const clockOf = (time) => (Number.isNaN(time) ? "" : clock.format(time))
/** @param {number} time */
export const fullOf = (time) => (Number.isNaN(time) ? "" : full.format(time))
/** @param {number} time */
export const dayOf = (time) => (Number.isNaN(time) ? "" : day.format(time))

/** @param {number} time */
export const zoneOf = (time) =>
  Number.isNaN(time) ? "" : (zone.formatToParts(time).find(({ type }) => type === "timeZoneName")?.value ?? "")

/**
 * @param {number} millis
 */
export const lasting = (millis) => {
  const seconds = millis / 1000
  if (seconds < 0.95) return `${Math.round(millis)} ms`
  if (seconds < 60) return `${Number(seconds.toFixed(1))} s`
  const minutes = Math.floor(seconds / 60)
  const rest = Math.floor(seconds % 60)
  if (minutes < 60) return rest === 0 ? `${minutes} min` : `${minutes} min ${rest} s`
  const hours = Math.floor(minutes / 60)
  if (hours < 24) return minutes % 60 === 0 ? `${hours} h` : `${hours} h ${minutes % 60} min`
  return `${Math.floor(hours / 24)} d ${hours % 24} h`
}

/** @type {Record<string, number>} */
const units = { milli: 1, second: 1000, minute: 60_000, hour: 3_600_000, day: 86_400_000 }

/**
 * How many milliseconds a duration such as `45 seconds` is; nothing where it is none.
 *
 * @param {string | undefined} text
 */
export const millisOf = (text) => {
  const [, number, unit = ""] = /^(\d+(?:\.\d+)?) (\w+?)s?$/.exec(text ?? "") ?? []
  const size = units[unit]
  return number === undefined || size === undefined ? undefined : Number(number) * size
}

/**
 * How much longer a task is on its way through the states of its scenario, in milliseconds; nothing where time alone does not tell.
 *
 * @param {ReadonlyArray<{ for?: string, polls?: number }> | undefined} timeline @param {number} age in seconds.
 */
export const leftOf = (timeline, age) => {
  if (timeline === undefined || timeline.some(({ polls }) => polls !== undefined)) return undefined
  const whole = timeline.reduce((sum, { for: time }) => sum + (millisOf(time) ?? 0), 0)
  const left = Math.ceil(whole - age * 1000)
  return left > 0 ? left : undefined
}
