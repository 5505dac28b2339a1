import { Arc, Mutex } from 'fearless'

export const total = new Arc(new Mutex(0))
