// A guarded Set inside of an object is changed after the release.
// refused by: run ReadonlyError
import { Mutex } from 'fearless'

const shared = new Mutex({ seen: new Set<string>() })
const { seen } = await shared.with(value => value)
seen.add('a')
console.log(await shared.with(value => value.seen.size))
