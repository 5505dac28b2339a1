import { thread } from 'fearless'

const RATE = 0.5
const name = 'x'
thread.spawn(() => RATE + name.length)
