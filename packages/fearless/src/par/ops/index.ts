/**
 * The list of all operations: the only one of this folder. A plan names its operations, and each thread finds them
 * here. waits.ts reports a consumer of this list that is never waited for.
 */
import { all, any } from './any-all.ts'
import { collect } from './collect.ts'
import { count } from './count.ts'
import { filter } from './filter.ts'
import { find, findAny } from './find.ts'
import { flatMap } from './flat-map.ts'
import { fold } from './fold.ts'
import { forEach } from './for-each.ts'
import { inspect } from './inspect.ts'
import { join } from './join.ts'
import { map } from './map.ts'
import { max, maxBy, min, minBy } from './min-max.ts'
import type { Adaptor, Consumer } from './op.ts'
import { reduce } from './reduce.ts'
import { sum } from './sum.ts'
import { takeAny } from './take-any.ts'

export const adaptors = { map, filter, flatMap, inspect, fold, takeAny } as const
export const consumers = {
  collect,
  sum,
  count,
  min,
  max,
  minBy,
  maxBy,
  reduce,
  forEach,
  find,
  findAny,
  any,
  all,
} as const

export function adaptorNamed(name: string): Adaptor {
  return adaptors[name as keyof typeof adaptors]
}

/** `join` is a consumer, too, but no method of `ParIter`. */
export function consumerNamed(name: string): Consumer {
  return name === 'join' ? join : consumers[name as keyof typeof consumers]
}
