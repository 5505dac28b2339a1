import { Mutex } from 'fearless'

const locks = [new Mutex(1), new Mutex(2)]
export function run(): number {
  using one = locks[0]!.lock().wait()
  const [again] = locks
  using other = again!.lock().wait()
  return one.value + other.value
}
