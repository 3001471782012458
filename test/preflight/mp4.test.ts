/** The length of a video is read from its boxes, wherever they stand, with bounded effort whatever they say. */
import { describe, expect, it } from "@effect/vitest"
import * as Schema from "effect/Schema"
import { maxNeed, maxNeeds } from "../../src/preflight/Mp4.ts"
import {
  box,
  emptyMoov,
  ftyp,
  lengthOf,
  mdat,
  moof,
  moov,
  mvhd,
  mvhd1,
  performance,
  plainMoof,
  sidx,
  u32,
  video,
  wideBox
} from "./Support.ts"

const second = Array.from({ length: 10 }, () => 100)
const join = (...parts: ReadonlyArray<Uint8Array>): Buffer => Buffer.concat(parts)

describe("the length of a video is read", () => {
  it("from the mock's own video, which a player plays", () => {
    expect(lengthOf(performance)).toMatchObject({ seconds: 3 })
  })

  it.each([
    ["at the front", video(7.5), 7.5],
    ["at the end", join(ftyp, mdat(50_000), moov(12)), 12],
    ["behind a box with a size of 64 bits", join(ftyp, wideBox("mdat", Buffer.alloc(9000)), moov(4)), 4],
    ["in a box with a size of 64 bits", join(ftyp, wideBox("moov", mvhd(5))), 5],
    ["in a box that goes to the end of the file", join(ftyp, u32(0), Buffer.from("moov"), mvhd(6)), 6],
    ["with times of 64 bits", join(ftyp, box("moov", mvhd1(29.5))), 29.5],
    ["behind other boxes of the movie", join(ftyp, box("moov", box("iods", Buffer.alloc(20)), mvhd(8))), 8],
    ["in a QuickTime file without a type", join(box("wide"), mdat(100), moov(9)), 9]
  ])("from a moov box %s", (_, file, seconds) => {
    const read = lengthOf(file)
    expect(read).toMatchObject({ seconds })
    expect(read.needs).toBeLessThan(8)
  })

  it.each([
    ["the length that the movie says", join(ftyp, emptyMoov(0, 11_000), moof(0, second)), 11],
    [
      "an index at the front",
      join(
        ftyp,
        emptyMoov(),
        sidx(0, [
          { bytes: 500, units: 4000 },
          { bytes: 500, units: 4500 }
        ])
      ),
      8.5
    ],
    [
      "fragments with their times",
      join(ftyp, emptyMoov(), moof(0, second), mdat(90), moof(1000, second), mdat(90), moof(2000, [500])),
      2.5
    ],
    ["fragments that begin late", join(ftyp, emptyMoov(), moof(60_000, second), mdat(90), moof(61_000, second)), 2],
    ["fragments without times", join(ftyp, emptyMoov(), moof(undefined, second), mdat(90), moof(undefined, second)), 2],
    ["samples that all last the same", join(ftyp, emptyMoov(40), plainMoof(100), mdat(90), plainMoof(50)), 6]
  ])("of a fragmented one by %s", (_, file, seconds) => {
    expect(lengthOf(file)).toMatchObject({ seconds })
  })

  it("by indexes that stand before each fragment, of which none is read twice", () => {
    const fragment = (at: number) => {
      const bytes = join(moof(at, second), mdat(3000))
      return join(sidx(at, [{ bytes: bytes.length, units: 1000 }]), bytes)
    }
    const read = lengthOf(join(ftyp, emptyMoov(), ...[0, 1000, 2000, 3000].map(fragment)))
    expect(read).toMatchObject({ seconds: 4 })
  })
})

describe("what cannot be read is said", () => {
  it.each([
    ["another container", Buffer.from([0x1a, 0x45, 0xdf, 0xa3, 0, 0, 0, 0, 0]), /no MP4/],
    ["a file of nothing", Buffer.alloc(0), /nothing in it says/],
    ["a file without a movie", join(ftyp, mdat(100)), /nothing in it says/],
    ["a movie that is cut off", join(ftyp, moov(5)).subarray(0, 60), /middle of a box|cannot be/],
    ["a box of no size", join(ftyp, u32(3), Buffer.from("moov")), /cannot be/],
    ["a box larger than the one around it", join(ftyp, box("moov", u32(5000), Buffer.from("mvhd"))), /cannot be/],
    [
      "a unit of time of 0",
      join(ftyp, box("moov", box("mvhd", u32(0, 0, 0, 0, 5), Buffer.alloc(80)))),
      /unit of time is 0/
    ],
    ["a length of which the movie says that it does not know", join(ftyp, box("moov", mvhd(0))), /nothing in it says/],
    [
      "a file of a million tiny boxes",
      join(ftyp, ...Array.from({ length: 5000 }, () => box("free"))),
      /too many pieces/
    ]
  ])("%s", (_, file, why) => {
    const read = lengthOf(file)
    expect("unreadable" in read && read.unreadable).toMatch(why)
  })
})

describe("whatever the bytes are", () => {
  const files = [
    performance,
    video(9),
    join(ftyp, emptyMoov(), sidx(0, [{ bytes: 500, units: 4000 }]), moof(0, second), mdat(400)),
    join(ftyp, emptyMoov(40), plainMoof(100), moof(4000, second), mdat(90))
  ]
  const place = Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 100_000 }))
  const change = Schema.Struct({ at: place, byte: Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 255 })) })

  const bounded = (file: Uint8Array) => {
    const read = lengthOf(file)
    expect(read.needs).toBeLessThanOrEqual(maxNeeds)
    expect(read.most).toBeLessThanOrEqual(maxNeed)
    if ("seconds" in read) expect(read.seconds).toBeGreaterThan(0)
    else expect(read.unreadable).not.toBe("")
  }

  it.prop(
    "a file that is cut off anywhere is read with bounded effort",
    [place],
    ([at]) => {
      for (const file of files) bounded(file.subarray(0, at % file.length))
    },
    { arbitrary: { runs: 300 } }
  )

  it.prop(
    "a file with changed bytes is read with bounded effort",
    [Schema.Array(change)],
    ([changes]) => {
      for (const file of files) {
        const garbled = new Uint8Array(file)
        for (const { at, byte } of changes) garbled[at % garbled.length] = byte
        bounded(garbled)
      }
    },
    { arbitrary: { runs: 500 } }
  )

  it.prop(
    "what is no video at all is read with bounded effort",
    [Schema.Uint8Array],
    ([noise]) => {
      bounded(noise)
      bounded(join(ftyp, noise))
      bounded(join(ftyp, box("moov", noise)))
      bounded(join(ftyp, emptyMoov(), box("moof", noise), box("sidx", noise)))
    },
    { arbitrary: { runs: 500 } }
  )
})
