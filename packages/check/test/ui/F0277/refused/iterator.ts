import { move, thread } from 'fearless'

export function run(rows: IterableIterator<number>): void {
  thread.spawn(move(() => [...rows].length))
}
