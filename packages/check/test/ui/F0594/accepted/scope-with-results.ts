import { thread } from 'fearless'
export async function both(a: number[], b: number[]): Promise<number> {
  let total = 0
  await thread.scope(s => {
    const one = s.spawn(() => a.length)
    const two = s.spawn(() => b.length)
    total = one.join().wait() + two.join().wait()
  })
  return total + a.length + b.length
}
