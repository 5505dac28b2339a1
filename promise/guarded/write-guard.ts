// The value of a write guard is changed after its release.
// refused by: run TypeError
import { RwLock } from 'fearless'

const shared = new RwLock({ n: 1 })
const kept: { n: number }[] = []
{
  using guard = await shared.write()
  kept.push(guard.value)
}
kept[0]!.n = 2
console.log(await shared.with(value => value.n))
