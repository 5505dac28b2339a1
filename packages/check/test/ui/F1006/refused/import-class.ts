import { thread } from 'fearless'
import { Parser } from '../../Elsewhere/state.ts'

export const run = () => thread.spawn(() => new Parser().parse('x'))
