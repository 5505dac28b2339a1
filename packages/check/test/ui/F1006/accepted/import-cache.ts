import { thread } from 'fearless'
import { forget, lengthOf } from '../../Elsewhere/state.ts'

export const run = () => thread.spawn(() => lengthOf('each thread fills its own'))
export const end = forget
