/**
 * Measures the cost of the type wall in tsc's time, per distinct payload type.
 *
 * A module of many different payloads is checked twice: passed to `Send<T>`, and passed to a function that takes any
 * `T`. The difference in check time, divided by the number of payloads, is the cost of one. Medians reduce the noise of
 * the machine.
 *
 *     node packages/check/test/cost.ts            the table
 *     node packages/check/test/cost.ts --limit 5  and fails if 7.0 needs more than 5 ms per payload
 */
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { type Version, VERSIONS, tsc } from './compilers.ts'
import { ScratchProject } from './scratch.ts'

const { values: options } = parseArgs({
  options: {
    limit: { type: 'string' },
    payloads: { type: 'string', default: '200' },
    runs: { type: 'string', default: '5' },
  },
})
const payloads = Number(options.payloads)

const sendTypes = fileURLToPath(new URL('../../fearless/src/send.ts', import.meta.url))

/** Kinds of payload in programs. `n` makes each type, and every type in it, distinct. */
const kinds = [
  (n: number) => `
interface Payload${n} { id: ${n}; url: string; status: number; headers: Record<string, string>; links${n}: string[] }`,
  (n: number) => `
interface Payload${n} { name${n}: string; address: Address${n}; lines: Line${n}[]; note?: string; at: Date }
interface Address${n} { street: string; city: { zip${n}: string; country: string }; geo: [lat: number, long: number] }
interface Line${n} { sku: string; amount: number; price${n}: { value: bigint; currency: 'EUR' | 'USD' } }`,
  (n: number) => `
type Payload${n} =
  | { kind: 'open${n}'; path: string }
  | { kind: 'read${n}'; at: number; bytes: Uint8Array<ArrayBuffer> }
  | { kind: 'close${n}'; why: Error | null }`,
  (n: number) => `
interface Payload${n} { value${n}: number; left: Payload${n} | null; right: Payload${n} | null; tags: Set<string> }`,
  (n: number) => `
interface Payload${n} { byId: Map<string, Row${n}>; order: readonly string[]; total${n}: number }
interface Row${n} { cells: { text: string; width${n}: number }[]; parent?: Row${n} }`,
]

function program(sends: boolean): string {
  const types = Array.from({ length: payloads }, (_, n) => kinds[n % kinds.length]!(n))
  const uses = types.map((_, n) => `declare const payload${n}: Payload${n}\ngive(payload${n})`)
  const imports = `import type { Send } from ${JSON.stringify(sendTypes)}`
  return [imports, `declare function give<T>(value: ${sends ? 'Send<T>' : 'T'}): void`, ...types, ...uses].join('\n')
}

const strictness = { strict: true, skipLibCheck: true, noEmit: true, allowImportingTsExtensions: true }

function checkTime(version: Version, sends: boolean): number {
  const compilerOptions = { ...strictness, target: 'es2024', module: 'nodenext', lib: ['es2024'], types: [] }
  const tsconfig = { compilerOptions, files: ['payloads.ts'] }
  using project = new ScratchProject({ 'payloads.ts': program(sends) }, { tsconfig })
  const output = tsc(version, project.path, '--extendedDiagnostics')
  const time = /Check time:\s+([\d.]+)s/.exec(output)?.[1]
  if (time === undefined || /error TS/.test(output)) throw new Error(`tsc ${version} did not measure: ${output}`)
  return Number(time) * 1000
}

const median = (times: number[]): number => times.sort((a, b) => a - b)[times.length >> 1]!

function costOf(version: Version): number {
  const runs = Array.from({ length: Number(options.runs) }, () => checkTime(version, true) - checkTime(version, false))
  return median(runs) / payloads
}

console.log(`TypeScript  ms per distinct payload (${payloads} payloads, median of ${options.runs})`)
for (const version of VERSIONS) {
  const cost = costOf(version)
  console.log(`${version}         ${cost.toFixed(2)}`)
  if (version === '7.0' && options.limit !== undefined && cost > Number(options.limit)) process.exitCode = 1
}
