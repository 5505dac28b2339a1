import { move, thread } from 'fearless'

export function start(data: number[]): string {
  thread.spawn(move(() => data.length))
  return `have ${data}`
}
