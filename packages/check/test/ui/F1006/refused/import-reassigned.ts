import { thread } from 'fearless'
import { level } from '../../Elsewhere/state.ts'

export const run = () => thread.spawn(() => level)
