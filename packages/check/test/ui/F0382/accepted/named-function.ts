import { thread } from 'fearless'

function work(): number {
  return 1
}
thread.spawn(work)
thread.spawn(work)
