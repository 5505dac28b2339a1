// A marked copy shares no object with its original.
// prints: 1 2
import { Mutex, clone } from 'fearless'

const config = { retries: 1, tags: new Map([['a', [1]]]) }
const shared = new Mutex(clone(config))
config.retries = 2
config.tags.get('a')!.push(2)
console.log(await shared.with(value => value.tags.get('a')!.length), config.tags.get('a')!.length)
