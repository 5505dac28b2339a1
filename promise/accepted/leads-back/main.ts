// A file that a thread imports leads back to the program's entry.
// refused by: run FL2001
import { thread } from 'fearless'
import { work } from './work.ts'

export const answer = 42
console.log(await thread.spawn(() => work()).join())
