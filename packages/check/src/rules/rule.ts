/** A rule: a code, its explanation, and the visitors that find it. */
import type { Node } from '@fearless/compiler/analysis'
import type { Effects } from '../flow/effects.ts'
import type { Effect } from '../flow/facts.ts'
import type { State } from '../flow/state.ts'
import type { TypeDiagnostic } from '../host/types.ts'
import type { FileAt } from '../flow/reach.ts'
import type { WriteSummaries } from '../flow/writes.ts'
import type { FileInfo } from '../file-info.ts'
import type { LockOrders } from './lock-orders.ts'
import type { Finding, Severity } from '../report/diagnostic.ts'

export interface FileContext {
  readonly file: FileInfo
  readonly effects: Effects
  /** The errors of tsc in this file. */
  readonly complaints: readonly TypeDiagnostic[]
  /** Whether this file runs on a page, where blocking is forbidden. */
  readonly page: boolean
  /** The lock orders of the project. */
  readonly orders: LockOrders
  /** Returns any file of the project, including those without the library. */
  readonly fileAt: FileAt
  /** The write summaries of functions. */
  readonly writes: WriteSummaries
}

export interface FlowContext extends FileContext {
  /** The function, or the program, that contains the effects. */
  readonly owner: Node
}

export interface Rule {
  readonly code: string
  readonly severity: Severity
  /** The refused mistake, in one line. */
  readonly title: string
  /** The page: the problem, a refused program, and the repairs. */
  readonly page: string
  /** Yields the findings that concern a file as a whole. */
  file?(context: FileContext): Iterable<Finding>
  /** Yields the findings at one effect, given the state before it. */
  step?(effect: Effect, before: State, context: FlowContext): Iterable<Finding>
}
