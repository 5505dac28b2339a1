import { Arc, Mutex, drop, mpsc, thread, type Sender } from 'fearless'

interface Job {
  readonly id: number
  readonly reply: Sender<string>
}

export function inAnObject(tx: Sender<Job>, reply: Sender<string>): void {
  tx.send({ id: 1, reply })
  reply.send('late')
}

export function inAnArray(tx: Sender<Sender<string>[]>, reply: Sender<string>): void {
  tx.send([reply.clone(), reply])
  drop(reply)
}

export function deeper(rows: number[][]): number {
  const what = { big: true }
  thread.spawn(({ job }) => job.rows.length, { job: { rows, what } })
  return rows.length + Number(what.big)
}

export function inALock(): Arc<Mutex<{ tx: Sender<number> }>> {
  const [tx] = mpsc.channel<number>()
  const lock = new Arc(new Mutex({ tx }))
  tx.send(1)
  return lock
}
