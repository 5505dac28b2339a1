import { move, thread } from 'fearless'

export default function run(data: number[]): number {
  thread.spawn(move(() => data.length))
  return data.length
}
