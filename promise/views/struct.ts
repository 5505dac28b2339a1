// A struct in a lock is changed after the release.
// refused by: run BorrowError
import { Mutex, struct } from 'fearless'

const Stats = struct({ hits: struct.u32 })
const shared = new Mutex(Stats({ hits: 0 }))
let kept: { hits: number }
{
  using guard = await shared.lock()
  kept = guard.value
}
kept.hits = 1
console.log(await shared.with(stats => stats.hits))
