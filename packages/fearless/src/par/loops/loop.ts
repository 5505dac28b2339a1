/**
 * The loop of a pipeline: it takes one chunk from its items to its partial result.
 *
 * Three implementations give the same result:
 *   compiled   a function with a source text of its own for each pipeline, kind of items and set of functions:
 *              compiled.ts
 *   plain      nested sinks, for few items and where `Function` is forbidden: plain.ts
 *   own        the loop that a consumer has itself (`join`)
 */
import { mayEvaluate } from '../../core/index.ts'
import type { Adaptor, Consumer, Loop } from '../ops/op.ts'
import { HEADS, compileLoop, type Head } from './compiled.ts'
import { plainLoop } from './plain.ts'

/** With fewer items than this, compiling a loop costs more than it saves. */
const MIN_COMPILED_ITEMS = 64
const MAX_LOOPS = 512

/** Kinds of items that are doubles, whole or not. */
const DOUBLES = new Set(['Float64Array', 'Float32Array', 'floats', 'vec f64', 'vec f32'])

const loops = new Map<string, Loop>()

/** Returns the loop for a pipeline over all items of a run, of which there are `length`. */
export function loopForRun(
  adaptors: readonly Adaptor[],
  consumer: Consumer,
  kind: string,
  length: number,
  functions: () => string,
): Loop {
  if (consumer.loop !== undefined) return consumer.loop
  if (length < MIN_COMPILED_ITEMS) return plainLoop(adaptors, consumer, kind === 'range')
  return loopFor(adaptors, consumer, kind, false, functions())
}

/**
 * Returns the loop for a pipeline over items of one kind. `functions` distinguishes the functions of the pipeline from
 * others; `packs` asks for packed numbers in the output.
 */
export function loopFor(
  adaptors: readonly Adaptor[],
  consumer: Consumer,
  kind: string,
  packs: boolean,
  functions: string,
): Loop {
  if (consumer.loop !== undefined) return consumer.loop
  if (!mayEvaluate()) return plainLoop(adaptors, consumer, kind === 'range')
  let key = `${consumer.name} ${kind} ${packs ? 'packs' : ''} ${functions}`
  for (const { name } of adaptors) key += ` ${name}`
  const known = loops.get(key)
  if (known !== undefined) return known
  if (loops.size >= MAX_LOOPS) loops.clear()
  const compile = (head: Head): Loop => compileLoop(adaptors, consumer, head, packs)
  const plain = compile(kind === 'range' ? HEADS.range : HEADS.items)
  const loop = DOUBLES.has(kind) && functions !== '' ? loopOverDoubles(plain, compile) : plain
  loops.set(key, loop)
  return loop
}

/**
 * Passes doubles that are whole numbers to the functions as small integers. Filter even, square, sum: 2.8 ns for each
 * item instead of 16, because `%` of doubles is a call; but with fractions it is 4.5 instead of 1.0 where there is no
 * `%`. So each chunk gets the loop for the kind of numbers that three of its items have. Both loops give the same
 * result.
 */
function loopOverDoubles(plain: Loop, compile: (head: Head) => Loop): Loop {
  let whole: Loop | undefined
  return (source, from, to, steps, output) => {
    const loop = seemWhole(source as Float64Array, from, to) ? (whole ??= compile(HEADS.whole)) : plain
    return loop(source, from, to, steps, output)
  }
}

function seemWhole(items: Float64Array, from: number, to: number): boolean {
  return isSmall(items[from]) && isSmall(items[(from + to) >>> 1]) && isSmall(items[to - 1])
}

const isSmall = (item: number): boolean => (item | 0) === item
