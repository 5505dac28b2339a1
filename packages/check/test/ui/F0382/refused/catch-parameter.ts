import { move, thread } from 'fearless'

export function run(): void {
  try {
    throw [1]
  } catch (reason) {
    const list = reason as number[]
    thread.spawn(move(() => list.length))
    console.log(list)
  }
}
