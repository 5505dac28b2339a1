import { thread } from 'fearless'

export async function run(list: number[]): Promise<number> {
  return await thread.scope(async s => {
    const added = await thread.builder({ name: 'counter' }).spawnScoped(s, (more: number[]) => list.length + more.length, [1])
    return added
  })
}
