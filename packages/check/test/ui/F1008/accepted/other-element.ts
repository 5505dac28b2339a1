import { Mutex } from 'fearless'

const locks = [new Mutex(1), new Mutex(2)]
export function run(i: number, j: number): number {
  using one = locks[0]!.lock().wait()
  using two = locks[1]!.lock().wait()
  return one.value + two.value + sum(i, j)
}
function sum(i: number, j: number): number {
  using one = locks[i]!.lock().wait()
  using two = locks[j]!.lock().wait()
  return one.value + two.value
}
