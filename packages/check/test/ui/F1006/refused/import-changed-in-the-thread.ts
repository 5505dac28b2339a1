import { thread } from 'fearless'
import { settings } from '../../Elsewhere/state.ts'

export const run = () =>
  thread.spawn(() => {
    settings.depth += 1
  })
