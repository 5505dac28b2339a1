import { thread } from 'fearless'
import { log } from '../../Elsewhere/state.ts'

export const run = () => thread.spawn(() => log('hello'))
