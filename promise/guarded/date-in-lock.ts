// A guarded Date is set after the release.
// refused by: run ReadonlyError
import { Mutex } from 'fearless'

const shared = new Mutex({ since: new Date(0) })
const since = await shared.with(value => value.since)
since.setTime(5)
console.log(await shared.with(value => value.since.getTime()))
