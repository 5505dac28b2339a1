import { thread } from 'fearless'
import { add } from '../../Elsewhere/shared.ts'

export const run = () => thread.spawn(() => add(1))
