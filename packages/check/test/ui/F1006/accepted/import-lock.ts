import { move, thread } from 'fearless'
import { counter } from '../../Elsewhere/shared.ts'

export const run = () =>
  thread.spawn(
    move(() => {
      using n = counter.lock().wait()
      n.value += 1
    }),
  )
