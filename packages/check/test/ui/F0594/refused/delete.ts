import { thread } from 'fearless'

export async function run(table: Record<string, number>): Promise<void> {
  await thread.scope(s => {
    s.spawn(() => {
      delete table['a']
    })
  })
}
