/**
 * A row of the benchmark: what is measured, and how the answer is checked.
 *
 * `run` gets a contender that nobody has used yet, in a process of its own, and gives one reading per metric. It
 * returns undefined, before doing anything, if the contender lacks what the row needs.
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
  /** Milliseconds since the epoch at which this process was asked for. */
  readonly processStart: number
}

export interface Row {
  readonly id: string
  readonly metrics: readonly Metric[]
  readonly run: (contender: Contender, conditions: Conditions) => Promise<Reading> | undefined
}

export type With<K extends keyof Contender> = Contender & Required<Pick<Contender, K>>

/** The row of a contender that has `method`; absent for any other. */
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
