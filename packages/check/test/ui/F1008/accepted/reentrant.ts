import { ReentrantMutex } from 'fearless'

const depth = new ReentrantMutex(0)

export function outer(): number {
  using guard = depth.lock().wait()
  using again = depth.lock().wait()
  return guard.value + again.value
}
