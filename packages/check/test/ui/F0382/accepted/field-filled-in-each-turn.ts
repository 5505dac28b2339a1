import { mpsc } from 'fearless'

export function run(state: { rows: number[] }): void {
  const [tx] = mpsc.channel<number[]>()
  for (let i = 0; i < 2; i++) {
    state.rows = [i]
    tx.send(state.rows)
  }
  ;({ rows: state.rows } = { rows: [3] })
  console.log(state.rows)
  for (const each of [state, { rows: [1] }]) tx.send(each.rows)
}
