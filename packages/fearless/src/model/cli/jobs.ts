/** The processes of `fearless model`: as many as there are jobs, each with the file loaded, begun when first needed. */
import { fork, type ChildProcess } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { Answer, Exported, Order } from './job.ts'

/** What a process has found out in the end. */
export type Outcome = Exclude<End, { is: 'ready' }>
type End = Exclude<Answer, { is: 'under way' }>

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

  /** The programs of the file; or why it cannot be loaded. */
  async programs(): Promise<readonly Exported[] | Outcome> {
    const child = this.#begin()
    const answer = await answerOf(child, () => {})
    if (answer.is !== 'ready') return answer
    this.#rest(child)
    return answer.programs
  }

  /** Has one order carried out. To be called so often at a time as there are jobs. */
  async carryOut(order: Order, underWay: (executions: number) => void): Promise<Outcome> {
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

  /** Ends the processes that still carry out orders, which then answer that they are broken. */
  dismiss(): void {
    for (const child of this.#busy) child.kill('SIGKILL')
    this.#busy.clear()
  }

  [Symbol.dispose](): void {
    this.dismiss()
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

/** The next answer but those that say how far it is; a process that ends instead is broken. */
function answerOf(child: ChildProcess, underWay: (executions: number) => void): Promise<End> {
  return new Promise(resolve => {
    const settle = (answer: End): void => {
      child.off('message', onMessage)
      child.off('exit', onExit)
      resolve(answer)
    }
    const onMessage = (message: unknown): void => {
      const answer = message as Answer
      if (answer.is === 'under way') underWay(answer.executions)
      else settle(answer)
    }
    const onExit = (code: number | null, signal: string | null): void => {
      settle({ is: 'broken', stack: `its process ended with ${signal ?? `code ${code}`}, and not by itself` })
    }
    child.on('message', onMessage)
    child.on('exit', onExit)
  })
}
