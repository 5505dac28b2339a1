import { Arc, drop, move, mpsc, Mutex, thread, type JoinHandle, type Receiver, type Sender } from 'fearless'
type Job = { id: number; data: number[] }
export class Pool {
  readonly #tx: Sender<Job>
  readonly #workers: JoinHandle<number>[] = []
  constructor(size: number) {
    const [tx, rx] = mpsc.channel<Job>()
    const shared: Arc<Mutex<Receiver<Job>>> = new Arc(new Mutex(rx))
    for (let i = 0; i < size; i++) {
      this.#workers.push(
        thread.spawn(
          move(() => {
            let done = 0
            for (;;) {
              const job = shared.with(r => r.recv().try()).wait()
              if (job === undefined) return done
              done += job.data.length
            }
          }),
        ),
      )
    }
    this.#tx = tx
  }
  run(job: Job): void { this.#tx.send(job) }
  async close(): Promise<number> {
    drop(this.#tx)
    let sum = 0
    for (const worker of this.#workers) sum += await worker.join()
    return sum
  }
}
