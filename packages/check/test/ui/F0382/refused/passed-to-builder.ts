import { thread } from 'fearless'

const words = ['a', 'b']
const handle = thread.builder({ name: 'reader' }).spawn((list: string[]) => list.length, words)
console.log(await handle.join(), words.length)
