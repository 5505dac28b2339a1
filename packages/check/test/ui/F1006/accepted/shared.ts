import { Arc, AtomicI32, move, thread } from 'fearless'

const level = new Arc(new AtomicI32(0))
export function raise(): void {
  level.fetchAdd(1)
}
thread.spawn(move(() => level.load()))
