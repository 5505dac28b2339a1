import { mpsc, type Sender } from 'fearless'

const kept: Sender<number>[] = []
function keep(to: Sender<number>): void {
  kept.push(to)
}
export async function run(): Promise<void> {
  const [tx, rx] = mpsc.channel<number>()
  keep(tx)
  for await (const value of rx) console.log(value)
}
export const close = (): void => kept.forEach(tx => tx[Symbol.dispose]())
