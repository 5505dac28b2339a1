import { thread } from 'fearless'

export async function run(list: number[]): Promise<number> {
  return await thread.scope(async s => {
    const counter = thread.builder({ name: 'counter' })
    return await counter.spawnScoped(s, (more: number[]) => list.length + more.length, [1])
  })
}
