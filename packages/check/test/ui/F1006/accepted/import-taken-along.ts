import { move, thread } from 'fearless'
import { level, log } from '../../Elsewhere/state.ts'
import { counter } from '../../Elsewhere/shared.ts'

export function run(): void {
  const mine = counter
  const present = level
  thread.spawn(
    move(() => {
      using n = mine.lock().wait()
      n.value += present
    }),
  )
  thread.spawn(shared => shared.update(n => n + 1).wait(), counter)
  log('not in a thread')
}
