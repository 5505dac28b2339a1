import { Mutex } from 'fearless'

const forks = [new Mutex(0), new Mutex(0)] as const
export function left(): void {
  using a = forks[0].lock().wait()
  using b = forks[1].lock().wait()
  b.value += a.value
}
export function right(): void {
  const [first, second] = forks
  using b = second.lock().wait()
  using a = first.lock().wait()
  a.value += b.value
}
