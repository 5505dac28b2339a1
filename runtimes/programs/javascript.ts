// A thread also imports plain JavaScript: modules that spawn threads themselves, and CommonJS.
import { thread } from 'fearless'
import { squared } from './imported.mjs'
import { named } from './imported.cjs'

console.log(await squared(3)) //=> 9
console.log(await thread.spawn(() => squared(4)).join()) //=> 16
console.log(named(1)) //=> named 1
console.log(await thread.spawn(() => named(2)).join()) //=> named 2
