import { move, sleep, thread } from 'fearless'

export async function run(data: number[]): Promise<number> {
  thread.spawn(move(() => data.length))
  await sleep(1)
  return data.length
}
