/**
 * The length of a video, read from the boxes of an MP4 or QuickTime file.
 *
 * It says which bytes it needs next and is given them, so it opens no connection and no file. It never needs more than `maxNeed` bytes at
 * once, nor more than `maxNeeds` times, whatever the bytes say. It decodes no picture.
 *
 * @module
 */

/** Bytes that are needed to go on: `length` of them from `from` on. Fewer are given where the file ends before. */
export interface Need {
  readonly from: number
  readonly length: number
}

/** The length in seconds, or why it cannot be read. */
export type Length = { readonly seconds: number } | { readonly unreadable: string }

/** How many bytes are needed at once at most. */
export const maxNeed = 64 * 1024

/** How often bytes are needed at most. */
export const maxNeeds = 400

type Reading<A> = Generator<Need, A, Uint8Array>

/** Why a file cannot be read; thrown and caught within this module only. */
class Unreadable extends Error {}

const unreadable = (why: string): never => {
  throw new Unreadable(why)
}

/** Reads the length of a video file of `size` bytes. */
export function* length(size: number): Reading<Length> {
  try {
    const reading = seconds(size)
    let step = reading.next()
    for (let needs = 0; !step.done; needs++) {
      if (needs === maxNeeds) return { unreadable: "it is made of too many pieces" }
      step = reading.next(yield step.value)
    }
    return { seconds: step.value }
  } catch (error) {
    if (error instanceof Unreadable) return { unreadable: error.message }
    throw error
  }
}

/** What a file may begin with. */
const firstBoxes = /^(ftyp|styp|moov|mdat|free|skip|wide|pnot|sidx|uuid)$/

function* seconds(size: number): Reading<number> {
  const fragments = new Fragments()
  for (let at = 0; at < size; ) {
    const box = yield* header(at, size)
    if (at === 0 && !firstBoxes.test(box.type)) return unreadable("it is no MP4 or QuickTime file")
    at = box.to
    if (box.type === "moov") {
      const known = yield* movie(box, fragments)
      if (known > 0) return known
    }
    if (box.type === "moof") fragments.count(yield* contents(box))
    // What an index lists need not be looked at piece by piece.
    if (box.type === "sidx") at += fragments.countIndex(yield* contents(box))
  }
  return fragments.seconds() || unreadable("nothing in it says how long it is")
}

/** A box: its four letters, and where what it holds begins and ends. */
interface Box {
  readonly type: string
  readonly from: number
  readonly to: number
}

const impossible = "a box in it has a size that cannot be"
const cutOff = "it ends in the middle of a box"

/** Reads where a box begins and ends. */
function* header(at: number, end: number): Reading<Box> {
  const bytes = yield* need(at, Math.min(16, end - at))
  if (bytes.byteLength < 8) return unreadable(cutOff)
  return boxAt(bytes, 0, at, end)
}

/** The box whose header stands at `index` of some bytes, and at `at` of the file; `end` is where the one around it ends. */
const boxAt = (view: DataView, index: number, at: number, end: number): Box => {
  const type = String.fromCharCode(...[4, 5, 6, 7].map((place) => number(view, index + place, 1)))
  const size = number(view, index, 4)
  if (size === 0) return { type, from: at + 8, to: end }
  if (size !== 1) return size < 8 ? unreadable(impossible) : { type, from: at + 8, to: at + size }
  const long = number(view, index + 8, 8)
  return long < 16 || !Number.isSafeInteger(at + long) ? unreadable(impossible) : { type, from: at + 16, to: at + long }
}

/** All that a box holds, if that is not too much. */
function* contents({ type, from, to }: Box): Reading<DataView> {
  if (to - from > maxNeed) return unreadable(`its ${type} box is larger than it should be`)
  const bytes = yield* need(from, to - from)
  return bytes.byteLength < to - from ? unreadable(cutOff) : bytes
}

function* need(from: number, length: number): Reading<DataView> {
  const bytes = length > 0 ? yield { from, length } : new Uint8Array()
  return new DataView(bytes.buffer, bytes.byteOffset, Math.min(bytes.byteLength, length))
}

/** A number of 1, 4 or 8 bytes. */
const number = (view: DataView, at: number, bytes: 1 | 4 | 8): number => {
  if (at + bytes > view.byteLength) return unreadable(cutOff)
  if (bytes === 8) return Number(view.getBigUint64(at))
  return bytes === 4 ? view.getUint32(at) : view.getUint8(at)
}

/** The boxes within a box, of which only the headers are read. */
function* children(parent: Box): Reading<ReadonlyArray<Box>> {
  const found: Array<Box> = []
  for (let at = parent.from; at + 8 <= parent.to; ) {
    const child = yield* header(at, parent.to)
    if (child.to > parent.to) return unreadable(impossible)
    found.push(child)
    at = child.to
  }
  return found
}

/** The boxes within the content of a box that was read. */
const inner = (view: DataView): ReadonlyArray<{ readonly type: string; readonly view: DataView }> => {
  const found: Array<{ readonly type: string; readonly view: DataView }> = []
  for (let at = 0; at + 8 <= view.byteLength; ) {
    const { type, from, to } = boxAt(view, at, at, view.byteLength)
    if (to > view.byteLength || from > to) return unreadable(impossible)
    found.push({ type, view: new DataView(view.buffer, view.byteOffset + from, to - from) })
    at = to
  }
  return found
}

