import { thread } from 'fearless'
import * as state from '../../Elsewhere/state.ts'

const speak = (): string => state.log('hello')
export const run = () => thread.spawn(() => speak())
