import { once } from "node:events"
import { connect, type Socket } from "node:net"
import { assert, describe, it } from "@effect/vitest"
import { type Entry, RunwayMock } from "cometapi-runway-mock"
import * as Effect from "effect/Effect"
import * as Guard from "../../mock/src/doors/Guard.ts"
import { Journal, JournalStore, type ReceivedRequest } from "../../mock/src/record/Journal.ts"
import { verbose } from "../../mock/src/record/Log.ts"
import { ClientReport } from "../../mock/src/record/Report.ts"
import { finishedOutput, get, headers, performance, post, provider, raw, served, submit } from "./Support.ts"

const deep = (count: number) => "[".repeat(count) + "]".repeat(count)
const deepObject = (count: number) => `${'{"a":'.repeat(count)}1${"}".repeat(count)}`

describe("bytes that are no request, or a strange one", () => {
  const mock = served({ clock: "virtual" })
  const head = "Host: 127.0.0.1\r\nConnection: close\r\n"
  const of = (line: string, more = "", body = "") => `${line} HTTP/1.1\r\n${head}${more}\r\n${body}`
  const routes = [
    "/",
    "/runwayml/v1/character_performance",
    "/runwayml/v1/tasks/x",
    "/assets/x.mp4",
    "/_mock/world",
    "/_mock/page/page.css"
  ]
  const malformed: ReadonlyArray<readonly [string, (path: string) => string, RegExp]> = [
    ["a method that nobody knows", (path) => of(`EXPLODE ${path}`), /^400/],
    ["a method in small letters", (path) => of(`get ${path}`), /^400/],
    ["a method that is none of the web's classes", (path) => of(`TRACE ${path}`), /^(400|403)/],
    ["a version from the future", (path) => `GET ${path} HTTP/9.9\r\n${head}\r\n`, /^400/],
    ["no host", (path) => `GET ${path} HTTP/1.1\r\nConnection: close\r\n\r\n`, /^400/],
    ["two hosts", (path) => of(`GET ${path}`, "Host: other\r\n"), /^(?!5)/],
    ["a host that is none", (path) => `GET ${path} HTTP/1.1\r\nHost: a b<c>\r\nConnection: close\r\n\r\n`, /^(?!5)/],
    ["two lengths", (path) => of(`POST ${path}`, "Content-Length: 2\r\nContent-Length: 3\r\n", "{}"), /^400/],
    ["a negative length", (path) => of(`POST ${path}`, "Content-Length: -1\r\n"), /^400/],
    ["a length in words", (path) => of(`POST ${path}`, "Content-Length: two\r\n"), /^400/],
    ["a length beyond numbers", (path) => of(`POST ${path}`, "Content-Length: 99999999999999999999\r\n"), /^400/],
    [
      "a length and chunks, as smugglers send it",
      (path) => of(`POST ${path}`, "Content-Length: 2\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n"),
      /^400/
    ],
    [
      "chunks that are none",
      (path) => of(`POST ${path}`, "Transfer-Encoding: chunked\r\n", "zz\r\nnope\r\n"),
      /^(400|403)/
    ],
    ["an unknown transfer encoding", (path) => of(`POST ${path}`, "Transfer-Encoding: magic\r\n", "x"), /^400/],
    ["NUL in the path", (path) => of(`GET ${path}\0`), /^400/],
    ["NUL in a header", (path) => of(`GET ${path}`, "X-A: a\0b\r\n"), /^400/],
    ["bytes beyond ASCII in the path", (path) => of(`GET ${path}\xff\xfe`), /^400/],
    ["a header without a colon", (path) => of(`GET ${path}`, "nonsense\r\n"), /^400/],
    ["a space before the colon", (path) => of(`GET ${path}`, "X-A : b\r\n"), /^400/],
    ["a header that brings another along", (path) => of(`GET ${path}`, "X-A: b\rX-C: d\r\n"), /^400/],
    ["a header named __proto__", (path) => of(`GET ${path}`, "__proto__: x\r\nconstructor: y\r\n"), /^(?!5)/],
    ["bytes beyond ASCII in a header", (path) => of(`GET ${path}`, "Authorization: Bearer k\xe9y\xff\r\n"), /^(?!5)/],
    ["headers over 16 KiB", (path) => of(`GET ${path}`, `X-A: ${"a".repeat(20_000)}\r\n`), /^431/],
    ["three thousand headers", (path) => of(`GET ${path}`, "a:\r\n".repeat(3000)), /^(?!5)/],
    ["a path of 12 KB", (path) => of(`GET ${path}${"a".repeat(12_000)}`), /^(?!5)/],
    ["percent signs without digits", (path) => of(`GET ${path}%zz%?%=%&%u00e9=%ff`), /^(?!5)/],
    ["an expectation that nobody meets", (path) => of(`GET ${path}`, "Expect: a-miracle\r\n"), /^417/],
    ["another protocol's upgrade", (path) => of(`GET ${path}`, "Upgrade: h2c\r\nHTTP2-Settings: x\r\n"), /^(?!5)/],
    ["a body that is not there in full", (path) => of(`POST ${path}`, "Content-Length: 50\r\n", "{"), /^(400|403)/],
    ["a tunnel", () => of("CONNECT example.com:443"), /^405/],
    ["TLS", () => "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", /^400/],
    ["HTTP/2", () => "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", /^400/]
  ]

  it.each(malformed)("%s: answered on every route, and nobody else notices", async (what, request, answered) => {
    const hangUp = what.includes("in full")
    const answers = await Promise.all(
      routes.map((path) => raw(mock().port, Buffer.from(request(path), "latin1"), { hangUp }))
    )
    for (const [index, answer] of answers.entries())
      assert.match(answer.replace(/^HTTP\/1\.1 /, ""), answered, `${routes[index]}: ${answer.slice(0, 200)}`)
    assert.strictEqual((await post(fetch, mock().url, "another")).status, 200)
  })

  it("twenty pipelined requests are answered one after the other", async () => {
    const request = (id: number, more: string) =>
      `GET /runwayml/v1/tasks/${id} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer pipeline\r\n${more}\r\n`
    const all = Array.from({ length: 20 }, (_, id) => request(id, id === 19 ? "Connection: close\r\n" : ""))
    const answer = await raw(mock().port, all.join(""))
    assert.lengthOf(answer.match(/HTTP\/1\.1 400 Bad Request\r\n/g) ?? [], 20)
    const numbers = [...answer.matchAll(/x-oneapi-request-id: \d{17}(\d{6})/g)].map(([, number]) => Number(number))
    assert.deepStrictEqual(
      numbers,
      Array.from({ length: 20 }, (_, index) => index + 1)
    )
  })

  it("a caller that closes its side after the request is answered, or hung up on, and never kept waiting", async () => {
    const request = "GET /runwayml/v1/tasks/x HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer k\r\n\r\n"
    assert.match(await raw(mock().port, request, { hangUp: true }), /^(HTTP\/1\.1 400 [\s\S]*task_not_exist.*)?$/)
  })

  it("a caller that goes away in the middle of its body does no harm", async () => {
    const socket = connect(mock().port, "127.0.0.1")
    socket.on("error", () => {})
    socket.write("POST /runwayml/v1/character_performance HTTP/1.1\r\nHost: x\r\nContent-Length: 900\r\n\r\n{")
    await once(socket, "connect")
    socket.resetAndDestroy()
    assert.strictEqual((await post(fetch, mock().url, "another")).status, 200)
  })

  it("two hundred callers that say nothing hinder nobody", async () => {
    const idle: ReadonlyArray<Socket> = Array.from({ length: 200 }, () => connect(mock().port, "127.0.0.1"))
    await Promise.all(idle.map((socket) => once(socket, "connect")))
    for (const socket of idle.slice(0, 100)) socket.write("POST / HTTP/1.1\r\nHost: x\r\nContent-Le")
    assert.strictEqual((await post(fetch, mock().url, "another")).status, 200)
    for (const socket of idle) socket.destroy()
  })
})

