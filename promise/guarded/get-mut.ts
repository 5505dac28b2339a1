// The value of `getMut` is changed after its release.
// refused by: run TypeError
import { Mutex } from 'fearless'

const shared = new Mutex([1])
let kept: number[]
{
  using guard = shared.getMut()
  kept = guard.value
}
kept.push(2)
console.log(await shared.with(list => list.length))
