import { mpsc } from 'fearless'

export function run(state: { list: { rows: number[] } }): void {
  const [tx] = mpsc.channel<number[]>()
  for (let i = 0; i < 2; i++) tx.send(state.list.rows)
}
