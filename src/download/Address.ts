/**
 * Hosts that only this machine or its own network can reach, told by their literal address or their name. It resolves no names.
 *
 * A URL's host is expected as `URL` writes it: names in lower case, IPv4 in four decimal numbers, IPv6 in brackets.
 *
 * @module
 */

/** This machine. */
export const isLoopback = (host: string): boolean =>
  /(^|\.)localhost\.?$/.test(host) || addressOf(host).some((address) => inside(address, loopback))

/** This machine, a private or link-local network, or an address that belongs to nobody. */
export const isPrivate = (host: string): boolean => {
  const addresses = addressOf(host)
  if (addresses.length > 0) return addresses.some((address) => inside(address, notPublic))
  const name = host.replace(/\.$/, "")
  // A name of a single label is a neighbour's.
  return !name.includes(".") || /(^|\.)(localhost|local|localdomain|internal|intranet|lan|home\.arpa)$/.test(name)
}

/** An address as its bytes: 4 or 16. */
type Address = ReadonlyArray<number>

const ipv4 = (text: string): Address | undefined =>
  /^\d+(\.\d+){3}$/.test(text) ? text.split(".").map(Number) : undefined

/** `URL` has written it in its shortest form, with no more than one `::`. */
const ipv6 = (text: string): Address | undefined => {
  if (!/^[0-9a-f:]+$/i.test(text)) return undefined
  const groups = (part: string) => (part === "" ? [] : part.split(":").map((group) => Number.parseInt(group, 16)))
  const [before = "", after] = text.split("::")
  const [left, right] = [groups(before), groups(after ?? "")]
  const zeros = after === undefined ? [] : Array.from({ length: Math.max(0, 8 - left.length - right.length) }, () => 0)
  return [...left, ...zeros, ...right].flatMap((group) => [group >> 8, group & 0xff])
}

/** Addresses that have their first bits in common with `of`. */
interface Range {
  readonly of: Address
  readonly bits: number
}

const ranges = (texts: ReadonlyArray<string>): ReadonlyArray<Range> =>
  texts.map((text) => {
    const [address = "", bits] = text.split("/")
    return { of: (address.includes(":") ? ipv6(address) : ipv4(address)) ?? [], bits: Number(bits) }
  })

const loopback = ranges(["127.0.0.0/8", "::1/128"])

/** The registries of IANA for special purposes, as far as they are no part of the internet. */
const notPublic = ranges([
  ...["0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24"],
  ...["192.168.0.0/16", "198.18.0.0/15", "224.0.0.0/3"],
  ...["::/127", "64:ff9b:1::/48", "100::/64", "fc00::/7", "fe80::/9", "ff00::/8"]
])

/** IPv6 addresses that lead to the IPv4 address within them, which begins at a byte. */
const carriers: ReadonlyArray<readonly [Range, number]> = ranges([
  ...["::/96", "::ffff:0:0/96", "::ffff:0:0:0/96", "64:ff9b::/96", "2002::/16"]
]).map((range) => [range, range.bits === 16 ? 2 : 12])

const inside = (address: Address, networks: ReadonlyArray<Range>): boolean =>
  networks.some(
    ({ of, bits }) =>
      of.length === address.length &&
      of.every((byte, index) => {
        const common = Math.min(8, Math.max(0, bits - index * 8))
        return byte >> (8 - common) === (address[index] ?? 0) >> (8 - common)
      })
  )

/** The addresses that a literal stands for: itself, and the IPv4 address that it carries. None for a name. */
const addressOf = (host: string): ReadonlyArray<Address> => {
  const literal = /^\[(.*)\]$/.exec(host)?.[1]
  if (literal === undefined) {
    const address = ipv4(host.replace(/\.$/, ""))
    return address === undefined ? [] : [address]
  }
  const address = ipv6(literal)
  if (address === undefined) return []
  const carried = carriers.filter(([range]) => inside(address, [range])).map(([, at]) => address.slice(at, at + 4))
  return [address, ...carried]
}
