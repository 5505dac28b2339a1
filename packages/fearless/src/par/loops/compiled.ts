/**
 * The text of a compiled loop. Each operation writes its own statements into it (`Op.text`).
 *
 * A loop has a source text of its own for each pipeline, kind of items and set of functions. A loop that several
 * pipelines shared would call its functions through the types that V8 has seen in all of them: 17-20 ns for each item
 * instead of 1.2-1.5.
 */
import { refuseAsync } from '../../sync/lock-snapshot.ts'
import type { Adaptor, Code, ItemConsumer, Loop } from '../ops/op.ts'

/** Declares the item `v`, then runs the body, once for each kind of number. */
export type Head = (body: string) => string

export const HEADS = {
  items: (body: string) => `const v = source[i]\n${body}`,
  range: (body: string) => `const v = source + i\n${body}`,
  /** A zero may be a negative one, which is no integer. */
  whole: (body: string) => `const d = source[i], n = d | 0
if (n === d && n !== 0) { const v = n\n${body}\n} else { const v = d\n${body}\n}`,
} as const

/** Ends the loop, also from a loop inside it. */
const STOP = 'break all'

let texts = 0

export function compileLoop(adaptors: readonly Adaptor[], consumer: ItemConsumer, head: Head, packs: boolean): Loop {
  const helpers = new Map<string, unknown>([['refuse', refuseAsync]])
  const text = textOf(adaptors, consumer, head, packs, helpers)
  return new Function(...helpers.keys(), text)(...helpers.values()) as Loop
}

function textOf(
  adaptors: readonly Adaptor[],
  consumer: ItemConsumer,
  head: Head,
  packs: boolean,
  helpers: Map<string, unknown>,
): string {
  const before: string[] = []
  const after: string[] = []
  let steps = 0
  let isFirst = true

  /** The text of operation `k` and of those after it. */
  const textFrom = (k: number, item: string, skip: string, stop: string): string => {
    const isInLoop = stop === STOP
    const { name } = k < adaptors.length ? adaptors[k] : consumer
    const code: Code = {
      item,
      isInLoop,
      packs,
      skip,
      stop,
      step: () => `f${steps++}`,
      unique: stem => `${stem}${k}`,
      // An answer is refused for the first item of a chunk alone, because a function that is async is so for every
      // item. Asking for every item takes three times as long where objects are made and dropped at once.
      call: (variable, call) =>
        `const ${variable} = ${call}\n${isFirst || !isInLoop ? `if (typeof ${variable} === 'object') refuse('${name}', ${variable})` : ''}`,
      use: (name, f) => (helpers.set(name, f), name),
      before: text => void before.push(text),
      after(text) {
        if (typeof text === 'string') return void after.push(text)
        const place = after.push('') - 1
        after[place] = text()
      },
    }
    if (k === adaptors.length) return consumer.text(code)
    return adaptors[k].text(code, (next, jumps) => textFrom(k + 1, next, jumps?.skip ?? skip, jumps?.stop ?? stop))
  }

  const first = head(textFrom(0, 'v', 'continue', STOP))
  isFirst = false
  steps = before.length = after.length = 0
  const others = head(textFrom(0, 'v', 'continue', STOP))
  const names = Array.from({ length: steps }, (_, i) => `f${i} = f[${i}]`)
  return [
    `return function loop${++texts}(source, from, to, f, output) {`,
    names.length === 0 ? '' : `const ${names.join(', ')}`,
    'let open = true',
    ...before,
    'if (open) all: {',
    `for (let i = from; i === from && i < to; i++) {\n${first}\n}`,
    `for (let i = from + 1; i < to; i++) {\n${others}\n}`,
    '}',
    ...after,
    '}',
  ].join('\n')
}
