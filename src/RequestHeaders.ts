/**
 * The headers that every request to the provider carries, whoever writes it. They hold the key, so nothing here is to be shown.
 *
 * @module
 */

export const requestHeaders = (apiKey: string, version: string) => ({
  Accept: "application/json",
  Authorization: `Bearer ${apiKey}`,
  "X-Runway-Version": version
})
