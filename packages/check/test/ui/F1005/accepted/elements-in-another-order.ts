import { Mutex } from 'fearless'

const forks = [new Mutex(0), new Mutex(0)]
export function left(): void {
  using a = forks[0]!.lock().wait()
  using b = forks[1]!.lock().wait()
  b.value += a.value
}
export function right(): void {
  forks.reverse()
  using b = forks[1]!.lock().wait()
  using a = forks[0]!.lock().wait()
  a.value += b.value
}

const pair = { a: new Mutex(0), b: new Mutex(0) }
export function swap(): void {
  const { a, b } = pair
  pair.a = b
  pair.b = a
}
export function there(): void {
  using a = pair.a.lock().wait()
  using b = pair.b.lock().wait()
  b.value += a.value
}
export function back(): void {
  using b = pair.b.lock().wait()
  using a = pair.a.lock().wait()
  a.value += b.value
}
