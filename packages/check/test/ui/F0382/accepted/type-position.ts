import { move, thread } from 'fearless'

const data = [1]
thread.spawn(move(() => data.length))
export type Data = typeof data
