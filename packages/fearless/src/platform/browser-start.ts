/** The messages with which a page or a supervisor starts a worker in a browser, and the worker's answers. */
import type { WorkerData } from './platform.ts'

/** The first message to a worker. */
export interface StartMessage {
  readonly inheritance: Omit<WorkerData, 'supervisor'>
  /** The worker's end of the connection to the supervisor; undefined for the supervisor itself. */
  readonly port: MessagePort | undefined
  /** Name of the lock that the worker holds while it lives. */
  readonly life: string
  /** The settings of the page, by name. */
  readonly settings: Readonly<Record<string, string>>
}

/** The state of a worker between its first module and the library. */
export interface BrowserStart {
  readonly message: StartMessage
  /** Messages that arrived before the library listened. */
  readonly early: unknown[]
  listener: ((message: unknown) => void) | undefined
}

/** Key under which the first module of a worker leaves its `BrowserStart` for the platform. */
export const START = Symbol.for('fearless.start')

/** Posted by a worker that holds its lock. */
export const ALIVE = 'fearless:alive'

/** Posted by a worker whose library could not be loaded. */
export interface BootFailure {
  readonly fearless: 'failed'
  readonly reason: string
}

/** Posted by a worker that has loaded the library. */
export const LOADED = 'fearless:loaded'
