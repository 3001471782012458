/**
 * Certificates for loopback, made anew for each run by `openssl`: one that a runtime can be told to trust, and three that nobody should.
 *
 * @module
 */
import { execFileSync } from "node:child_process"
import { createHash, X509Certificate } from "node:crypto"
import { readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"

export interface Pair {
  readonly key: string
  readonly cert: string
}

export interface Certificates {
  /** The file with the authority that signed `good`, `expired` and `otherName`. */
  readonly authority: string
  readonly good: Pair
  readonly expired: Pair
  readonly otherName: Pair
  readonly selfSigned: Pair
  /** By which Chromium is told to trust `good`. */
  readonly goodKeyHash: string
}

const here = "DNS:localhost,IP:127.0.0.1,IP:::1"

export const make = (folder: string): Certificates => {
  const openssl = (...args: ReadonlyArray<string>) => execFileSync("openssl", args, { cwd: folder, stdio: "pipe" })
  const newKey = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
  openssl("req", "-x509", ...newKey, "-keyout", "ca.key", "-out", "ca.pem", "-subj", "/CN=platforms", "-days", "2")
  const read = (name: string): Pair => ({
    key: readFileSync(join(folder, `${name}.key`), "utf8"),
    cert: readFileSync(join(folder, `${name}.pem`), "utf8")
  })
  writeFileSync(join(folder, "index.txt"), "")
  writeFileSync(
    join(folder, "ca.cnf"),
    "[ca]\ndefault_ca=own\n[own]\ndatabase=index.txt\nnew_certs_dir=.\nrand_serial=yes\ndefault_md=sha256\npolicy=any\nunique_subject=no\n[any]\ncommonName=supplied\n"
  )
  const signed = (name: string, names: string, start: string, end: string): Pair => {
    writeFileSync(join(folder, `${name}.ext`), `subjectAltName=${names}\n`)
    openssl("req", ...newKey, "-keyout", `${name}.key`, "-out", `${name}.csr`, "-subj", "/CN=platforms-test")
    const by = ["-config", "ca.cnf", "-cert", "ca.pem", "-keyfile", "ca.key", "-batch", "-notext"]
    const what = ["-in", `${name}.csr`, "-out", `${name}.pem`, "-extfile", `${name}.ext`]
    openssl("ca", ...by, ...what, "-startdate", start, "-enddate", end)
    return read(name)
  }
  const day = (offset: number) =>
    `${new Date(Date.now() + offset * 86_400_000).toISOString().replace(/[-:T]/g, "").slice(0, 14)}Z`
  const subject = ["-subj", "/CN=localhost", "-addext", `subjectAltName=${here}`, "-days", "2"]
  openssl("req", "-x509", ...newKey, "-keyout", "selfSigned.key", "-out", "selfSigned.pem", ...subject)
  const good = signed("good", here, day(-2), day(2))
  const publicKey = new X509Certificate(good.cert).publicKey.export({ type: "spki", format: "der" })
  return {
    authority: join(folder, "ca.pem"),
    good,
    expired: signed("expired", here, day(-9), day(-2)),
    otherName: signed("otherName", "DNS:other.test", day(-2), day(2)),
    selfSigned: read("selfSigned"),
    goodKeyHash: createHash("sha256").update(publicKey).digest("base64")
  }
}
