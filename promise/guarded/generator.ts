// A generator yields guarded objects, and its consumer changes them after the release.
// refused by: run TypeError
import { Mutex } from 'fearless'

const shared = new Mutex([{ n: 1 }, { n: 2 }])
async function* all(): AsyncGenerator<{ n: number }> {
  let list: { n: number }[]
  {
    using guard = await shared.lock()
    list = guard.value
  }
  yield* list
}
for await (const each of all()) each.n *= 10
console.log(await shared.with(list => list[1]!.n))
