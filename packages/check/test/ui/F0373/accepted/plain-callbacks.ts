import { thread } from 'fearless'

export function run(data: number[]): number {
  const handle = thread.spawn(() => 1)
  setTimeout(() => console.log(data), 1)
  return data.map(x => x + data.length).length + handle.join().wait()
}
