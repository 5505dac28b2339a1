import { move, thread } from 'fearless'

export function run(yes: boolean, data: number[]): number {
  if (yes) {
    thread.spawn(move(() => data.length))
    throw new Error('given away')
  }
  return data.length
}
