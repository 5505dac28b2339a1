import { move as take, thread as threads } from 'fearless'

export function run(): void {
  const data = [1]
  threads.spawn(take(() => data.length))
  console.log(data)
}
