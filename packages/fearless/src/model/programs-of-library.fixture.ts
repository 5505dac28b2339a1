/** A program for the tests of `fearless model` that does not mention models. */
import { Arc, AtomicI32, move, thread } from 'fearless'

export function counts(): void {
  const count = new Arc(new AtomicI32(0))
  const handle = thread.spawn(move(() => void count.fetchAdd(1)))
  count.fetchAdd(1)
  handle.join().wait()
  if (count.load() !== 2) throw new Error('an increment was lost')
}
