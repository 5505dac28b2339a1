/** Partial results of chunks, in the order of the chunks, to one result. */
import { refuseAsync } from '../sync/lent.ts'
import type { EndKind, Step } from './pipeline.ts'

/** One item more in a sum of numbers or of bigints. */
export function addItem(sum: unknown, item: unknown): unknown {
  if (typeof item === 'number') return (sum as number) + item
  if (typeof item === 'bigint') return sum === 0 ? item : (sum as bigint) + item
  throw new TypeError(
    `sum() adds numbers or bigints, and this is ${item === null ? 'null' : typeof item}. Map the items to numbers first.`,
  )
}

/** Whether a chunk with this partial result decides the whole: no later chunk can change it. */
export function decides(end: EndKind, partial: unknown): boolean {
  switch (end) {
    case 'find':
    case 'findAny':
      return partial !== undefined
    case 'any':
      return partial === true
    case 'all':
      return partial === false
    default:
      return false
  }
}

/** `partials` holds what chunks gave, in order; a chunk that was not needed is missing. */
export function combine(end: EndKind, partials: readonly unknown[], steps: readonly Step[]): unknown {
  const f = steps[steps.length - 1]
  const last: Step = (a, b) => {
    const answer = f(a, b)
    refuseAsync(end, answer)
    return answer
  }
  switch (end) {
    case 'sum':
      return partials.reduce(addPartial, 0)
    case 'count':
      return partials.reduce((a: number, b) => a + (b as number), 0)
    case 'reduce':
      return partials.reduce((a, b) => last(a, b))
    case 'min':
      return best(partials, (old, item) => (item as number) < (old as number))
    case 'max':
      return best(partials, (old, item) => (item as number) >= (old as number))
    case 'minBy':
      return best(partials, (old, item) => (last(old, item) as number) > 0)
    case 'maxBy':
      return best(partials, (old, item) => (last(old, item) as number) <= 0)
    case 'find':
    case 'findAny':
      return (partials.find(partial => partial !== undefined) as [unknown] | undefined)?.[0]
    case 'any':
      return partials.some(partial => partial === true)
    case 'all':
      return partials.every(partial => partial !== false)
    case 'join':
      return [...partials]
    default:
      return undefined
  }
}

/** A chunk without items gives 0, also where the others give bigints. */
function addPartial(sum: unknown, partial: unknown): unknown {
  return partial === 0 && typeof sum === 'bigint' ? sum : addItem(sum, partial)
}

function best(partials: readonly unknown[], replaces: (old: unknown, item: unknown) => boolean): unknown {
  let found: readonly unknown[] | undefined
  for (const partial of partials as (readonly [unknown] | undefined)[]) {
    if (partial !== undefined && (found === undefined || replaces(found[0], partial[0]))) found = partial
  }
  return found?.[0]
}
