/**
 * The worker that writes operations.gen.json: what Prism makes of a document, so that no start of the mock has to wait for that.
 *
 * It is a thread of its own, because Prism takes as long as all the rest of a generation does and needs nothing of it. It is given the document and
 * the file, and checks neither: whoever starts it has read the one and made the folder of the other.
 *
 * @module
 */
import { writeFileSync } from "node:fs"
import { workerData } from "node:worker_threads"
// The one module of Prism: the package's front door loads the whole mock, Faker included.
import { getHttpOperationsFromSpec } from "@stoplight/prism-http/dist/utils/operations.js"

const { document, file } = workerData
writeFileSync(file, `${JSON.stringify(await getHttpOperationsFromSpec(document), undefined, 2)}\n`)
