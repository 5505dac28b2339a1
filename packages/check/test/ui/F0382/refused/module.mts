import { thread } from 'fearless'

const data = [1]
thread.spawn(list => list.length, data)
export const size = data.length
