// A module that does not mention the library, and yet makes a lock.
import { makeCounter } from './statics-factory.ts'

export const plain = makeCounter()
