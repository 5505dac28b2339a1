import { thread } from 'fearless'
import { limits, settings, twice, words } from '../../Elsewhere/state.ts'

export const run = () => thread.spawn(() => twice(limits.depth) + settings.depth + words.length)
