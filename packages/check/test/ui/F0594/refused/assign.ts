import { par } from 'fearless'

export async function merge(a: Record<string, number>, b: { n: number }, c: number[]): Promise<void> {
  await par.join(
    () => Object.assign(a, { x: 1 }),
    () => {
      ;[b.n, c[0]] = [1, 2]
    },
  )
}
