import { Arc, AtomicI32, Mutex, clone, type Sender } from 'fearless'

export function primitives(tx: Sender<{ id: number; name: string; size: number }>, id: number, rows: number[]): number {
  const name = 'a'
  tx.send({ id, name, size: rows.length })
  return id + name.length + rows.length
}

export function shared(tx: Sender<{ count: AtomicI32; lock: Arc<Mutex<number>> }>): number {
  const count = new AtomicI32(0)
  const lock = new Arc(new Mutex(0))
  tx.send({ count, lock })
  return count.load() + lock.update(n => n + 1).wait()
}

export function spread(tx: Sender<{ id: number; name: string }>, job: { id: number; name: string }): number {
  tx.send({ ...job, id: 2 })
  return job.id
}

export function dataInALock(rows: number[]): Arc<Mutex<{ rows: number[] }>> {
  const lock = new Arc(new Mutex({ rows: clone(rows) }))
  console.log(rows.length)
  return lock
}

export function ordinary(keep: (job: { rows: number[] }) => void, rows: number[]): number {
  keep({ rows })
  return rows.length
}
