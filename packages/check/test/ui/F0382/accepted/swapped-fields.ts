import { mpsc } from 'fearless'
interface State { current: number[]; next: number[] }
export function run(state: State): void {
  const [tx, rx] = mpsc.channel<number[]>()
  for (let i = 0; i < 3; i++) {
    const full = state.current
    state.current = state.next
    state.next = []
    tx.send(full)
    state.current.push(i)
  }
  console.log(rx)
}
export function run2(state: State): void {
  const [tx, rx] = mpsc.channel<number[]>()
  for (let i = 0; i < 3; i++) {
    ;[state.current, state.next] = [state.next, state.current]
    tx.send(state.next)
    state.next = []
    state.current.push(i)
  }
  console.log(rx)
}
