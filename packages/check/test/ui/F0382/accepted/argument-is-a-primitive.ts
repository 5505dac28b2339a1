import { thread } from 'fearless'

const n = 5
thread.spawn((a: number) => a, n)
thread.spawn((a: number) => a, n)
