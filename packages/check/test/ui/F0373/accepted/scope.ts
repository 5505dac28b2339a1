import { thread } from 'fearless'

export async function run(data: number[]): Promise<void> {
  await thread.scope(s => {
    s.spawn(() => data.length)
  })
}
