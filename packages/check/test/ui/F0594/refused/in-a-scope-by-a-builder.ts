import { thread } from 'fearless'

export async function run(list: number[]): Promise<void> {
  await thread.scope(s => {
    thread.builder({ name: 'pusher' }).spawnScoped(s, () => list.push(1))
  })
}
