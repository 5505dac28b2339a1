import { thread } from 'fearless'

export const pool = thread.pool({ threads: 2 })
export const double = (n: number): number => pool.run((m: number) => m * 2, n).wait()
