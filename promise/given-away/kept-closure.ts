// A closure that was created before the move is called after it.
// refused by: run MovedError
import { move, thread } from 'fearless'

async function main(): Promise<void> {
  const seen = new Set<string>()
  const remember = (key: string): number => seen.add(key).size
  remember('a')
  console.log(await thread.spawn(move(() => seen.size)).join())
  console.log(remember('b'))
}
await main()
