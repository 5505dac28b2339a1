/**
 * The pool of worker processes of `fearless model`: at most one for each job, started on demand, each with the file
 * loaded.
 */
import { fork, type ChildProcess } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { JobMessage, ExportedProgram, JobRequest } from './job.ts'

/** The final result of a request. */
export type JobOutcome = Exclude<End, { is: 'ready' }>
type End = Exclude<JobMessage, { is: 'under way' }>

export class Jobs implements Disposable {
  readonly count: number
  readonly #file: string
  readonly #execArgv: readonly string[]
  readonly #idle: ChildProcess[] = []
  readonly #busy = new Set<ChildProcess>()

  constructor(count: number, file: string, execArgv: readonly string[]) {
    this.count = count
    this.#file = file
    this.#execArgv = execArgv
  }

  /** Returns the programs of the file, or the reason why it cannot be loaded. */
  async programs(): Promise<readonly ExportedProgram[] | JobOutcome> {
    const child = this.#begin()
    const answer = await answerOf(child, () => {})
    if (answer.is !== 'ready') return answer
    this.#rest(child)
    return answer.programs
  }

  /** Runs one request. At most `count` calls may be in progress at a time. */
  async run(order: JobRequest, underWay: (executions: number) => void): Promise<JobOutcome> {
    const child = this.#idle.pop() ?? this.#begin()
    this.#busy.add(child)
    child.send(order)
    for (;;) {
      const answer = await answerOf(child, underWay)
      if (answer.is === 'ready') continue
      this.#rest(child)
      return answer
    }
  }

  /** Kills the processes that still run requests. Their requests then end as broken. */
  killBusy(): void {
    for (const child of this.#busy) child.kill('SIGKILL')
    this.#busy.clear()
  }

  [Symbol.dispose](): void {
    this.killBusy()
    for (const child of this.#idle) child.kill('SIGKILL')
  }

  #begin(): ChildProcess {
    const child = fork(fileURLToPath(new URL('./job.js', import.meta.url)), [this.#file], {
      execArgv: [...this.#execArgv],
      serialization: 'advanced',
    })
    this.#busy.add(child)
    return child
  }

  #rest(child: ChildProcess): void {
    if (!this.#busy.delete(child) || child.exitCode !== null || child.signalCode !== null) return
    this.#idle.push(child)
  }
}

/** Returns the next message other than progress. If the process exits instead, its request is broken. */
function answerOf(child: ChildProcess, underWay: (executions: number) => void): Promise<End> {
  return new Promise(resolve => {
    const settle = (answer: End): void => {
      child.off('message', onMessage)
      child.off('exit', onExit)
      resolve(answer)
    }
    const onMessage = (message: unknown): void => {
      const answer = message as JobMessage
      if (answer.is === 'under way') underWay(answer.executions)
      else settle(answer)
    }
    const onExit = (code: number | null, signal: string | null): void => {
      settle({ is: 'broken', stack: `its process ended unexpectedly with ${signal ?? `code ${code}`}` })
    }
    child.on('message', onMessage)
    child.on('exit', onExit)
  })
}
