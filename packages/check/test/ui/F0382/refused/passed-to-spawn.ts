import { thread } from 'fearless'

const words = ['a', 'b']
const handle = thread.spawn((list: string[]) => list.length, words)
console.log(await handle.join(), words.length)
