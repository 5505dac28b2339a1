import { move, thread } from 'fearless'

const LIMITS = Object.freeze({ low: 1, high: 2 })
const NAMES = ['a', 'b'] as const
export const table = new Map([['a', 1]])

export function run(): void {
  thread.spawn(move(() => LIMITS.low + NAMES.length + table.size))
  thread.spawn(move(() => LIMITS.high + NAMES.length + table.size))
}
run()
run()
