import { thread } from 'fearless'

export function start(limit: number) {
  const work = () => limit + 1
  return thread.spawn(work)
}
