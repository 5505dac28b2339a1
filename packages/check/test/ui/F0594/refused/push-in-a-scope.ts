import { thread } from 'fearless'

export async function run(): Promise<string[]> {
  const found: string[] = []
  await thread.scope(s => {
    s.spawn(() => {
      found.push('a')
    })
  })
  return found
}
