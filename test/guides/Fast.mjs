/**
 * Loaded before a program of a page: its timers go fifty times as fast, so that it runs as printed and waits for less than a second.
 *
 * @module
 */
const real = globalThis.setTimeout
globalThis.setTimeout = Object.assign((callback, delay, ...rest) => real(callback, delay / 50, ...rest), real)