describe("a caller that dawdles", () => {
  const mock = served({ requestTimeout: "100 millis" })
  it.each([
    ["in the request line", "GET /runway"],
    ["in the headers", "GET / HTTP/1.1\r\nHost: x\r\nX-A: "],
    ["in the body", "POST /runwayml/v1/character_performance HTTP/1.1\r\nHost: x\r\nContent-Length: 50\r\n\r\n{"],
    ["before the first byte", ""]
  ])("%s is told that it took too long, and the connection is closed", async (_, bytes) => {
    assert.match(await raw(mock().port, bytes), /^HTTP\/1\.1 408 Request Timeout\r\nConnection: close\r\n\r\n$/)
  })
})

describe("bodies and addresses of every kind", () => {
  const { fetch, world } = Effect.runSync(RunwayMock.make({ clock: "virtual" }))
  const whole = JSON.stringify(performance)
  const bodies: Readonly<Record<string, string | Uint8Array<ArrayBuffer>>> = {
    nothing: "",
    "no JSON": "{bad",
    "half of one": whole.slice(0, 100),
    "a list": "[]",
    "a number": "5",
    null: "null",
    "100 000 brackets": deep(100_000),
    "100 000 objects": deepObject(100_000),
    "100 000 brackets in a field": `{"character":${deep(100_000)},"name":"x","timeline":[{"state":"running","with":{"a":${deep(100_000)}}}]}`,
    "5 000 objects in a scenario": `{"name":"x","timeline":[{"state":"running","with":${deepObject(5000)}}]}`,
    "20 000 states": JSON.stringify({
      name: "x",
      timeline: [
        ...Array.from({ length: 20_000 }, () => ({ state: "running", for: "0 millis" })),
        { state: "succeeded" }
      ]
    }),
    "10 000 unknown fields": JSON.stringify(
      Object.fromEntries(Array.from({ length: 10_000 }, (_, index) => [`f${index}`, 1]))
    ),
    "an unknown field with a very long name": JSON.stringify({ ...performance, ["x".repeat(900_000)]: 1 }),
    "a prototype": '{"__proto__":{"on":"poll","kind":"lost"},"constructor":{"prototype":{"polluted":1}}}',
    "a prototype in a scenario":
      '{"name":"__proto__","timeline":[{"state":"__proto__","with":{"__proto__":{"polluted":1}}}]}',
    "huge numbers": '{"on":"poll","kind":"cut","bytes":1e400,"seed":-1e400,"concurrency":1e308,"by":"1e400 days"}',
    "a lone surrogate": '{"name":"\\ud800","as":"\\udfff","model":"\\ud800"}',
    "bytes that are no UTF-8": new Uint8Array([0x7b, 0x22, 0xff, 0xfe, 0x22, 0x3a, 0x31, 0x7d]),
    "a byte order mark": "\ufeff{}",
    "NUL bytes": "\0\0\0"
  }
  type Call = readonly [method: string, path: string]
  const calls: readonly [Call, ...Array<Call>] = [
    ["POST", "/runwayml/v1/character_performance"],
    ["POST", "/runwayml/v1/tasks/x"],
    ["POST", "/"],
    ["PUT", "/assets/x.mp4"],
    ["PUT", "/_mock/scenario"],
    ["POST", "/_mock/faults"],
    ["POST", "/_mock/clock/advance"],
    ["POST", "/_mock/tasks/x/fail"],
    ["PUT", "/_mock/account"],
    ["DELETE", "/_mock/faults"]
  ]

  it.each(Object.keys(bodies))("%s is answered on every route that takes one", async (name) => {
    for (const [method, path] of calls) {
      const { status } = await fetch(provider + path, {
        ...{ method, headers: headers("bodies"), redirect: "manual" },
        body: bodies[name] ?? null
      })
      assert.isBelow(status, 500, `${method} ${path}`)
    }
    assert.isUndefined(Reflect.get({}, "polluted"))
    const control = world(`after ${name}`)
    const accepted = await post(fetch, provider, `after ${name}`)
    assert.strictEqual(accepted.status, 200)
    const { id } = await accepted.json()
    assert.strictEqual((await get(fetch, id, provider, `after ${name}`)).status, 200)
    assert.strictEqual(control.report().polls, 1)
  })

  it("a world that such bodies were sent to can be looked at and goes on", async () => {
    for (const path of ["world", "tasks", "faults", "account", "journal", "report", "clock"]) {
      const response = await fetch(`${provider}/_mock/${path}`, { headers: headers("bodies") })
      assert.strictEqual(response.status, 200, path)
    }
    world("bodies").reset()
    assert.strictEqual((await post(fetch, provider, "bodies")).status, 200)
  })

  const addresses = [
    "%",
    "%zz",
    "%00",
    "%ff%fe",
    "%ed%a0%80",
    "\ud800",
    "__proto__",
    "constructor",
    "a".repeat(100_000),
    "x?__proto__=1&constructor=2&toString=3",
    "x?%zz=%&=&&&==",
    `x?${"a=1&".repeat(10_000)}`,
    "x?world=__proto__",
    "x?after=99999999999999999999&operation=x&task=",
    "x;y=z",
    "x%2fy",
    "..",
    "."
  ]
  it.each(["/", "/runwayml/v1/tasks/", "/assets/", "/_mock/", "/_mock/tasks/", "/_mock/faults/", "/_mock/page/"])(
    "odd addresses below %s are answered",
    async (path) => {
      for (const method of ["GET", "HEAD", "POST", "DELETE", "OPTIONS", "QUERY"]) {
        for (const address of addresses) {
          const asked = { method, headers: headers("addresses"), redirect: "manual" } as const
          const { status } = await fetch(provider + path + address, asked)
          assert.isBelow(status, 500, `${method} ${path}${address.slice(0, 50)}`)
        }
      }
    }
  )

  it("two thousand requests made up by chance are answered, and none throws", async () => {
    // Mulberry32: the same requests in every run.
    let state = 20_260_501
    const random = () => {
      state = (state + 0x6d2b79f5) | 0
      const one = Math.imul(state ^ (state >>> 15), state | 1)
      const other = one ^ (one + Math.imul(one ^ (one >>> 7), one | 61))
      return ((other ^ (other >>> 14)) >>> 0) / 2 ** 32
    }
    const pick = <A>(list: readonly [A, ...Array<A>]): A => list[Math.floor(random() * list.length)] ?? list[0]
    const noise = () => Array.from({ length: random() * 20 }, () => String.fromCharCode(random() * 0x10000)).join("")
    const latin = () => Array.from({ length: random() * 20 }, () => String.fromCharCode(33 + random() * 90)).join("")
    const value = (depth: number): unknown =>
      pick<() => unknown>([
        () => noise(),
        () => random() * 10 ** (random() * 300),
        () => null,
        () => random() < 0.5,
        () => (depth > 3 ? [] : Array.from({ length: random() * 3 }, () => value(depth + 1))),
        () => (depth > 3 ? {} : { [pick(["on", "kind", "uri", "type", "__proto__", noise()])]: value(depth + 1) })
      ])()
    const ids: [string, ...Array<string>] = ["x"]
    const mutated = () => ({
      ...performance,
      ...(random() < 0.5 ? {} : { [pick(["seed", "ratio", "character", noise()])]: value(0) })
    })
    const statuses = new Set<number>()
    for (let count = 0; count < 2000; count += 1) {
      const [method, path] = pick<readonly [string, string]>([
        ["POST", "/runwayml/v1/character_performance"],
        ["GET", `/runwayml/v1/tasks/${pick(ids)}`],
        ["GET", `/assets/${pick(ids)}.mp4?_jwt=${latin()}`],
        [pick(["GET", "PUT", "POST", "DELETE", "PATCH"]), pick(calls)[1]],
        ["POST", `/_mock/tasks/${pick(ids)}/${pick(["advance", "finish", "fail"])}`],
        [
          "GET",
          `/_mock/${pick(["journal", "report", "tasks", "faults", "worlds", "world"])}?${encodeURIComponent(noise().toWellFormed())}`
        ],
        [pick(["GET", "OPTIONS"]), `/${encodeURIComponent(noise().toWellFormed())}?${latin()}`]
      ])
      const fault = { on: pick(["submit", "poll", "asset"]), kind: pick(["html", "redirect", "truncated", "empty"]) }
      const chosen = random() < 0.5 ? mutated() : path === "/_mock/faults" ? fault : value(0)
      const sent = random() < 0.8 ? JSON.stringify(chosen) : noise()
      const response = await fetch(provider + path, {
        ...{ method, redirect: "manual" },
        headers: {
          ...headers(pick(["fuzz one", "fuzz other", "mock-malformed-fuzz"])),
          ...(random() < 0.1 ? { prefer: latin() } : {}),
          ...(random() < 0.1 ? { "x-mock-scenario": pick(["stuck", latin()]) } : {}),
          ...(random() < 0.1 ? { "content-type": latin() } : {}),
          ...(random() < 0.1 ? { accept: latin() } : {}),
          ...(random() < 0.1 ? { range: `bytes=${latin()}` } : {})
        },
        ...(method === "GET" || method === "HEAD" ? {} : { body: sent })
      })
      statuses.add(response.status)
      const text = await response.text()
      assert.isBelow(
        response.status,
        500,
        `request ${count}: ${method} ${path} ${sent.slice(0, 300)}: ${text.slice(0, 300)}`
      )
      const id = /^\{"id":"([\w-]+)"/.exec(text)?.[1]
      if (id !== undefined && ids.length < 50) ids.push(id)
      if (count % 10 === 0) for (const key of ["fuzz one", "fuzz other"]) world(key).heal()
    }
    for (const status of [200, 201, 204, 301, 400, 403, 404, 405]) assert.include([...statuses], status)
  })
})

describe("no path leads to a file that is not meant to be read", () => {
  const mock = served()
  const ups = [
    "..",
    "%2e%2e",
    "%2E.",
    ".%2e",
    "..%2f..",
    "%2e%2e%2f",
    "..%5c",
    "..\\",
    "%252e%252e",
    "%c0%ae%c0%ae",
    "....//"
  ]
  const targets = ["package.json", "etc/passwd", "src/index.ts", "assets/performance.mp4", "page/index.html"]
  const below = ["/assets/", "/_mock/page/", "/", "/_mock/"]

  it("in process and over a raw socket, however the dots and slashes are written", async () => {
    for (const base of below) {
      for (const up of ups) {
        const paths = targets.flatMap((target) => [1, 3].map((times) => `${base}${`${up}/`.repeat(times)}${target}`))
        for (const path of [...paths, ...paths.map((path) => `${path}.mp4`)]) {
          const response = await mock().fetch(`${provider}${path}`, { redirect: "manual" })
          assert.include([301, 403, 404], response.status, path)
        }
        const [path = ""] = paths
        const answer = await raw(mock().port, `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n`)
        assert.match(answer, /^HTTP\/1\.1 (301|400|403|404) /, path)
      }
    }
  })
})

describe("who may use the controls", () => {
  const mock = served()
  const anywhere = served({ control: "anywhere" })
  const asked = async (port: number, path: string, more: Readonly<Record<string, string>> = {}) => {
    const given = { Host: `127.0.0.1:${port}`, Connection: "close", ...more }
    const lines = Object.entries(given).map(([name, value]) => `${name}: ${value}`)
    const answer = await raw(port, [`GET ${path} HTTP/1.1`, ...lines, "", ""].join("\r\n"))
    return Number(/^HTTP\/1\.1 (\d+)/.exec(answer)?.[1])
  }
  const spellings = [
    "/_mock/worlds",
    "/x/../_mock/worlds",
    "/./_mock/worlds",
    "/%2e/_mock/worlds",
    "/x/%2E%2e/_mock/worlds",
    "/_mock/x/../worlds",
    "/\\..\\_mock\\worlds",
    "\\_mock\\worlds",
    "//x/../_mock/worlds",
    "http://127.0.0.1/_mock/worlds",
    "http://evil.example/_mock/worlds",
    "http://evil.example/x/../_mock/worlds",
    "/%5fmock/worlds",
    "/_MOCK/worlds"
  ]
  const strangers: ReadonlyArray<readonly [string, Readonly<Record<string, string>>]> = [
    ["a page of another origin", { Origin: "http://evil.example" }],
    ["a page of another port", { Origin: "http://127.0.0.1:1" }],
    ["a page without an origin", { Origin: "null" }],
    ["a page over TLS that says the same name", { Origin: "https://127.0.0.1" }],
    ["an image on another site", { "Sec-Fetch-Site": "cross-site" }],
    ["a frame of the same site", { "Sec-Fetch-Site": "same-site" }],
    ["another name for this machine, as DNS rebinding has it", { Host: "evil.example" }],
    ["a name that begins like this machine's", { Host: "127.0.0.1.evil.example" }],
    ["a name that ends like this machine's", { Host: "evil-localhost" }],
    ["a name with a user in front", { Host: "localhost@evil.example" }],
    ["an empty name", { Host: "" }]
  ]

  it.each(strangers)("%s may not, however it writes the path", async (_, given) => {
    for (const path of spellings) {
      const status = await asked(mock().port, path, given)
      assert.include([301, 400, 403], status, path)
    }
    assert.strictEqual(await asked(mock().port, "/_mock/worlds", given), 403)
  })

  it("programs and pages of this machine may, by any of its names", async () => {
    const { port } = mock()
    for (const host of ["127.0.0.1", "localhost", "LOCALHOST", "runway.localhost", "127.8.9.1", "[::1]"]) {
      assert.strictEqual(await asked(port, "/_mock/worlds", { Host: `${host}:${port}` }), 200, host)
    }
    const origin = { Host: `localhost:${port}`, Origin: `http://localhost:${port}`, "Sec-Fetch-Site": "same-origin" }
    assert.strictEqual(await asked(port, "/_mock/worlds", origin), 200)
    assert.strictEqual(await asked(port, "/_mock/worlds", { "Sec-Fetch-Site": "none" }), 200)
  })

  it("other machines may where it was said so, and pages of another origin may not even then", async () => {
    const { port } = anywhere()
    assert.strictEqual(await asked(port, "/_mock/worlds", { Host: "mock.internal:4010" }), 200)
    assert.strictEqual(
      await asked(port, "/_mock/worlds", { Host: "mock.internal", Origin: "http://evil.example" }),
      403
    )
    assert.strictEqual(await asked(port, "/_mock/worlds", { "Sec-Fetch-Site": "cross-site" }), 403)
  })

  it("another machine is told by its address", () => {
    const from = (remoteAddress: string, access: Guard.Access) =>
      // The address is all of a socket that is looked at.
      Guard.refusalOf(
        "/_mock/worlds",
        { headers: { host: "127.0.0.1" }, socket: { remoteAddress } as Socket },
        { access, token: undefined, publicOrigin: undefined }
      )?.detail
    for (const address of ["10.0.0.7", "::ffff:10.0.0.7", "fe80::1", "::12", "192.168.127.1"]) {
      assert.match(from(address, "loopback") ?? "", /for this machine only.*--control anywhere/)
      assert.isUndefined(from(address, "anywhere"))
    }
    for (const address of ["127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1"])
      assert.isUndefined(from(address, "loopback"))
  })

  it("the API and the page are for everybody who gets here", async () => {
    const { port } = mock()
    assert.strictEqual(await asked(port, "/", { Host: "evil.example" }), 200)
    assert.strictEqual(await asked(port, "/assets/x.mp4", { Origin: "http://evil.example" }), 404)
  })
})

describe("a key and a signature", () => {
  const spoken: ReadonlyArray<string> = ["sk-live/geheim+0123==", "0123456789012", "sk-Ünïcödé~key", "sk-'quoted'key"]

  const everywhere = async (fetch: typeof globalThis.fetch, key: string, id: string) => {
    const encoded = encodeURIComponent(key)
    const hex = Array.from(Buffer.from(key), (byte) => `%${byte.toString(16).padStart(2, "0")}`).join("")
    const escaped = Array.from(key, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`).join("")
    // A header is bytes.
    const sent = Buffer.from(key).toString("latin1")
    const own = headers(sent)
    const send = (path: string, init: RequestInit = {}) =>
      fetch(provider + path, { redirect: "manual", ...init, headers: { ...own, ...init.headers } }).then((response) =>
        response.text()
      )
    const create = (body: string, more: Record<string, string> = {}) =>
      send("/runwayml/v1/character_performance", { method: "POST", body, headers: more })
    for (const one of [encoded, hex, hex.toUpperCase()]) {
      await send(`/runwayml/v1/tasks/${one}`)
      await send(`/runwayml/v1/tasks/x?a=${one}&token=${one}&${one}=1`)
      await send(`/${one}`)
      await send(`/assets/${one}.mp4?_jwt=${one}&%5Fj%77t=${one}`)
      await send(`/assets/${id}.mp4?a=${one}`)
    }
    const { "content-type": _, ...rest } = own
    await create(JSON.stringify({ ...performance, ratio: key, [key]: { [key]: [key] } }))
    await create(
      JSON.stringify({ ...performance, character: { type: "image", uri: `https://scenario.mock.test/${encoded}/x` } })
    )
    await create(`{"a":"${escaped}","ratio":"https:\\/\\/e.com\\/a?X-Credential=${escaped}"}`)
    await create(`{"seed":${JSON.stringify(key)}`)
    await create(`${key} is no JSON`)
    await create("5", { "content-type": `text/${encoded}` })
    await create(`${JSON.stringify(key).repeat(2000)}`)
    await create(`"${"x".repeat(4090)}${key}`)
    for (const name of [
      "x-other",
      "x-api-key",
      "cookie",
      "prefer",
      "x-mock-scenario",
      "user-agent",
      "accept",
      "x-runway-version"
    ])
      await create(JSON.stringify(performance), { [name]: name === "prefer" ? `code=${encoded}` : sent })
    await fetch(`${provider}/runwayml/v1/tasks/x`, {
      headers: { ...rest, authorization: `bearer ${sent}`, "x-a": sent }
    })
    await fetch(`${provider}/runwayml/v1/tasks/x`, { headers: { ...rest, authorization: sent, "x-a": sent } })
    if (/^[\w.~-]+$/.test(key)) await send("/", { method: key })
    if (/^[\w.~-]+$/.test(key)) await send("/x", { headers: { [`x-${key}`]: "1" } })
  }

  it.effect.each(spoken)("%s is in nothing that the mock keeps, says or shows, wherever else it was sent", (key) =>
    Effect.gen(function* () {
      const seen: Array<Entry> = []
      const { fetch, world, worlds, scenarios } = yield* RunwayMock.make({
        clock: "virtual",
        onRequest: (entry) => void seen.push(entry)
      })
      const sent = Buffer.from(key).toString("latin1")
      const control = world(sent)
      const id = yield* submit(fetch, provider, sent)
      const output = finishedOutput(control, id)
      yield* Effect.promise(() => fetch(output))
      yield* Effect.promise(() => get(fetch, id, provider, sent))
      yield* Effect.promise(() => everywhere(fetch, key, id))
      const kept = { journal: control.journal(), report: control.report(), about: [control.describe(), worlds()] }
      let thrown = ""
      try {
        control.expectClean()
      } catch (error) {
        thrown = String(error)
      }
      const http: Array<string> = []
      for (const path of ["worlds", "world", "tasks", "faults", "account", "journal", "report", "clock", "health"])
        http.push(
          yield* Effect.promise(() =>
            fetch(`${provider}/_mock/${path}`, { headers: headers(sent) }).then((response) => response.text())
          )
        )
      const lines = seen.map((entry) => verbose(entry, "0123456789ab"))
      const all = JSON.stringify([kept, scenarios(), http, thrown, seen, lines])
      assert.isAbove(seen.length, 30)
      const hex = (count: number, sign: string) =>
        Array.from(key, (char) => sign + char.charCodeAt(0).toString(16).padStart(count, "0")).join("")
      const spellings = [
        key,
        sent,
        encodeURIComponent(key),
        encodeURIComponent(sent),
        hex(2, "%"),
        hex(4, "\\\\u"),
        hex(4, "\\\\\\\\u")
      ]
      for (const spelling of spellings) {
        const at = all.toLowerCase().indexOf(spelling.toLowerCase())
        assert.strictEqual(at, -1, `${spelling} in …${all.slice(Math.max(0, at - 200), at + 100)}…`)
      }
      const signature = new URL(output).searchParams.get("_jwt") ?? assert.fail("no signature")
      const journalled = JSON.stringify([kept, seen, lines, thrown])
      assert.notInclude(journalled, signature)
      assert.notInclude(journalled, signature.split(".")[2] ?? "")
      assert.include(journalled, "_jwt=(redacted)")
    })
  )

  it.effect("the credentials of other URLs are not kept either", () =>
    Effect.gen(function* () {
      const { fetch, world } = yield* RunwayMock.make()
      const uri = "https://user:swordfish@cdn.example.com/a.png?X-Amz-Credential=swordfish&x=swordfish"
      const body = { ...performance, character: { type: "image", uri } }
      for (const text of [
        JSON.stringify(body),
        JSON.stringify(body).replaceAll("/", "\\/"),
        `${JSON.stringify(body)},`
      ])
        yield* Effect.promise(() => post(fetch, provider, "k", { body: text }))
      const kept = JSON.stringify([world("k").journal(), world("k").report()])
      assert.notInclude(kept, "swordfish")
      assert.include(kept, "cdn.example.com/a.png")
    })
  )
})

describe("what is kept is bounded", () => {
  const received = (number: number): ReceivedRequest => ({
    ...{
      at: 0,
      operation: "poll",
      method: "GET",
      path: `/x?${number}`,
      key: undefined,
      taskId: undefined,
      operationId: undefined,
      took: 0
    },
    ...{ headers: [], body: undefined, violations: [], answer: undefined, fault: undefined }
  })

  it("journals keep as many entries as they may, and count the others", () => {
    const store = new JournalStore(500)
    const journals = Array.from({ length: 20 }, () => new Journal(store))
    for (let number = 0; number < 30_000; number += 1) journals[(number * 7) % 20]?.record(received(number))
    const sizes = journals.map(({ size }) => size)
    const kept = sizes.reduce((sum, size) => sum + size, 0)
    assert.isAtMost(kept, 500)
    assert.isAbove(kept, 400)
    for (const journal of journals) {
      const { entries, last, dropped } = journal.read(() => true)
      assert.deepStrictEqual([last, dropped], [1500, 1500 - entries.length])
      assert.deepStrictEqual(
        entries.map(({ number }) => number),
        Array.from(entries, (_, index) => dropped + 1 + index)
      )
    }
  })

  it("a noisy world pushes out its own entries and no quiet one's", () => {
    const store = new JournalStore(100)
    const [quiet, noisy] = [new Journal(store), new Journal(store)]
    for (let number = 0; number < 40; number += 1) quiet.record(received(number))
    for (let number = 0; number < 30_000; number += 1) noisy.record(received(number))
    assert.deepStrictEqual([quiet.size, quiet.read(() => true).dropped], [40, 0])
    assert.isAtMost(quiet.size + noisy.size, 100)
  })

  it("a world that is forgotten while it answers takes no room from others", () => {
    const store = new JournalStore(100)
    const kept = new Journal(store)
    for (let round = 0; round < 1000; round += 1) {
      const forgotten = new Journal(store)
      forgotten.record(received(round))
      forgotten.close()
      forgotten.record(received(round))
    }
    for (let number = 0; number < 100; number += 1) kept.record(received(number))
    assert.strictEqual(kept.size, 100)
  })

  it("one entry is no larger than a page or two, whatever was sent and however much was wrong with it", async () => {
    const { fetch, world } = Effect.runSync(RunwayMock.make())
    const fields = Object.fromEntries(Array.from({ length: 10_000 }, (_, index) => [`field-${index}`, "x".repeat(50)]))
    const wrong = { ...performance, ...fields, ["y".repeat(200_000)]: 1, ratio: "z".repeat(100_000) }
    const long = { "x-long": "h".repeat(500_000) }
    await post(fetch, provider, "k", { body: JSON.stringify(wrong), headers: { ...headers("k"), ...long } })
    await get(fetch, "t".repeat(500_000), provider, "k")
    const { entries } = world("k").journal()
    assert.lengthOf(entries, 2)
    for (const entry of entries) assert.isBelow(JSON.stringify(entry).length, 60_000)
    const [first] = entries
    assert.lengthOf(first?.violations ?? [], 51)
    assert.match(first?.violations.at(-1)?.message ?? "", /^and \d+ more$/)
    assert.isBelow(JSON.stringify(world("k").report()).length, 60_000)
  })

  it("a report keeps a hundred findings and counts the others", () => {
    const report = new ClientReport(0)
    for (let number = 1; number <= 30_000; number += 1)
      report.observe({
        ...{ number, at: number, operation: "submit", versioned: false, intent: `intent ${number}`, taskId: undefined },
        ...{
          price: undefined,
          faulted: false,
          received: "intended",
          status: 400,
          notBefore: undefined,
          ended: undefined
        },
        violations: [{ location: ["request", "body"], severity: "Error", message: `wrong in its own way ${number}` }]
      })
    const read = report.read("w", new Set())
    assert.strictEqual(read.submissions, 30_000)
    assert.isAtMost(read.findings.length, 100)
    assert.isAtMost(read.intents.length, 100)
    assert.strictEqual(read.findings.length + read.dropped, 30_001)
    assert.isBelow(JSON.stringify(read).length, 60_000)
  })

  it("thousands of requests with one key and with many keep to the limits", async () => {
    const limits = { worlds: 20, tasks: 5, journal: 100 }
    const { fetch, world, worlds } = Effect.runSync(RunwayMock.make({ clock: "virtual", limits }))
    for (let count = 0; count < 1000; count += 1) await get(fetch, "x", provider, "one")
    for (let count = 0; count < 20; count += 1) await post(fetch, provider, "one")
    for (let count = 0; count < 1000; count += 1) await get(fetch, "x", provider, `many ${count}`)
    const keys = worlds().filter(({ world }) => world !== "nobody")
    assert.lengthOf(keys, 20)
    assert.lengthOf(worlds(), 21, "and one more for the requests that found no room")
    const one = world("one")
    assert.deepInclude(one.describe(), { requests: 1020, tasks: 5 })
    const { entries, dropped } = one.journal()
    assert.isAtMost(entries.length, 100)
    assert.strictEqual(dropped + entries.length, 1020)
  })
})
