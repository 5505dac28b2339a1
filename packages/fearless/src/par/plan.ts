/**
 * A pipeline as it travels to other threads: kinds of stages, numbers of functions, what these capture, and initial
 * values. Captures are borrowed: every thread gets a copy of the data, and shares the handles.
 */
import { NotSendError } from '../errors.ts'
import { decode, hasHandles } from '../memory/codec/codec.ts'
import { decodeAndFree, encodeToBlock, type EncodedBlock } from '../memory/codec/message.ts'
import { capturedNames, closureNumber } from '../thread/closure/closure.ts'
import type { LoanWatch } from '../thread/closure/lost-write.ts'
import { isOver, isWanted, setPlan, takePlan } from './region.ts'
import type { Pipeline } from './pipeline.ts'

/** A part: a function's number and what it captures; number 0 and an initial value. */
export type PlannedPart = readonly [closure: number, captures: unknown]
/** `watch` is there if the functions may change what they borrow. */
export type Plan = readonly [kinds: readonly string[], parts: readonly PlannedPart[], watch: LoanWatch | undefined]

/** Throws `NotSendError` if a function captures what may not be shared. */
export function planOf({ kinds, parts }: Pipeline, watch: LoanWatch | undefined): EncodedBlock {
  const planned = parts.map(part =>
    'value' in part ? [0, part.value] : [closureNumber(part.annotation.url), part.annotation.captures?.() ?? []],
  )
  try {
    return encodeToBlock([kinds, planned, watch], 'copy')
  } catch (error) {
    if (error instanceof NotSendError) error.message = named(error.message, parts)
    throw error
  }
}

/** The path in the message is `[1][part][1][capture]`. */
function named(message: string, parts: Pipeline['parts']): string {
  return message.replace(/^\[1\]\[(\d+)\]\[1\](?:\[(\d+)\])?/, (_, index: string, capture: string | undefined) => {
    const part = parts[Number(index)]
    if ('value' in part || capture === undefined) return 'the initial value'
    return `captured \`${capturedNames(part.annotation)[Number(capture)] ?? capture}\``
  })
}

/** This thread's copy of a region's plan; undefined if nothing of the region is wanted any more. */
export function readPlan(region: number): Plan | undefined {
  for (;;) {
    const block = takePlan(region)
    if (block === undefined) {
      if (isOver(region) || !isWanted(region, 0)) return undefined
      continue
    }
    if (!hasHandles(block.at)) {
      setPlan(region, block)
      return decode(block.at, block.length) as Plan
    }
    // A message gives its handles to one reader: the next one finds a message of its own.
    const plan = decodeAndFree(block.at, block.length) as Plan
    setPlan(region, encodeToBlock(plan, 'copy'))
    return plan
  }
}
