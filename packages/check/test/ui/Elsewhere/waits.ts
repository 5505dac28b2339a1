import { Mutex, type Wait } from 'fearless'

const count = new Mutex(0)
export const flush = (): Wait<number> => count.update(() => 0)
