// A deeply nested part of a guarded value is changed after the release.
// refused by: run TypeError
import { Mutex } from 'fearless'

const shared = new Mutex({ users: [{ address: { city: 'Rome' } }] })
const address = await shared.with(value => value.users[0]!.address)
address.city = 'Oslo'
console.log(await shared.with(value => value.users[0]!.address.city))
