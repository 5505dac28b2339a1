import { ArrayQueue, ConcurrentMap, OnceLock, SegQueue, Semaphore, mpsc, oneshot } from 'fearless'

interface Job {
  done: boolean
}
const jobs = new ConcurrentMap<string, Job>()
const first = new OnceLock<Job>()
const queue = new SegQueue<Job>()
const ring = new ArrayQueue<Job>(2)
export async function giveAway(a: Job, b: Job, c: Job, d: Job, e: Job, f: Job): Promise<void> {
  await jobs.set('a', a)
  a.done = true
  await first.set(b)
  b.done = true
  queue.push(c)
  c.done = true
  ring.forcePush(d)
  d.done = true
  const [answer] = oneshot.channel<Job>()
  answer.send(e)
  e.done = true
  const [tx] = mpsc.channel<Job>(1)
  const permit = await tx.reserve()
  permit.send(f)
  f.done = true
}

export async function mergeTwice(s: Semaphore): Promise<number> {
  const all = await s.acquire(1)
  const more = await s.acquire(2)
  all.merge(more)
  return more.permits
}
