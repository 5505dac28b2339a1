import { Mutex } from 'fearless'

const list = new Mutex([1, 2, 3])
let values: number[] = []
{
  using guard = await list.lock()
  values = guard.value
}
console.log(values.length)
