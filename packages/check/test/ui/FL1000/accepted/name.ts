import { thread } from 'fearless'

async function work(): Promise<number> {
  return 1
}
thread.spawn(work)
