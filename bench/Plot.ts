/**
 * The growth of a figure with the size of the work, as a picture: both axes logarithmic, a line for each contestant.
 *
 * @module
 */
import type { Measured } from "./Rounds.ts"

const width = 720
const height = 420
const left = 80
const right = 190
const top = 50
const bottom = 60
/** Told apart also without colours: by dashes. */
const styles = [
  { colour: "#0b5cad", dashes: "none" },
  { colour: "#b3471d", dashes: "6 4" },
  { colour: "#3d7a37", dashes: "2 4" }
]

export const plotOf = (title: string, figure: string, measured: Measured): string => {
  const sizes = Object.keys(measured).filter((name) => Number(name) > 0)
  const names = [...new Set(sizes.flatMap((size) => Object.keys(measured[size] ?? {})))]
  const lines = names.map((name) =>
    sizes.flatMap((size) => {
      const values = (measured[size]?.[name] ?? []).flatMap((figures) => figures[figure] ?? [])
      return values.length === 0 ? [] : [{ size: Number(size), value: Math.min(...values) }]
    })
  )
  const values = lines.flat().map(({ value }) => value)
  const [lowest, highest] = [Math.floor(Math.log10(Math.min(...values))), Math.ceil(Math.log10(Math.max(...values)))]
  const [smallest, largest] = [Math.min(...sizes.map(Number)), Math.max(...sizes.map(Number))]
  const x = (size: number) =>
    left + (Math.log10(size / smallest) / Math.log10(largest / smallest)) * (width - left - right)
  const y = (value: number) =>
    height - bottom - ((Math.log10(value) - lowest) / (highest - lowest)) * (height - top - bottom)
  const powers = Array.from({ length: highest - lowest + 1 }, (_, step) => 10 ** (lowest + step))
  const grid = [
    ...powers.map(
      (value) =>
        `<path d="M${left} ${at(y(value))}H${width - right}" stroke="#ddd"/><text x="${left - 8}" y="${at(y(value) + 4)}" text-anchor="end">${label(value)}</text>`
    ),
    ...sizes.map(
      (size) =>
        `<text x="${at(x(Number(size)))}" y="${height - bottom + 20}" text-anchor="middle">${label(Number(size))}</text>`
    )
  ]
  const drawn = lines.flatMap((points, index) => {
    const { colour, dashes } = styles[index % styles.length] ?? { colour: "#000", dashes: "none" }
    const last = points.at(-1)
    if (last === undefined) return []
    const path = points
      .map(({ size, value }, step) => `${step === 0 ? "M" : "L"}${at(x(size))} ${at(y(value))}`)
      .join("")
    return [
      `<path d="${path}" fill="none" stroke="${colour}" stroke-width="2" stroke-dasharray="${dashes}"/>`,
      ...points.map(({ size, value }) => `<circle cx="${at(x(size))}" cy="${at(y(value))}" r="3" fill="${colour}"/>`),
      `<text x="${at(x(last.size) + 10)}" y="${at(y(last.value) + 4)}" fill="${colour}">${names[index]}</text>`
    ]
  })
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" role="img" font-family="sans-serif" font-size="12">
<title>${title}</title>
<rect width="${width}" height="${height}" fill="#fff"/>
<text x="${left}" y="24" font-size="15">${title}</text>
<text x="${left}" y="42" fill="#555">${figure}, by size; both axes logarithmic</text>
${[...grid, ...drawn].join("\n")}
</svg>
`
}

const at = (place: number): string => place.toFixed(1)

const label = (value: number): string =>
  value >= 1 ? value.toLocaleString("en") : String(Number(value.toPrecision(1)))
