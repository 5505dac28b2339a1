/** What a rule is: a code, the words that explain it, and where it looks. */
import type { Node } from '@fearless/compiler/analysis'
import type { Effects } from '../flow/effects.ts'
import type { Effect, State } from '../flow/facts.ts'
import type { Complaint } from '../host/types.ts'
import type { FileAt } from '../flow/reach.ts'
import type { WriteSummaries } from '../flow/writes.ts'
import type { FileModel } from '../file-info.ts'
import type { LockOrders } from './lock-order.ts'
import type { Finding, Severity } from '../report/diagnostic.ts'

export interface FileContext {
  readonly file: FileModel
  readonly effects: Effects
  /** What the compiler itself refuses in this file. */
  readonly complaints: readonly Complaint[]
  /** Does this file run on a page, where nothing may block? */
  readonly page: boolean
  /** In which orders the project takes its locks. */
  readonly orders: LockOrders
  /** Any file of the project, whether it uses the library or not. */
  readonly fileAt: FileAt
  /** What functions do to data that they did not make. */
  readonly writes: WriteSummaries
}

export interface FlowContext extends FileContext {
  /** The function, or the program, that the effects are of. */
  readonly owner: Node
}

export interface Rule {
  readonly code: string
  readonly severity: Severity
  /** One line: what it refuses. */
  readonly title: string
  /** A page: what goes wrong, a program that is refused, and the ways out. */
  readonly page: string
  /** What can be said of a file as a whole. */
  file?(context: FileContext): Iterable<Finding>
  /** What can be said of one step, knowing what may be true just before it. */
  step?(effect: Effect, before: State, context: FlowContext): Iterable<Finding>
}
