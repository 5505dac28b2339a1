/** The loop of a pipeline without a text of its own: for few items, and where `Function` is forbidden. Slower, same results. */
import { refuseAsync } from '../sync/lent.ts'
import { addItem } from './combine.ts'
import type { Loop, Output } from './loop.ts'
import type { Step } from './pipeline.ts'

/** Takes one item; true: no more are wanted. `flush` says that there are no more. */
interface Sink {
  take(item: unknown): boolean
  flush?(): void
}

interface End extends Sink {
  partial(): unknown
}

export function plainLoop(kinds: readonly string[], isRange: boolean): Loop {
  return (source, from, to, unasked, output) => {
    const steps = unasked.map(asked)
    const end = endSink(kinds[kinds.length - 1], lastSteps(kinds, steps), output)
    const sink = stageSinks(kinds, steps, end)
    for (let i = from; i < to; i++) {
      if (sink.take(isRange ? (source as number) + i : (source as ArrayLike<unknown>)[i])) break
    }
    sink.flush?.()
    return end.partial()
  }
}

/** A function whose answer may not run later. */
const asked =
  (f: Step): Step =>
  (...args) => {
    const answer = f(...args)
    refuseAsync('parIter', answer)
    return answer
  }

const TAKES: Record<string, number> = { fold: 2, takeAny: 2, reduce: 2, collect: 0, sum: 0, count: 0, min: 0, max: 0 }
const partsOf = (kind: string): number => TAKES[kind] ?? 1

function lastSteps(kinds: readonly string[], steps: readonly Step[]): readonly Step[] {
  return steps.slice(steps.length - partsOf(kinds[kinds.length - 1]))
}

function stageSinks(kinds: readonly string[], steps: readonly Step[], end: Sink): Sink {
  let sink = end
  let part = steps.length - partsOf(kinds[kinds.length - 1])
  for (let k = kinds.length - 2; k >= 0; k--) {
    part -= partsOf(kinds[k])
    sink = stageSink(kinds[k], steps[part], steps[part + 1], sink)
  }
  return sink
}

function stageSink(kind: string, f: Step, g: Step, next: Sink): Sink {
  const flush = () => next.flush?.()
  switch (kind) {
    case 'map':
      return { take: item => next.take(f(item)), flush }
    case 'filter':
      return { take: item => (f(item) ? next.take(item) : false), flush }
    case 'takeAny':
      return { take: item => (f() ? next.take(item) : true), flush }
    case 'inspect':
      return { take: item => (f(item), next.take(item)), flush }
    case 'flatMap':
      return {
        take(item) {
          for (const part of f(item) as Iterable<unknown>) if (next.take(part)) return true
          return false
        },
        flush,
      }
    default: {
      let sum = f()
      return {
        take(item) {
          sum = g(sum, item)
          return false
        },
        flush() {
          next.take(sum)
          flush()
        },
      }
    }
  }
}

function endSink(kind: string, [f, g]: readonly Step[], output: Output): End {
  let acc: unknown =
    kind === 'reduce'
      ? f()
      : kind === 'any'
        ? false
        : kind === 'all'
          ? true
          : kind === 'sum' || kind === 'count'
            ? 0
            : undefined
  const partial = () => acc
  const best = (replaces: (old: unknown, item: unknown) => boolean): End => ({
    take(item) {
      if (acc === undefined || replaces((acc as unknown[])[0], item)) acc = [item]
      return false
    },
    partial,
  })
  const folding = (step: (item: unknown) => void): End => ({ take: item => (step(item), false), partial })
  switch (kind) {
    case 'sum':
      return folding(item => (acc = addItem(acc, item)))
    case 'count':
      return folding(() => (acc = (acc as number) + 1))
    case 'reduce':
      return folding(item => (acc = g(acc, item)))
    case 'forEach':
      return folding(item => void f(item))
    case 'min':
      return best((old, item) => (item as number) < (old as number))
    case 'max':
      return best((old, item) => (item as number) >= (old as number))
    case 'minBy':
      return best((old, item) => (f(old, item) as number) > 0)
    case 'maxBy':
      return best((old, item) => (f(old, item) as number) <= 0)
    case 'find':
    case 'findAny':
      return { take: item => (f(item) ? ((acc = [item]), true) : false), partial }
    case 'any':
      return { take: item => (f(item) ? (acc = true) : false), partial }
    case 'all':
      return { take: item => (f(item) ? false : !(acc = false)), partial }
    default:
      return { take: item => ((output.rest ??= []).push(item), false), partial }
  }
}
