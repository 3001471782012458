/**
 * Where the project lives on the web, and what follows from that: the addresses in a published manifest, and the links of a published page.
 *
 * The address stands once, in `repository` of the root's package.json. A page in the repository links to its neighbours by relative paths; npm shows the
 * page far away from them, so each path becomes an address. It refuses to publish a link to a file that does not exist.
 *
 * @module
 */
import { statSync } from "node:fs"
import { posix, resolve } from "node:path"

export interface Repository {
  /** For example `https://github.com/owner/name`. */
  readonly web: string
  /** The same in the form that npm wants: `git+https://….git`. */
  readonly git: string
}

/** Reads the address out of a manifest. Only GitHub's is understood, because files and images have addresses of its own form. */
export const repositoryOf = (manifest: { readonly repository?: { readonly url?: string } }): Repository => {
  const git = manifest.repository?.url ?? ""
  const [, path] = /^git\+https:\/\/github\.com\/([\w.-]+\/[\w.-]+)\.git$/.exec(git) ?? []
  if (path === undefined) {
    throw new Error(
      `package.json: repository.url must be git+https://github.com/<owner>/<name>.git, but it is "${git}"`
    )
  }
  return { git, web: `https://github.com/${path}` }
}

/** The fields of a published manifest that name the repository. `directory` is the package's folder, empty for the root. */
export const addresses = ({ git, web }: Repository, directory: string) => ({
  homepage: directory === "" ? `${web}#readme` : `${web}/tree/HEAD/${directory}#readme`,
  bugs: { url: `${web}/issues` },
  repository: { type: "git", url: git, ...(directory === "" ? {} : { directory }) }
})

interface Page {
  /** The repository's folder on this machine. */
  readonly root: string
  /** Where the page stands, from that folder. */
  readonly path: string
}

/** The address of what a link of a page points at, or the link as it is when it needs none. */
const absolute = (link: string, { web }: Repository, page: Page, image: boolean): string => {
  if (/^([a-z][a-z\d+.-]*:|#|\/\/)/i.test(link)) return link
  const [, path = "", fragment = ""] = /^([^#]*)(#.*)?$/.exec(link) ?? []
  const target = posix.normalize(posix.join(posix.dirname(page.path), path)).replace(/\/$/, "")
  const found = statSync(resolve(page.root, target), { throwIfNoEntry: false })
  if (found === undefined || target.startsWith("..")) {
    throw new Error(`${page.path} links to ${link}, which does not exist in the repository`)
  }
  if (image) return `${web}/raw/HEAD/${target}`
  return `${web}/${found.isDirectory() ? "tree" : "blob"}/HEAD/${target}${fragment}`
}

/** A Markdown page with an address in place of every relative link and image. What stands in code blocks is left alone. */
export const withAbsoluteLinks = (text: string, repository: Repository, page: Page): string => {
  const link = (target: string, image = false) => absolute(target, repository, page, image)
  return text
    .split(/(^```[\s\S]*?^```|`[^`\n]*`)/m)
    .map((part, index) =>
      index % 2 === 1
        ? part
        : part
            .replace(/(!\[[^\]]*\]\()([^)\s]+)/g, (_, before, target) => `${before}${link(target, true)}`)
            .replace(/((?<!!\[[^\]]*)\]\()([^)\s]+)/g, (_, before, target) => `${before}${link(target)}`)
            .replace(/^(\[[^\]]+\]:\s*)(\S+)/gm, (_, before, target) => `${before}${link(target)}`)
            .replace(/(\bhref=")([^"]+)/g, (_, before, target) => `${before}${link(target)}`)
            .replace(/(\b(?:src|srcset)=")([^"]+)/g, (_, before, target) => `${before}${link(target, true)}`)
    )
    .join("")
}
