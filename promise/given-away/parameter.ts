// A function keeps its parameter, and its caller moves the value later.
// refused by: run MovedError
import { mpsc, type Sender } from 'fearless'

interface Job {
  id: number
  done: boolean
}

class Queue {
  readonly #tx: Sender<Job>
  constructor(tx: Sender<Job>) {
    this.#tx = tx
  }
  add(job: Job): void {
    this.#tx.send(job)
  }
}

const [tx, rx] = mpsc.channel<Job>()
const queue = new Queue(tx)
const job = { id: 1, done: false }
queue.add(job)
job.done = true
console.log((await rx.recv()).done)
