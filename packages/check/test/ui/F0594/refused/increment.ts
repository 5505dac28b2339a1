import { thread } from 'fearless'

export async function run(): Promise<number> {
  let n = 0
  await thread.scope(s => {
    s.spawn(() => n++)
  })
  return n
}
