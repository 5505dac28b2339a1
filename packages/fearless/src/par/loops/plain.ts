/**
 * The loop of a pipeline as nested sinks: for few items, and where `Function` is forbidden. It is slower than a
 * compiled loop and gives the same result.
 */
import type { Adaptor, ItemConsumer, Loop, Sink } from '../ops/op.ts'
import { refusing, type Step } from '../ops/part.ts'

export function plainLoop(adaptors: readonly Adaptor[], consumer: ItemConsumer, isRange: boolean): Loop {
  let given: readonly Step[] | undefined
  let ofAdaptors: readonly (readonly Step[])[] = []
  let ofConsumer: readonly Step[] = []
  return (source, from, to, steps, output) => {
    if (steps !== given) {
      given = steps
      const checked = steps.map(step => refusing('parIter', step))
      let next = 0
      ofAdaptors = adaptors.map(({ parts }) => checked.slice(next, (next += parts.length)))
      ofConsumer = checked.slice(next)
    }
    const end = consumer.sink(output, ...ofConsumer)
    let sink: Sink = end
    for (let k = adaptors.length - 1; k >= 0; k--) sink = adaptors[k].sink(sink, ...ofAdaptors[k])
    for (let i = from; i < to; i++) {
      if (sink.take(isRange ? (source as number) + i : (source as ArrayLike<unknown>)[i])) break
    }
    sink.flush?.()
    return end.partial()
  }
}
