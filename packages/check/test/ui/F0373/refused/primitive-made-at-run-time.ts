import { thread } from 'fearless'

const salt = Number(process.argv[2])
export const salted = thread.spawn(() => salt + 1)
