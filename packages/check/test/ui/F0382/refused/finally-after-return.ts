import { move, thread } from 'fearless'

export function run(data: number[]): number {
  try {
    thread.spawn(move(() => data.length))
    return 1
  } finally {
    console.log(data.length)
  }
}
