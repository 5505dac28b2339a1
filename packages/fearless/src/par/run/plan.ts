/**
 * The plan of a region: its pipeline in the form that travels to other threads.
 *
 * It holds the names of the operations, the numbers of the functions, their captures, and the initial values. Captures
 * are borrowed: each thread gets a copy of data, and shares handles.
 */
import { NotSendError } from '../../errors.ts'
import { decode, hasHandles } from '../../memory/codec/codec.ts'
import { decodeAndFree, encodeToBlock, type EncodedBlock } from '../../memory/codec/message.ts'
import { capturedNames, closureNumber } from '../../thread/closure/closure.ts'
import type { LoanWatch } from '../../thread/closure/lost-write.ts'
import type { Pipeline } from '../pipeline.ts'
import { isFinished, isNeeded, publishPlan, takePlan } from './region.ts'

/** A function's number and its captures, or the number 0 and an initial value. */
export type PlannedPart = readonly [closure: number, captures: unknown]
/** `watch` is there if the functions may change their loans. */
export type Plan = readonly [
  parts: readonly PlannedPart[],
  consumer: string,
  adaptors: readonly string[],
  watch: LoanWatch | undefined,
]

/** Throws `NotSendError` if a function captures a value that may not be shared. */
export function encodePlan({ adaptors, consumer, parts }: Pipeline, watch: LoanWatch | undefined): EncodedBlock {
  const planned = parts.map((part): PlannedPart =>
    'value' in part ? [0, part.value] : [closureNumber(part.annotation.url), part.annotation.captures?.() ?? []],
  )
  try {
    const plan: Plan = [planned, consumer.name, adaptors.map(({ name }) => name), watch]
    return encodeToBlock(plan, 'copy')
  } catch (error) {
    if (error instanceof NotSendError) error.message = withName(error.message, parts)
    throw error
  }
}

/** Replaces the path at the beginning of the message, `[0][part][1][capture]`, by the name of the capture. */
function withName(message: string, parts: Pipeline['parts']): string {
  return message.replace(/^\[0\]\[(\d+)\]\[1\](?:\[(\d+)\])?/, (_, index: string, capture: string | undefined) => {
    const part = parts[Number(index)]
    if ('value' in part || capture === undefined) return 'the initial value'
    return `captured \`${capturedNames(part.annotation)[Number(capture)] ?? capture}\``
  })
}

/** Decodes this thread's copy of a region's plan. Returns undefined if the region needs no more chunks. */
export function readPlan(region: number): Plan | undefined {
  for (;;) {
    const block = takePlan(region)
    if (block === undefined) {
      if (isFinished(region) || !isNeeded(region, 0)) return undefined
      continue
    }
    if (!hasHandles(block.at)) {
      publishPlan(region, block)
      return decode(block.at, block.length) as Plan
    }
    // A message passes its handles to one reader, so the next reader needs a message of its own.
    const plan = decodeAndFree(block.at, block.length) as Plan
    publishPlan(region, encodeToBlock(plan, 'copy'))
    return plan
  }
}
