import { move, thread } from 'fearless'

export async function run(): Promise<number> {
  let a = 0
  let b = 0
  await thread.spawn(move(() => { [a, b] = [1, 2] })).join()
  return a + b
}
