/**
 * A parallel iterator as data: its adaptors in order, its consumer, and the parts of all of them in the same order.
 *
 * A recipe is that before a run begins. A pipeline belongs to one run: its parts include those that each run makes
 * anew.
 */
import { dropHandle, type Handle } from '../memory/handles/handle.ts'
import type { Adaptor, Consumer, Op } from './ops/op.ts'
import { isProven, type Given, type Part } from './ops/part.ts'

export interface Recipe {
  readonly adaptors: readonly Adaptor[]
  readonly consumer: Consumer
  readonly parts: readonly Given[]
}

export interface Pipeline {
  readonly adaptors: readonly Adaptor[]
  readonly consumer: Consumer
  readonly parts: readonly Part[]
}

/** Makes the pipeline of one run. `close` drops the handles of the parts that were made for it. */
export function openPipeline(recipe: Recipe): { readonly pipeline: Pipeline; readonly close: () => void } {
  const handles: Handle[] = []
  const parts = recipe.parts.map(part => {
    if (!('open' in part)) return part
    const opened = part.open()
    handles.push(opened.handle)
    return opened.part
  })
  return { pipeline: { ...recipe, parts }, close: () => handles.forEach(dropHandle) }
}

/** Whether the compiler has proven that no function of the pipeline changes a capture or an item. */
export function onlyReads({ adaptors, consumer, parts }: Pipeline): boolean {
  let next = 0
  const reads = (op: Op): boolean => {
    const own = parts.slice(next, (next += op.parts.length))
    return op.onlyReads === undefined ? own.every(part => isProven(part)) : op.onlyReads(own)
  }
  return adaptors.every(reads) && reads(consumer)
}

/** Numbers of functions, by url. */
const urls = new Map<string, number>()

/** A text that is the same for the same functions, and differs for others. */
export function functionsOf({ parts }: Pipeline): string {
  return parts
    .map(part => {
      if ('value' in part) return 'v'
      const { url } = part.annotation
      if (!urls.has(url)) urls.set(url, urls.size)
      return urls.get(url)
    })
    .join()
}
