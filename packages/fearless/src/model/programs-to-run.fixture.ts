/** What `fearless model` is tested with. */
import type { Simulation } from './model.ts'

export function right({ Atomics, Int32Array, thread }: Simulation): void {
  const n = new Int32Array(1)
  const a = thread.spawn(() => Atomics.add(n, 0, 1))
  const b = thread.spawn(() => Atomics.add(n, 0, 1))
  a.join()
  b.join()
}

export function wrong({ Atomics, Int32Array, thread }: Simulation): void {
  const n = new Int32Array(1)
  const first = thread.spawn(() => Atomics.exchange(n, 0, 1), 'first')
  const second = thread.spawn(() => Atomics.exchange(n, 0, 1), 'second')
  second.join()
  if (first.join() === 1) throw new Error('the second was first')
}

export async function inTime(): Promise<void> {
  await new Promise<void>(done => void setTimeout(done, 1000))
}
