/**
 * A row of the benchmark: its measurement, and the check of the result.
 *
 * `run` gets an unused contender, in a process of its own, and returns one reading per metric. It returns undefined,
 * without any work, if the contender lacks a method that the row needs.
 */
import type { Contender } from '../contender.ts'
import type { Budget } from '../measure.ts'

export interface Metric {
  readonly id: string
  readonly title: string
  readonly unit: 'ns' | 'us' | 'ms' | 'M/s' | 'MB' | '%' | 'x'
  readonly better: 'less' | 'more'
}

export type Reading = { readonly [metric: string]: number }

export interface Conditions extends Budget {
  /** The time at which this process was requested, in milliseconds since the epoch. */
  readonly processStart: number
}

export interface Row {
  readonly id: string
  readonly metrics: readonly Metric[]
  readonly run: (contender: Contender, conditions: Conditions) => Promise<Reading> | undefined
}

export type With<K extends keyof Contender> = Contender & Required<Pick<Contender, K>>

/** Returns the row for contenders that have `method`; it is absent for all others. */
export function needs<K extends keyof Contender>(
  method: K,
  measure: (contender: With<K>, conditions: Conditions) => Promise<Reading>,
): Row['run'] {
  return (contender, conditions) => (has(contender, method) ? measure(contender, conditions) : undefined)
}

function has<K extends keyof Contender>(contender: Contender, method: K): contender is With<K> {
  return contender[method] !== undefined
}

export function metric(id: string, title: string, unit: Metric['unit']): Metric {
  return { id, title, unit, better: unit === 'M/s' || unit === 'x' ? 'more' : 'less' }
}
