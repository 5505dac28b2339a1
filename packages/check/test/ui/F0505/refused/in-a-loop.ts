import { move, thread } from 'fearless'

export function run(names: string[], data: number[]): void {
  const size = (): number => data.length
  for (const name of names) {
    console.log(name, size())
    if (name === 'last') thread.spawn(move(() => data.length))
  }
}
