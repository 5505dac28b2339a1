import { thread } from 'fearless'

export async function run(): Promise<number> {
  const pool = thread.pool({ threads: 2 })
  return thread.spawn(() => pool.threads)
}
