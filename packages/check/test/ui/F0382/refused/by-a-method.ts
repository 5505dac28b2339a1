import process, { Box, Queue, helpers, makeQueue, type Job } from '../../Elsewhere/queue.ts'
import * as all from '../../Elsewhere/queue-barrel.ts'
import { run } from '../../Elsewhere/queue-barrel.ts'

export function give(a: Job, b: Job, c: Job[], d: Job, e: Job, f: Job, g: Job, h: Job, rows: number[]): void {
  const queue = makeQueue()
  queue.add(a)
  a.done = true
  queue.addLater(b)
  b.done = true
  Queue.start(c)
  c.length = 0
  const box = new Box(d)
  d.done = true
  process(e)
  e.done = true
  run(f)
  f.done = true
  all.run(g)
  g.done = true
  new all.Queue(box.lock as never).add(h)
  h.done = true
  helpers.run(rows)
  rows.push(1)
}
