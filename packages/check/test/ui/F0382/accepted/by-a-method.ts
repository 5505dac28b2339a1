import { Box, Queue, makeQueue, type Job } from '../../Elsewhere/queue.ts'
import { clone } from 'fearless'

interface Tasks {
  add(job: Job): void
}
export function keep(a: Job, b: Job, tasks: Tasks): string {
  const queue = makeQueue()
  const text = queue.describe(a)
  tasks.add(a)
  queue.add(clone(a))
  a.done = true
  const set = new Set<Job>()
  set.add(b)
  b.done = true
  const box = new Box({ ...b })
  queue.add(b)
  b = { id: 1, done: false, rows: [] }
  return text + b.id + String(box.lock) + String(Queue)
}
