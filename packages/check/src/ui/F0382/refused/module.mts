import { move, thread } from 'fearless'

const data = [1]
thread.spawn(move(() => data.length))
export const size = data.length
