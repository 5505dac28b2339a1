import { parIter } from 'fearless'

const words = ['a', 'b']
const table = new Map([['a', 1]])
console.log(await parIter(words).map(word => table.get(word) ?? 0).collect(), words, table.size)
