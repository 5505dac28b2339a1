/** Programs for the tests of `fearless model`. */
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

/** Has more interleavings than one process explores in a second: 12!/(4!4!4!). */
export function large({ Atomics, Int32Array, thread }: Simulation): void {
  const n = new Int32Array(1)
  const add = (): void => {
    for (let i = 0; i < 4; i++) Atomics.add(n, 0, 1)
  }
  const threads = [0, 1, 2].map(() => thread.spawn(add))
  for (const one of threads) one.join()
}

/** Fails in one of these interleavings: the threads take turns, the last one first. */
export function rare({ Atomics, Int32Array, thread }: Simulation): void {
  const n = new Int32Array(1)
  const add = (): string => [0, 1, 2, 3].map(() => Atomics.add(n, 0, 1)).join()
  const threads = [0, 1, 2].map(() => thread.spawn(add))
  const places = threads.map(one => one.join())
  if (places.join(' ') === '2,5,8,11 1,4,7,10 0,3,6,9') throw new Error('they took turns')
}
