// The value of a reentrant guard is changed after its release.
// refused by: run TypeError
import { ReentrantMutex } from 'fearless'

const shared = new ReentrantMutex({ n: 1 })
let kept: { n: number }
{
  using guard = await shared.lock()
  kept = guard.value as { n: number }
}
kept.n = 2
console.log(kept.n)
