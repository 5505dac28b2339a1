import { Mutex } from 'fearless'

export const total = new Mutex(0)
