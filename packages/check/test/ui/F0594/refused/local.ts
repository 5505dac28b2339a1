import { move, thread } from 'fearless'

export async function run(): Promise<number> {
  let sum = 0
  await thread.spawn(move(() => { sum = 5 })).join()
  return sum
}
