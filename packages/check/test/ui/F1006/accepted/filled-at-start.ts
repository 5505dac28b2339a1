import { move, thread } from 'fearless'

const words: string[] = []
words.push('a')
thread.spawn(move(() => words.length))
