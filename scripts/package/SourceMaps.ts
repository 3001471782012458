/**
 * Ships the sources that a built package's maps name, and makes the maps name them where they are in the package.
 *
 * So "go to definition" in an editor and a stack trace with `--enable-source-maps` end in readable TypeScript. A source that was taken along from
 * another package is not copied: its text stays inside the map.
 *
 * @module
 */
import { cp, readdir, readFile, writeFile } from "node:fs/promises"
import { dirname, join, relative, resolve, sep } from "node:path"

interface SourceMap {
  readonly sources: ReadonlyArray<string>
  readonly sourcesContent?: ReadonlyArray<string | null>
}

interface Places {
  /** The repository's folder. */
  readonly root: string
  /** The package's folder. */
  readonly home: string
  /** The folder to publish. */
  readonly dist: string
  /** The folder of the built files, inside `dist`. */
  readonly code: string
}

/** Where a file of the repository stands in the published folder: as in its package, or as in the repository when it is outside of it. */
const placeOf = (file: string, { root, home }: Places): string => {
  const inPackage = relative(home, file)
  return (inPackage.startsWith("..") ? relative(root, file) : inPackage).split(sep).join("/")
}

/** Copies the sources and rewrites the maps. Returns the top-level folders it has filled. */
export const shipSources = async (places: Places): Promise<ReadonlyArray<string>> => {
  const folder = join(places.dist, places.code)
  const shipped = new Set<string>()
  for (const name of (await readdir(folder, { recursive: true })).filter((name) => name.endsWith(".map"))) {
    const home = dirname(join(folder, name))
    const map: SourceMap = JSON.parse(await readFile(join(folder, name), "utf8"))
    const files = map.sources.map((source) => resolve(home, source))
    const foreign = (file: string) => file.split(sep).includes("node_modules")
    for (const file of files.filter((file) => !foreign(file))) {
      const place = placeOf(file, places)
      await cp(file, join(places.dist, place))
      shipped.add(place.split("/")[0] ?? place)
    }
    const sources = files.map((file) => `${relative(home, places.dist).split(sep).join("/")}/${placeOf(file, places)}`)
    const sourcesContent = files.map((file, index) => (foreign(file) ? (map.sourcesContent?.[index] ?? null) : null))
    const embedded = sourcesContent.some((text) => text !== null)
    const { sourcesContent: _, ...rest } = map
    await writeFile(join(folder, name), JSON.stringify({ ...rest, sources, ...(embedded ? { sourcesContent } : {}) }))
  }
  return [...shipped].sort()
}
