import { Mutex, move, mpsc, thread, type Sender } from 'fearless'

export interface Job {
  id: number
  done: boolean
  rows: number[]
}
export class Queue {
  readonly #tx: Sender<Job>
  constructor(tx: Sender<Job>) {
    this.#tx = tx
  }
  add(job: Job): void {
    this.#tx.send(job)
  }
  readonly addLater = (job: Job): void => {
    this.add(job)
  }
  static start(jobs: readonly Job[]): void {
    thread.spawn(move(() => jobs.length))
  }
  describe(job: Job): string {
    return `${job.id} ${job.done}`
  }
}
export class Box {
  readonly lock: Mutex<Job>
  constructor(job: Job) {
    this.lock = new Mutex(job)
  }
}
export const helpers = {
  run(rows: number[]): void {
    thread.spawn(list => list.length, rows)
  },
}
export function makeQueue(): Queue {
  const [tx] = mpsc.channel<Job>()
  return new Queue(tx)
}
export default function process(job: Job): void {
  thread.spawn(move(() => job.rows.length))
}
