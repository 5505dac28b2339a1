import { thread } from 'fearless'
import { settings } from '../../Elsewhere/state.ts'

settings.depth = 3
export const run = () => thread.spawn(() => settings.depth)