/** How long a movie is by its own word. 0: it does not say, and what is needed to count its fragments is noted. */
function* movie(moov: Box, fragments: Fragments): Reading<number> {
  const boxes = yield* children(moov)
  const mvhd = boxes.find(({ type }) => type === "mvhd") ?? unreadable("its moov box has no mvhd box")
  const { timescale, units } = duration(yield* contents(mvhd))
  if (units > 0) return units / timescale
  const mvex = boxes.find(({ type }) => type === "mvex")
  if (mvex === undefined) return 0
  const all = extension(yield* contents(mvex), fragments)
  for (const trak of boxes.filter(({ type }) => type === "trak")) yield* track(trak, fragments)
  return all / timescale
}

/** How long all fragments are together, in the movie's unit, where that is said; and what each track's samples last is noted. */
const extension = (mvex: DataView, fragments: Fragments): number => {
  let all = 0
  for (const { type, view } of inner(mvex)) {
    if (type === "mehd") all = number(view, 4, isLong(view) ? 8 : 4)
    if (type === "trex") fragments.sampleDurations.set(number(view, 4, 4), number(view, 12, 4))
  }
  return all
}

/** Notes a track's unit of time. */
function* track(trak: Box, fragments: Fragments): Reading<void> {
  const boxes = yield* children(trak)
  const tkhd = boxes.find(({ type }) => type === "tkhd")
  const mdia = boxes.find(({ type }) => type === "mdia")
  const mdhd = mdia === undefined ? undefined : (yield* children(mdia)).find(({ type }) => type === "mdhd")
  if (tkhd === undefined || mdhd === undefined) return
  const head = yield* contents(tkhd)
  fragments.timescales.set(number(head, isLong(head) ? 20 : 12, 4), duration(yield* contents(mdhd)).timescale)
}

/** Whether a box is of the version whose times take 8 bytes. */
const isLong = (view: DataView): boolean => number(view, 0, 1) === 1

/** A unit of time and a number of these, as `mvhd` and `mdhd` have them. A number that is not known is 0. */
const duration = (view: DataView): { readonly timescale: number; readonly units: number } => {
  const timescale = number(view, isLong(view) ? 20 : 12, 4) || unreadable("its unit of time is 0")
  const units = isLong(view) ? number(view, 24, 8) : number(view, 16, 4)
  // All ones.
  return { timescale, units: units >= 2 ** (isLong(view) ? 64 : 32) - 1 ? 0 : units }
}

/** What the fragments of a movie add up to. */
class Fragments {
  readonly timescales = new Map<number, number>()
  readonly sampleDurations = new Map<number, number>()
  readonly #spans = new Map<number, { readonly from: number; readonly to: number }>()
  #indexed: { readonly from: number; readonly to: number } | undefined

  /** The longest of the tracks. 0: nothing was counted. */
  seconds(): number {
    const spans = [...this.#spans].map(([id, { from, to }]) => (to - from) / (this.timescales.get(id) ?? Infinity))
    const indexed = this.#indexed === undefined ? 0 : this.#indexed.to - this.#indexed.from
    return Math.max(0, indexed, ...spans)
  }

  /** Counts what a `moof` box holds. */
  count(moof: DataView): void {
    for (const { type, view } of inner(moof)) if (type === "traf") this.#countTrack(inner(view))
  }

  #countTrack(boxes: ReturnType<typeof inner>): void {
    const tfhd = boxes.find(({ type }) => type === "tfhd")?.view
    if (tfhd === undefined) return
    const id = number(tfhd, 4, 4)
    const flags = number(tfhd, 0, 4) & 0xffffff
    const before = (flags & 1 ? 8 : 0) + (flags & 2 ? 4 : 0)
    const each = flags & 8 ? number(tfhd, 8 + before, 4) : (this.sampleDurations.get(id) ?? 0)
    const tfdt = boxes.find(({ type }) => type === "tfdt")?.view
    const span = this.#spans.get(id)
    const from = tfdt === undefined ? (span?.to ?? 0) : number(tfdt, 4, isLong(tfdt) ? 8 : 4)
    const units = boxes.filter(({ type }) => type === "trun").reduce((sum, { view }) => sum + runUnits(view, each), 0)
    this.#spans.set(id, { from: Math.min(span?.from ?? from, from), to: Math.max(span?.to ?? 0, from + units) })
  }

  /** Counts what a `sidx` box lists, and says how many bytes behind it that is. */
  countIndex(sidx: DataView): number {
    const timescale = number(sidx, 8, 4) || unreadable("its unit of time is 0")
    const wide = isLong(sidx) ? 8 : 4
    const list = 12 + 2 * wide + 4
    const entries = number(sidx, list - 4, 4) & 0xffff
    let [units, bytes] = [0, number(sidx, 12 + wide, wide)]
    for (let entry = 0; entry < entries; entry++) {
      bytes += number(sidx, list + entry * 12, 4) & 0x7fffffff
      units += number(sidx, list + entry * 12 + 4, 4)
    }
    const from = number(sidx, 12, wide) / timescale
    const known = this.#indexed ?? { from, to: 0 }
    this.#indexed = { from: Math.min(known.from, from), to: Math.max(known.to, from + units / timescale) }
    return bytes
  }
}

/** How long the samples of a `trun` box last together. */
const runUnits = (trun: DataView, each: number): number => {
  const flags = number(trun, 0, 4) & 0xffffff
  const samples = number(trun, 4, 4)
  if (!(flags & 0x100)) return samples * each
  const first = 8 + (flags & 1 ? 4 : 0) + (flags & 4 ? 4 : 0)
  const stride = 4 * [0x100, 0x200, 0x400, 0x800].filter((flag) => flags & flag).length
  let units = 0
  for (let sample = 0; sample < samples; sample++) units += number(trun, first + sample * stride, 4)
  return units
}
