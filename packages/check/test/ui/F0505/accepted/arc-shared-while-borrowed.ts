import { Arc, Mutex, move, thread } from 'fearless'

export function run(): number {
  const lock = new Arc(new Mutex(0))
  const read = (): number => lock.update(n => n).wait()
  thread.spawn(move(() => lock.update(n => n + 1).wait()))
  return read()
}
